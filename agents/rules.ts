/**
 * What the agent and the control plane share of judging abuse: the signals an agent measures, rules as data, and the
 * signed bundle they travel in. Pure: both sides import it, and `score.ts` judges with it. Decision record 008 says why.
 */

export const CATEGORIES = ['miner', 'game_server', 'log_runaway', 'scanner', 'mail_flood', 'fork_storm'] as const
export type Category = (typeof CATEGORIES)[number]

/**
 * Where a weight belongs. Weights of one family add up to its cap and no further, so that variants of one sign do not
 * stack. `content`: of the running executable. `protocol`: stratum, on the wire or in memory. `watchlist`: names of pools.
 * `geometry`: memory as RandomX lays it out.
 */
export const FAMILIES = [
  'geometry',
  'content',
  'protocol',
  'watchlist',
  'flags',
  'name',
  'hiding',
  'cpu',
  'game',
  'log',
  'restart',
  'fork',
  'fanout',
] as const
export type Family = (typeof FAMILIES)[number]

export const FAMILY_CAPS: Readonly<Record<Family, number>> = {
  geometry: 80,
  content: 70,
  protocol: 80,
  watchlist: 60,
  flags: 40,
  name: 15,
  hiding: 15,
  cpu: 30,
  game: 100,
  log: 100,
  restart: 15,
  fork: 100,
  fanout: 100,
}

/** What a proof needs beside it before anything is stopped: one of these, other than its own. */
export const CORROBORATING: ReadonlySet<Family> = new Set(['content', 'protocol', 'watchlist', 'geometry'])

/** Families whose proof needs no second: a game server answers that it is one. */
export const SELF_PROVING: ReadonlySet<Family> = new Set(['game'])

export const CLASSES = ['proof', 'behaviour', 'context'] as const
export type RuleClass = (typeof CLASSES)[number]

/** What each signal's value is. An agent sends a signal only where it is there; numbers are finite. */
export const SIGNALS = {
  /** MiB of an anonymous rw mapping the size of RandomX's dataset (alone or merged), beside busy threads and an executable anonymous page, or to the mebibyte, or beside stratum. */
  'memory.randomx_geometry': 'number',
  /** MiB of an anonymous mapping the size of RandomX's cache (light mode) beside busy threads and an executable anonymous page or stratum. */
  'memory.randomx_light': 'number',
  /** Share (0 to 1) of sampled pages of that mapping that are incompressible. */
  'memory.dataset_entropy': 'number',
  /** How many different stratum messages the memory of a program holds that has a connection or had one within a minute. */
  'memory.stratum_words': 'number',
  /** The strings of miners found in the running executable, separated by spaces. */
  'exe.miner_strings': 'string',
  /** True where the running executable's file was deleted. */
  'exe.deleted': 'boolean',
  /** True where the running executable is a memfd. */
  'exe.memfd': 'boolean',
  /** Stratum messages seen in cleartext on the wire, cut; `unavailable` where it was to be listened to and could not. */
  'wire.stratum': 'string',
  /** A name that the container resolved or carries in its own arguments, lower case. */
  'net.watchlist_name': 'string',
  /** The name (else the address) and port of an established connection, `name:port`; a name only where the container resolved it itself. */
  'net.established': 'string',
  /** A process's name as the kernel has it. */
  'process.name': 'string',
  /** A process's own arguments, separated by spaces; of executables only, not of what reads or edits text. */
  'process.flags': 'string',
  /** Percent of its cores in user time, flat, next to no I/O and network; `heldS` says how long. */
  'cpu.flat_busy': 'number',
  /** Percent of its own cpu limit in use where it has one below a core. */
  'cpu.throttled_busy': 'number',
  /** What answered Server List Ping on the container's own port: `port version players/max`. */
  'game.minecraft_ping': 'string',
  /** What answered RakNet's unconnected ping. */
  'game.bedrock_ping': 'string',
  /** What answered A2S_INFO. */
  'game.a2s': 'string',
  /** Bytes a second a log grows; `heldS` says how long. */
  'log.growth': 'number',
  /** Starts of the same app within ten minutes. */
  'restart.cadence': 'number',
  /** New processes a second; `heldS` says how long. */
  'fork.storm': 'number',
  /** Different foreign addresses tried within a minute. */
  'net.scan_fanout': 'number',
  /** Different foreign mail servers (ports 25, 465, 587) connected within a minute. */
  'net.smtp_fanout': 'number',
} as const satisfies Record<string, 'number' | 'string' | 'boolean'>
export type Signal = keyof typeof SIGNALS
export const SIGNAL_NAMES = Object.keys(SIGNALS) as Signal[]

