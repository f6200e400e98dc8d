import { createHash, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'
import type { AbuseFinding } from './rules.ts'

/**
 * What an agent and the control plane say to each other: shapes, units and signatures.
 * What both sides share, beside the rules of abuse (rules.ts, score.ts, pack.ts). Integers are below 2^53; times are milliseconds.
 * Decision record 002 tells why readings carry monotonic time.
 */
export const PROTOCOL_VERSION = 1

/** The ten cumulative totals of a sample, in the order they stand on the wire and in `usage_minute`. */
export const METERS = [
  'cpuUs',
  'throttledUs',
  'memoryMibS',
  'diskMibS',
  'volumesMibS',
  'logsMibS',
  'rxBytes',
  'txBytes',
  'blockReadBytes',
  'blockWriteBytes',
] as const
export type Meter = (typeof METERS)[number]

/** What an epoch measures: one life of a container, or one storage object (running or not). */
export type EpochKind = 'container' | 'layer' | 'volume' | 'log'

/** What makes an epoch the one it is. `segment` separates two counts that cannot be joined. */
export type EpochIdentity = {
  kind: EpochKind
  bootId: string
  /** Container id, or the name of a volume. */
  objectId: string
  /** The engine's StartedAt for a container, else the RFC 3339 time counting began. */
  startedAt: string
  segment: number
}

/** A declaration, sent until a report that holds it is acknowledged, and again every hour. */
export type EpochDeclaration = EpochIdentity & {
  /** `epochId` of the identity; the server refuses a declaration where it differs. */
  epoch: number
  /** Monotonic milliseconds since boot at which the totals were zero. */
  openedMonoMs: number
  /** True where the agent saw the container start, so that zero is its true beginning. */
  witnessed: boolean
  /** The container a layer or log belongs to, or the first that mounted a volume. */
  containerId?: string
  name: string
  image: string
  imageId?: string
  labels: Record<string, string>
  /** Limits the engine enforces; absent where there is none. */
  limits?: { memoryMib?: number; cpuMilli?: number; pids?: number }
}

/** `[epoch, ...METERS]`: totals since the epoch opened, as they stood at the minute's end. */
export type SampleRow = number[]

export type FileSystemReading = { mount: string; usedMib: number; totalMib: number }

/** The host itself over one minute: gauges at its end, counters since boot. */
export type HostReading = {
  /** Busy (not idle, not waiting) time of all cores since boot. */
  cpuUs: number
  memoryUsedMib: number
  /** One-minute load average times 100. */
  load1Centi: number
  rxBytes: number
  txBytes: number
  fileSystems: FileSystemReading[]
  /** Share of time stalled over the last 60 s, in hundredths of a percent; absent without PSI. */
  pressure?: { cpuCenti: number; memoryCenti: number; ioCenti: number }
}

/** What changes seldom; sent at start, when it changed and every hour. */
export type HostFacts = {
  hostname: string
  kernel: string
  architecture: string
  cores: number
  memoryTotalMib: number
  cgroupVersion: 1 | 2
  /** `none` where there is no engine: then only the host itself is reported. */
  engine: 'docker' | 'podman' | 'none'
  engineVersion?: string
  /** True where disk can be limited by project quotas. */
  projectQuotas: boolean
}

/** One minute of readings; `edgeMonoMs` is the end of the minute on the boot's monotonic clock. */
export type MinuteBlock = { edgeMonoMs: number; host?: HostReading; rows: SampleRow[] }

/** The present size of a storage object. `monoMs` is when its walk or stat ended. */
export type ObjectSize = { epoch: number; bytes: number; monoMs: number }

export type EpochState = {
  running?: boolean
  pids?: number
  oomKills?: number
  restarts?: number
  cpuPressureCenti?: number
  memoryPressureCenti?: number
  exitCode?: number
}

/** Something that happened to an epoch, or its state where that changed. */
export type AgentEvent = {
  epoch: number
  monoMs: number
  kind: 'start' | 'die' | 'oom' | 'restart' | 'state' | 'gap'
  state?: EpochState
}

/** The body of `POST /v1/reports`, gzipped JSON. A sequence number names one body for ever. */
export type Report = {
  v: typeof PROTOCOL_VERSION
  agent: string
  bootId: string
  seq: number
  /** The agent's clocks when the report was made. `anchorMs` is its best wall time of boot. */
  clock: { wallMs: number; monoMs: number; anchorMs: number }
  /** False where something could not be inspected; `failures` says what, a line each. */
  complete: boolean
  failures: string[]
  facts?: HostFacts
  epochs: EpochDeclaration[]
  minutes: MinuteBlock[]
  objects: ObjectSize[]
  events: AgentEvent[]
}

/** The answer to a report: 200 stored, or the same again for one already known. */
export type ReportAnswer = {
  seq: number
  status: 'stored' | 'duplicate'
  serverTimeMs: number
  /** Every report up to here is known; the agent sends again what it keeps beyond it. */
  contiguousSeq: number
  /** Rows not taken into account, with the reason. The rest of the report is. */
  quarantined: { path: string; reason: string }[]
  commandsPending: boolean
}

/** The body of `POST /v1/agents/enrol`. `proof` signs `enrolmentText` with the new key. */
export type EnrolRequest = {
  token: string
  /** Raw Ed25519 public key, base64. */
  publicKey: string
  hostname: string
  agent: string
  proof: string
}
export type EnrolAnswer = {
  hostId: number
  keyId: number
  /** The control plane's command key to pin: raw Ed25519, base64. */
  serverPublicKey: string
  cluster: string
  serverTimeMs: number
}

/** The body of `POST /v1/agents/rotate`, signed with the old key; `proof` with the new one. */
export type RotateRequest = { publicKey: string; proof: string }
export type RotateAnswer = { keyId: number }

export const COMMAND_KINDS = [
  'stop',
  'kill',
  'pause',
  'unpause',
  'throttle',
  'unthrottle',
  'set_limits',
  'restart',
  'truncate_log',
  'delete',
  'recreate',
  'remove_volume',
] as const
export type CommandKind = (typeof COMMAND_KINDS)[number]

/** What a command says once its signature holds. It means exactly this epoch, no later life. */
export type Command = {
  id: number
  hostId: number
  kind: CommandKind
  epoch: number
  containerId: string
  /**
   * throttle: `cpuPercent` of one core; set_limits: any of the three; stop: `graceSeconds`; recreate: `createConfig`, as the
   * result of `delete` gave it; remove_volume: `volume`, its name. Of these two the container is gone: the epoch is its last
   * one, or the volume's, and need not be there.
   */
  args: {
    cpuPercent?: number
    memoryMib?: number
    cpuMilli?: number
    diskMib?: number
    graceSeconds?: number
    createConfig?: string
    volume?: string
  }
  issuedAtMs: number
  expiresAtMs: number
}

/** `payload` is a `Command` as JSON text; `signature` is the control plane's over it, base64. */
export type SignedCommand = { payload: string; signature: string }

/** The answer to `GET /v1/agents/commands`. */
export type CommandsAnswer = {
  commands: SignedCommand[]
  serverTimeMs: number
  contiguousSeq: number
  /** The greatest sequence number known; an agent that lost its state goes on after it. */
  maxSeq: number
}

export type CommandOutcome = 'done' | 'failed' | 'refused' | 'expired'

/** One entry of `POST /v1/agents/results` `{results: CommandResult[]}`. Sending it twice is harmless. */
export type CommandResult = {
  id: number
  outcome: CommandOutcome
  /** A sentence for the operator. */
  detail: string
  /**
   * Facts before and after, such as log bytes or the limits that were set. delete: `createConfig`, JSON text of the name and
   * of the engine's body that would make the container again (`{name, body}`), at most 64 kB; the control plane seals it;
   * `volumes`: the names of those it had, a line each. They stay.
   */
  evidence?: Record<string, string | number | boolean>
}

/** A log that grows too fast. */
export type LogFinding = {
  id: string
  kind: 'log_growth'
  epoch: number
  monoMs: number
  /** Size now, growth over the window, free bytes of its file system. */
  detail: Record<string, string | number | boolean>
}

/** One entry of `POST /v1/findings` `{findings: Finding[]}`; `id` makes a repeat harmless. */
export type Finding = LogFinding | AbuseFinding

/** What an agent request says of itself, in headers; all of it is signed. */
export type RequestIdentity = {
  hostId: number
  keyId: number
  /** A report's sequence number; 0 for every other request. */
  seq: number
  /** The agent's corrected wall clock when it was sent. */
  timeMs: number
  bootId: string
  /** Monotonic milliseconds since boot when it was sent. */
  monoMs: number
  /** SHA-256 of the body bytes as sent (compressed), hex. */
  digest: string
}

export const HEADERS = {
  hostId: 'wharf-host',
  keyId: 'wharf-key',
  seq: 'wharf-seq',
  timeMs: 'wharf-time',
  bootId: 'wharf-boot',
  monoMs: 'wharf-mono',
  digest: 'wharf-digest',
  signature: 'wharf-signature',
} as const

/** The text that an agent signs: method and path (no query) keep it from serving elsewhere. */
export const requestText = (method: string, path: string, id: RequestIdentity) =>
  ['wharf1', method, path, id.hostId, id.keyId, id.seq, id.timeMs, id.bootId, id.monoMs, id.digest].join('\n')

/** The text that proves possession of a new key at enrolment and rotation. */
export const enrolmentText = (token: string, publicKey: string) => `wharf1-enrol\n${token}\n${publicKey}`

export const sha256Hex = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex')

/** A 53-bit id that both sides compute, so no look-up stands between a reading and its row. */
export const epochId = (of: EpochIdentity): number => {
  const text = [of.kind, of.bootId, of.objectId, of.startedAt, of.segment].join('\n')
  return Number(createHash('sha256').update(text).digest().readBigUInt64BE() >> 11n)
}

const SPKI_ED25519 = Buffer.from('302a300506032b6570032100', 'hex')

/** An Ed25519 public key from its 32 raw bytes in base64 (RFC 8410). Throws on any other length. */
export const publicKeyFromRaw = (base64: string): KeyObject => {
  const raw = Buffer.from(base64, 'base64')
  if (raw.length !== 32) throw new Error(`an Ed25519 public key has 32 bytes, this one ${raw.length}`)
  return createPublicKey({ key: Buffer.concat([SPKI_ED25519, raw]), format: 'der', type: 'spki' })
}

/** The 32 raw bytes of an Ed25519 key's public half, base64. */
export const rawPublicKey = (key: KeyObject): string =>
  createPublicKey(
    key.type === 'private' ? key.export({ type: 'pkcs8', format: 'pem' }) : key.export({ type: 'spki', format: 'pem' }),
  )
    .export({ type: 'spki', format: 'der' })
    .subarray(SPKI_ED25519.length)
    .toString('base64')

export const signText = (key: KeyObject, text: string): string => sign(null, Buffer.from(text), key).toString('base64')

export const verifyText = (key: KeyObject, text: string, signature: string): boolean =>
  verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64'))
