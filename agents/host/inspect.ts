/** What the agent keeps of a container, from the engine's `GET /containers/ID/json`. */
export type Inspected = {
  id: string
  name: string
  image: string
  imageId: string
  labels: Record<string, string>
  running: boolean
  /** Absent where the engine does not say. */
  paused?: boolean
  startedAt: string
  pid: number
  exitCode: number
  restarts: number
  limits?: { memoryMib?: number; cpuMilli?: number; pids?: number }
  cpu: { NanoCpus: number; CpuQuota: number; CpuPeriod: number }
  /** The name of its restart policy, `no` where there is none. */
  restartPolicy: string
  logPath: string
  upperDir: string
  volumes: { name: string; path: string }[]
  /** Its own addresses, and the names others on its networks know it by. */
  addresses: string[]
  aliases: string[]
  /** True where it uses the host's network as its own. */
  hostNetwork: boolean
  /** The file of names that the engine keeps for it, on the host; empty where there is none. */
  hostsPath: string
}

type Json = Record<string, unknown>
const object = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {})
const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const count = (value: unknown): number => (typeof value === 'number' && Number.isFinite(value) ? value : 0)
const NAME = 512
const IMAGE = 1_024
const LABEL = 8_192
const MOST_LABELS = 256

/** What a tenant may choose, cut to what a report may hold: one odd container must not spoil the report of a host. */
const chosen = (value: unknown, most: number): string => text(value).replaceAll('\0', '').slice(0, most)

// The platform's own labels come first, so that cutting the rest does not lose a container's owner.
const labelsOf = (value: unknown): Record<string, string> => {
  const labels = Object.entries(object(value)).map(([key, of]) => [chosen(key, NAME), chosen(of, LABEL)] as const)
  const own = (key: string) => (key.startsWith('io.wharfinger.') ? 0 : 1)
  return Object.fromEntries(labels.toSorted(([a], [b]) => own(a) - own(b)).slice(0, MOST_LABELS))
}

const limitsOf = (hostConfig: Json): Inspected['limits'] => {
  const memory = count(hostConfig['Memory'])
  const period = count(hostConfig['CpuPeriod']) || 100_000
  const cpu = count(hostConfig['NanoCpus']) / 1e6 || (Math.max(0, count(hostConfig['CpuQuota'])) / period) * 1000
  const pids = count(hostConfig['PidsLimit'])
  const limits = {
    ...(memory > 0 ? { memoryMib: Math.floor(memory / 2 ** 20) } : {}),
    ...(cpu > 0 ? { cpuMilli: Math.round(cpu) } : {}),
    ...(pids > 0 ? { pids } : {}),
  }
  return Object.keys(limits).length > 0 ? limits : undefined
}

const MOST_NETWORKS = 16

const networksOf = (settings: Json): Pick<Inspected, 'addresses' | 'aliases'> => {
  const networks = [settings, ...Object.values(object(settings['Networks'])).map(object)].slice(0, MOST_NETWORKS)
  const addresses = networks.flatMap((of) => [text(of['IPAddress']), text(of['GlobalIPv6Address'])])
  const aliases = networks.flatMap((of) =>
    [of['Aliases'], of['DNSNames']].flatMap((names) => (Array.isArray(names) ? names : [])),
  )
  const distinct = (values: string[]) => [...new Set(values.filter((value) => value !== ''))]
  return { addresses: distinct(addresses), aliases: distinct(aliases.map((name) => chosen(name, NAME))) }
}

/**
 * Reads Docker's and Podman's answer; what is missing is empty or 0. Throws where it is no container.
 * https://docs.docker.com/reference/api/engine/version/v1.47/#tag/Container/operation/ContainerInspect
 */
export const parseInspect = (json: unknown): Inspected => {
  const of = object(json)
  const id = text(of['Id'])
  if (id === '') throw new Error('the engine inspected something that is no container')
  const state = object(of['State'])
  const config = object(of['Config'])
  const hostConfig = object(of['HostConfig'])
  const limits = limitsOf(hostConfig)
  const mounts = Array.isArray(of['Mounts']) ? of['Mounts'].map(object) : []
  return {
    id,
    name: chosen(of['Name'], NAME).replace(/^\//, ''),
    image: chosen(config['Image'], IMAGE),
    imageId: chosen(of['Image'], NAME),
    labels: labelsOf(config['Labels']),
    running: state['Running'] === true,
    ...(typeof state['Paused'] === 'boolean' ? { paused: state['Paused'] } : {}),
    startedAt: text(state['StartedAt']),
    pid: count(state['Pid']),
    exitCode: Math.max(0, count(state['ExitCode'])),
    restarts: Math.max(0, count(of['RestartCount'])),
    ...(limits === undefined ? {} : { limits }),
    cpu: {
      NanoCpus: count(hostConfig['NanoCpus']),
      CpuQuota: count(hostConfig['CpuQuota']),
      CpuPeriod: count(hostConfig['CpuPeriod']),
    },
    restartPolicy: text(object(hostConfig['RestartPolicy'])['Name']) || 'no',
    logPath: text(of['LogPath']),
    upperDir: text(object(object(of['GraphDriver'])['Data'])['UpperDir']),
    volumes: mounts
      .filter((mount) => mount['Type'] === 'volume' && text(mount['Name']) !== '' && text(mount['Source']) !== '')
      .map((mount) => ({ name: text(mount['Name']), path: text(mount['Source']) })),
    ...networksOf(object(of['NetworkSettings'])),
    hostNetwork: text(hostConfig['NetworkMode']) === 'host',
    hostsPath: text(of['HostsPath']),
  }
}

/** An engine's event, as far as it matters here. `id` is a container's, or a volume's name. */
export type EngineEvent = { type: string; action: string; id: string; exitCode?: number; timeNano: number }

/** Null where it is not an event. */
export const parseEvent = (json: unknown): EngineEvent | null => {
  const of = object(json)
  const actor = object(of['Actor'])
  const attributes = object(actor['Attributes'])
  const action = text(of['Action']) || text(of['status'])
  const id = text(actor['ID']) || text(of['id'])
  if (action === '' || id === '') return null
  const exitCode = Number(attributes['exitCode'] ?? attributes['containerExitCode'])
  return {
    type: text(of['Type']) || 'container',
    action,
    id,
    ...(Number.isSafeInteger(exitCode) && exitCode >= 0 ? { exitCode } : {}),
    timeNano: count(of['timeNano']) || count(of['time']) * 1e9,
  }
}

/** Ids and states of `GET /containers/json?all=1`. */
export const parseList = (json: unknown): { id: string; running: boolean; name: string }[] =>
  (Array.isArray(json) ? json : []).map(object).map((of) => ({
    id: text(of['Id']),
    running: ['running', 'paused', 'restarting'].includes(text(of['State'])),
    name: chosen(Array.isArray(of['Names']) ? of['Names'][0] : '', NAME).replace(/^\//, ''),
  }))
