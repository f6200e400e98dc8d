import { MINUTE_MS } from '../time.ts'
import { STALE_AFTER_MS } from './silence.ts'

/** `never`: enrolled but not one report so far. */
export type HostState = 'reporting' | 'stale' | 'never' | 'revoked'

/** A host's state by its last report. */
export const stateOf = (host: { revokedAt: Date | null; lastReportAt: Date | null }, now: Date): HostState => {
  if (host.revokedAt) return 'revoked'
  if (!host.lastReportAt) return 'never'
  return now.getTime() - host.lastReportAt.getTime() > STALE_AFTER_MS ? 'stale' : 'reporting'
}

/** One reading of cumulative totals, as they stood at `endMs`. */
export type Reading<Name extends string> = { endMs: number } & Record<Name, number>

/** The end of a minute of the store, in milliseconds since 1970. */
export const endOfMinute = (minute: number): number => (minute + 1) * MINUTE_MS

/**
 * Growth of a total per second between two readings. Null without both, where no time lies between them, or where the
 * total shrank: the counters began anew.
 */
export const perSecond = (
  later: { endMs: number; total: number } | undefined,
  earlier: { endMs: number; total: number } | undefined,
): number | null => {
  if (!later || !earlier || later.endMs <= earlier.endMs || later.total < earlier.total) return null
  return ((later.total - earlier.total) * 1000) / (later.endMs - earlier.endMs)
}

/** Share of all cores in percent that so many busy µs a second are. */
export const cpuPercentOf = (busyUsPerSecond: number | null, cores: number | null): number | null =>
  busyUsPerSecond === null || !cores ? null : Math.min(100, busyUsPerSecond / (cores * 10_000))

/** The value below which `share` (0 to 1) of the known values lie: nearest rank. Null of none. */
export const percentile = (values: readonly (number | null)[], share: number): number | null => {
  const known = values.filter((value) => value !== null).toSorted((a, b) => a - b)
  return known[Math.max(0, Math.ceil(share * known.length) - 1)] ?? null
}