/** One measured fact. Raw text is cut by the agent and stays raw: whoever shows it escapes it. */
export type Observation = {
  signal: Signal
  value: number | string | boolean
  /** Seconds it has held without a break on the monotonic clock; 0 for a single look. */
  heldS: number
  /**
   * The program it was seen in, as the agent tells programs apart (the root of a process tree, say). What was seen in
   * different programs never adds; what names none is the container's and adds to each.
   */
  subject?: string
  /** SHA-256 of the executable it was seen in, hex; exemptions are by it. */
  exeSha256?: string
  /** What it was read from, at most `MOST_EXCERPT` characters. */
  excerpt?: string
}
export const MOST_EXCERPT = 400
export const MOST_OBSERVATIONS = 80

export const OPS = ['is', 'at_least', 'at_most', 'matches', 'in_list'] as const
export type Op = (typeof OPS)[number]

/**
 * One rule. `matches` is an RE2 expression over the value as text; `in_list` names a list of the bundle, whose entries
 * match a name or any subdomain of it (a port behind a colon is left out). A weight may be below 0: it clears its family.
 */
export type Rule = {
  id: string
  category: Category
  family: Family
  signal: Signal
  op: Op
  value: number | string | boolean
  /** Seconds the observation must have held. */
  for: number
  weight: number
  class: RuleClass
  /** A sentence for the owner; `{value}` and `{for}` are put in. */
  explain: string
}

/** Updatable data that rules name, shown with its age and source. */
export type RuleList = { name: string; source: string; updatedAt: string; entries: string[] }

/** What happens to a game server that proved itself. */
export const GAME_POLICIES = ['forbidden', 'throttled', 'allowed'] as const
export type GamePolicy = (typeof GAME_POLICIES)[number]

/** An executable of an account's that a rule shall not speak of until then. */
export type Exemption = { account: string; exeSha256: string; rule: string; untilMs: number }

/** An app that shows itself for a day: throttled and looked at, never stopped. */
export type DisputeWatch = { caseId: number; account: string; app: string | null; cpuPercent: number; untilMs: number }

export type Policy = {
  gameServers: GamePolicy
  /** Nothing is stopped or throttled for abuse anywhere while it is true; all else goes on. */
  holdFire: boolean
  /** Accounts (label values) never acted on, and apps as `account/app`. */
  protected: { accounts: string[]; apps: string[] }
  exemptions: Exemption[]
  disputes: DisputeWatch[]
  /** Ids of rules that only count what they would have done. */
  dryRun: string[]
}

/** What `GET /v1/agents/rules` holds, for the cluster of the host that asks. */
export type RuleBundle = {
  /** Greater is newer; an agent never goes back. */
  version: number
  issuedAtMs: number
  cluster: string
  rules: Rule[]
  lists: RuleList[]
  policy: Policy
}

/** `payload` is a `RuleBundle` as JSON text; `signature` is the control plane's command key's over `bundleText`, base64. */
export type SignedBundle = { payload: string; signature: string }

/** The text that is signed: a bundle is no command, and its signature must not pass for one. */
export const bundleText = (payload: string): string => `wharf1-rules\n${payload}`

/** The bytes of a program that ran, as far as they were read. */
export type Executable = {
  path: string
  sha256?: string
  deleted: boolean
  memfd: boolean
  /** Its share of the container's cpu while it was looked at, 0 to 100. */
  busyPercent: number
}

export const AGENT_ACTIONS = ['watched', 'throttled', 'stopped', 'held', 'captured'] as const
/** What the agent did. `held`: it would have acted, and policy or its own limits kept it from it. `captured`: a dispute's look. */
export type AgentAction = (typeof AGENT_ACTIONS)[number]

/**
 * One entry of `POST /v1/findings` about abuse: what was seen and done, complete in itself, since it may arrive before
 * the report that declares its epoch. Its id comes from the facts (epoch, action, bundle), so a repeat is harmless.
 */
export type AbuseFinding = {
  id: string
  kind: 'abuse'
  epoch: number
  monoMs: number
  abuse: {
    /** Version of the bundle it was judged with; 0 for the built-in one. */
    bundle: number
    action: AgentAction
    points: number
    observations: Observation[]
    containerId: string
    name: string
    image: string
    imageId?: string
    /** Labels' values as the container has them; null where it has none. */
    account: string | null
    app: string | null
    /** Monotonic milliseconds of its start, and of the action's end: what was done has come true by then. */
    startedMonoMs: number
    actedMonoMs?: number
    executables: Executable[]
    /** Payout addresses found in arguments or memory. */
    wallets: string[]
    /** captured: seconds it was busy since the last one, while it was looked at. */
    busyS?: number
  }
}
