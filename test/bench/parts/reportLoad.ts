import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { HEADERS, METERS, requestText, sha256Hex, signText, type RequestIdentity } from '#agents/protocol.ts'

/** A fleet to imitate: hosts are known to the control plane under these keys. */
export type LoadPlan = {
  port: number
  hosts: { hostId: number; keyId: number; privateKeyPem: string }[]
  containers: number
  minutes: number
  /** The first minute's end, milliseconds since 1970. */
  firstEdgeMs: number
  firstSeq: number
  connections: number
}
/** What the load saw: acknowledgement times in milliseconds, and what it sent in all. */
export type LoadResult = {
  elapsedMs: number
  samples: number
  bodyBytes: number
  acknowledgedMs: number[]
  refused: Record<string, number>
  /** Sums of all totals sent, in METERS' order, as decimal strings. */
  sums: string[]
}

/** A whole HTTP request as bytes. */
type Ready = { request: Buffer }

/** Uptime of the imitated hosts: room for all minutes before now. */
const UPTIME_MS = 40 * 86_400_000
/** What a busy container adds a minute, in METERS' order; made a little different for each row. */
const STEP = [31_000_007, 210_011, 15_373, 2_411, 61_007, 133, 1_911_113, 871_117, 40_960, 1_228_800]

/** An Ed25519 key pair as the plan and the store want it. */
export const makeKey = (): { privateKeyPem: string; publicRaw: Buffer } => {
  const pair = generateKeyPairSync('ed25519')
  return {
    privateKeyPem: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    publicRaw: pair.publicKey.export({ type: 'spki', format: 'der' }).subarray(12),
  }
}

/** Epoch ids of a host's containers; spread like hashes are. */
export const epochOf = (hostId: number, container: number): number =>
  Number((BigInt(hostId) * 0x9e3779b97f4a7c15n + BigInt(container) * 0xbf58476d1ce4e5b9n) & ((1n << 53n) - 1n))

/** Every body of the plan, unique and signed, before the clock starts. */
export const buildReports = (
  plan: LoadPlan,
  keyOf: (pem: string) => KeyObject,
): { reports: Ready[]; sums: bigint[] } => {
  const reports: Ready[] = []
  const sums = METERS.map(() => 0n)
  const nowMs = Date.now()
  const anchorMs = nowMs - UPTIME_MS
  const keys = plan.hosts.map((host) => keyOf(host.privateKeyPem))
  for (let minute = 0; minute < plan.minutes; minute++) {
    plan.hosts.forEach((host, h) => {
      const bootId = `boot-${host.hostId}`
      const rows = Array.from({ length: plan.containers }, (_, c) => {
        const spread = 1 + ((host.hostId * 7 + c * 13) % 97)
        const totals = STEP.map((step, m) => Math.floor((step * (minute + plan.firstSeq) * spread) / 97) + m + spread)
        totals.forEach((total, m) => (sums[m] = (sums[m] ?? 0n) + BigInt(total)))
        return [epochOf(host.hostId, c), ...totals]
      })
      const edgeMonoMs = plan.firstEdgeMs + minute * 60_000 - anchorMs
      const seq = plan.firstSeq + minute
      const report = {
        v: 1,
        agent: 'bench',
        bootId,
        seq,
        clock: { wallMs: nowMs, monoMs: UPTIME_MS, anchorMs },
        complete: true,
        failures: [],
        epochs: [],
        minutes: [{ edgeMonoMs, host: hostReading(minute), rows }],
        objects: [],
        events: [],
      }
      const body = gzipSync(JSON.stringify(report), { level: 6 })
      const identity: RequestIdentity = {
        hostId: host.hostId,
        keyId: host.keyId,
        seq,
        timeMs: nowMs,
        bootId,
        monoMs: UPTIME_MS,
        digest: sha256Hex(body),
      }
      const names = Object.keys(identity) as (keyof RequestIdentity)[]
      const headers = Object.fromEntries(names.map((name) => [HEADERS[name], identity[name]]))
      const signature = signText(keys[h] as KeyObject, requestText('POST', '/v1/reports', identity))
      const lines = Object.entries({ ...headers, [HEADERS.signature]: signature, 'content-length': body.length })
      const head = [
        'POST /v1/reports HTTP/1.1',
        'host: wharf',
        'content-encoding: gzip',
        ...lines.map((l) => l.join(': ')),
      ]
      reports.push({ request: Buffer.concat([Buffer.from(head.join('\r\n')), END_OF_HEAD, body]) })
    })
  }
  return { reports, sums }
}

const hostReading = (minute: number) => ({
  cpuUs: 90_000_000 * (minute + 1),
  memoryUsedMib: 9_000 + minute,
  load1Centi: 140,
  rxBytes: 1_000_000 * (minute + 1),
  txBytes: 900_000 * (minute + 1),
  fileSystems: [{ mount: '/', usedMib: 40_000, totalMib: 200_000 }],
})

const END_OF_HEAD = Buffer.from('\r\n\r\n')

/** One kept-alive connection that sends a request and waits for its answer, over and over. */
const converse = async (
  port: number,
  next: () => Buffer | undefined,
  heard: (ms: number, status: number, text: string) => void,
) => {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  let sentAt = 0
  let pending: Buffer = Buffer.alloc(0)
  const send = () => {
    const request = next()
    if (!request) return void socket.end()
    sentAt = performance.now()
    socket.write(request)
  }
  socket.on('data', (chunk: Buffer) => {
    pending = pending.length > 0 ? Buffer.concat([pending, chunk]) : chunk
    const end = pending.indexOf(END_OF_HEAD)
    if (end < 0) return
    const head = pending.toString('latin1', 0, end)
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
    if (pending.length < end + 4 + length) return
    heard(performance.now() - sentAt, Number(head.slice(9, 12)), pending.toString('utf8', end + 4, end + 4 + length))
    pending = Buffer.alloc(0)
    send()
  })
  send()
  await once(socket, 'close')
}

/** Sends all reports over `connections` kept-alive connections and waits for every answer. */
export const sendReports = async (
  plan: LoadPlan,
  reports: readonly Ready[],
): Promise<Omit<LoadResult, 'sums' | 'samples'>> => {
  const acknowledgedMs: number[] = []
  const refused: Record<string, number> = {}
  let sent = 0
  const next = () => reports[sent++]?.request
  const heard = (ms: number, status: number, text: string) => {
    acknowledgedMs.push(ms)
    if (status === 200) return
    const key = `${status} ${text.slice(0, 200)}`
    refused[key] = (refused[key] ?? 0) + 1
  }
  const startedAt = performance.now()
  await Promise.all(Array.from({ length: plan.connections }, () => converse(plan.port, next, heard)))
  const elapsedMs = performance.now() - startedAt
  if (acknowledgedMs.length !== reports.length)
    throw new Error(`${reports.length} sent, ${acknowledgedMs.length} answered`)
  return { elapsedMs, acknowledgedMs, refused, bodyBytes: reports.reduce((n, r) => n + r.request.length, 0) }
}
