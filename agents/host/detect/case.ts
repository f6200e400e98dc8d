import type { Observation } from '#agents/rules.ts'
import type { Container, Containers } from '../containers.ts'
import { closeKernelFile, openKernelFile, readKernelFile } from '../files.ts'
import { createAsking } from './asking.ts'
import { createSigns } from './signs.ts'
import { createWatched, type Parts, type Sockets } from './watched.ts'

const MOST_HOSTS_BYTES = 64 * 1024
const NO_SOCKETS: Sockets = { tcp: [], udp: [] }
/** Containers younger than this are looked at by their age; what ran longer when it was first noticed waits its turn. */
export const YOUNG_MS = 20_000
const FIRST_LOOK_MS = 1_000
const TURN_MS = 10_000

/** The value of one of the platform's labels; null where there is none. */
export const label = (container: Container, name: 'account' | 'app'): string | null => {
  const value = container.is.labels[`io.wharfinger.${name}`]
  return value === undefined || value === '' ? null : value
}

/** The app a container is of, else itself: what is remembered over its restarts is by this. */
export const appKey = (container: Container): string => {
  const account = label(container, 'account')
  return account === null ? container.is.id : `${account}/${label(container, 'app') ?? ''}`
}

/** One life of a container under detection. Times are since boot. */
export type Case = {
  container: Container
  startedAt: string
  startedMonoMs: number
  pid: number
  watched: ReturnType<typeof createWatched>
  signs: ReturnType<typeof createSigns>
  asking: ReturnType<typeof createAsking>
  lookedMonoMs: number
  dueMonoMs: number
  looking: boolean
  socketsMonoMs: number
  sockets: Sockets
  suspectMonoMs: number
  closelyUntilMonoMs: number
  deepMonoMs: number
  deepTookMs: number
  fruitless: number
  renewedMonoMs: number
  looks: number
  acting: boolean
  notBeforeMonoMs: number
  /** Its score at the last look. */
  points: number
  /** Outgoing connections that were noticed so far. */
  called: Set<string>
  /** When its memory was first seen to hold a message of stratum, lately. */
  heardMonoMs: number
  /** What was heard on its network, and when it was last listened to. */
  wire: Observation | null
  wireMonoMs: number
  captured: { monoMs: number; busyS: number; lookedMonoMs: number } | null
}

/** Opens the case of a container that is noticed `now`; `watchUntil` is until when its app is watched closely. */
export const openCase = (
  parts: Parts,
  container: Container,
  now: number,
  watchUntil: number,
  random: () => number,
): Case => {
  const startedMonoMs = container.probe?.life.startMonoMs ?? now
  // What ran before the agent is looked at by turns, not all at once.
  const dueMonoMs = now - startedMonoMs > YOUNG_MS ? now + random() * TURN_MS : startedMonoMs + FIRST_LOOK_MS
  const { startedAt } = container.is
  const one: Case = {
    container,
    startedAt,
    startedMonoMs: Math.max(startedMonoMs, now - YOUNG_MS),
    pid: container.is.pid,
    watched: createWatched(parts, {
      id: container.is.id,
      pid: container.is.pid,
      app: appKey(container),
      startedMonoMs,
    }),
    signs: createSigns(),
    asking: createAsking(() => (one.dueMonoMs = 0)),
    lookedMonoMs: now,
    dueMonoMs,
    looking: false,
    socketsMonoMs: Number.NEGATIVE_INFINITY,
    sockets: NO_SOCKETS,
    suspectMonoMs: Number.NEGATIVE_INFINITY,
    closelyUntilMonoMs: watchUntil > now ? watchUntil : 0,
    deepMonoMs: Number.NEGATIVE_INFINITY,
    deepTookMs: 0,
    fruitless: 0,
    renewedMonoMs: Number.NEGATIVE_INFINITY,
    looks: 0,
    acting: false,
    notBeforeMonoMs: 0,
    points: 0,
    called: new Set(),
    heardMonoMs: Number.NEGATIVE_INFINITY,
    wire: null,
    wireMonoMs: Number.NEGATIVE_INFINITY,
    captured: null,
  }
  return one
}

/** Names by which a container knows addresses: its hosts file, and what others are called on its networks. */
export const namesOf = (
  container: Container,
  containers: Pick<Containers, 'all'>,
): ((address: string) => string | undefined) => {
  const names = new Map<string, string>()
  for (const other of containers.all()) {
    const alias = other.is.aliases.find((name) => name.includes('.'))
    if (alias && other !== container) for (const address of other.is.addresses) names.set(address, alias.toLowerCase())
  }
  // The container writes to this file too: no more of it is read than a file of names has.
  const file = openKernelFile(container.is.hostsPath)
  try {
    const text = file ? readKernelFile(file).toString('latin1', 0, MOST_HOSTS_BYTES) : ''
    for (const line of text.split('\n')) {
      const [address, ...hosts] = line.replace(/#.*/, '').trim().split(/\s+/)
      const named = hosts.find((name) => name.includes('.'))
      if (address && named) names.set(address, named.toLowerCase())
    }
  } catch {
    // Without such a file nothing is known of names.
  } finally {
    closeKernelFile(file)
  }
  return (address) => names.get(address)
}
