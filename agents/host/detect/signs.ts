import type { Observation } from '#agents/rules.ts'
import type { Socket } from './sockets.ts'
import { connected, mailed, tried } from './sockets.ts'
import type { Shape } from './shape.ts'

const LEAST_FLAT_S = 30
const LEAST_FORKS_PER_S = 50
const LEAST_GROWTH_PER_S = 1_000_000
const LEAST_TRIED = 20
const LEAST_MAILED = 5
const LEAST_STARTS = 3
const MOST_CONNECTIONS = 8
const WINDOW_MS = 60_000

/** Different values seen within the last minute. */
export const createMinute = () => {
  const at = new Map<string, number>()
  return (values: readonly string[], now: number): number => {
    for (const value of values) at.set(value, now)
    for (const [value, monoMs] of at) if (now - monoMs > WINDOW_MS) at.delete(value)
    return at.size
  }
}

/** How long something has been so without a break, in seconds. */
export const createHeld = () => {
  let since: number | null = null
  return (is: boolean, now: number): number => {
    if (!is) since = null
    else since ??= now
    return since === null ? 0 : (now - since) / 1000
  }
}

/** How a container behaves beside what its programs are made of: cpu, log, forks, connections, starts. */
export const createSigns = () => {
  const scanned = createMinute()
  const mails = createMinute()
  const forking = createHeld()
  const atLimit = createHeld()
  let log: { monoMs: number; bytes: number; perS: number; since: number } | null = null
  let forks: Observation | null = null
  let limit: Observation | null = null
  let fanout: Observation[] = []
  let calls: Observation[] = []

  return {
    /** A look at the log: its growth, and how long it has grown fast. */
    log(bytes: number, monoMs: number) {
      if (!log) log = { monoMs, bytes, perS: 0, since: monoMs }
      if (monoMs - log.monoMs < 2_000) return
      const perS = ((bytes - log.bytes) * 1000) / (monoMs - log.monoMs)
      const since = perS < LEAST_GROWTH_PER_S ? monoMs : log.perS < LEAST_GROWTH_PER_S ? log.monoMs : log.since
      log = { monoMs, bytes, perS, since }
    },

    forks(perS: number, now: number) {
      const heldS = forking(perS >= LEAST_FORKS_PER_S, now)
      forks = perS >= LEAST_FORKS_PER_S ? { signal: 'fork.storm', value: Math.round(perS), heldS } : null
    },

    limit(percent: number | null, limitCores: number | null, now: number) {
      const applies = percent !== null && limitCores !== null && limitCores < 1
      const heldS = atLimit(applies && percent >= 90, now)
      limit =
        applies && percent >= 90
          ? { signal: 'cpu.throttled_busy', value: Math.min(100, Math.round(percent)), heldS }
          : null
    },

    /** `nameOf` gives the name by which the container knows an address, if it resolved one. */
    sockets(tcp: readonly Socket[], now: number, nameOf: (address: string) => string | undefined) {
      fanout = []
      const reached = scanned(tried(tcp), now)
      if (reached >= LEAST_TRIED) fanout.push({ signal: 'net.scan_fanout', value: reached, heldS: 0 })
      const servers = mails(mailed(tcp), now)
      if (servers >= LEAST_MAILED) fanout.push({ signal: 'net.smtp_fanout', value: servers, heldS: 0 })
      const outgoing = new Set(connected(tcp).map(({ address, port }) => `${nameOf(address) ?? address}:${port}`))
      calls = [...outgoing].slice(0, MOST_CONNECTIONS).map((value) => ({ signal: 'net.established', value, heldS: 0 }))
    },

    observations(shape: Shape, starts: number): Observation[] {
      const found = [...fanout, ...calls]
      if (forks) found.push(forks)
      if (limit) found.push(limit)
      if (shape.flatS >= LEAST_FLAT_S && shape.percent >= 90) {
        found.push({ signal: 'cpu.flat_busy', value: Math.min(100, Math.round(shape.percent)), heldS: shape.flatS })
      }
      if (log && log.perS >= LEAST_GROWTH_PER_S) {
        found.push({ signal: 'log.growth', value: Math.round(log.perS), heldS: (log.monoMs - log.since) / 1000 })
      }
      if (starts >= LEAST_STARTS) found.push({ signal: 'restart.cadence', value: starts, heldS: 0 })
      return found
    },
  }
}
