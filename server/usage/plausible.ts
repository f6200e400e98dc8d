import { METERS, type SampleRow } from '#agents/protocol.ts'

/** The newest accepted reading of an epoch: `[minute, ...totals]`, totals in METERS' order. */
export type LastReading = ArrayLike<number>

/** Counters lag and clocks are read at slightly different times: allow 5 % and two core-seconds. */
const CPU_TOLERANCE = 1.05
const CPU_SLACK_US = 2_000_000
const US_PER_MINUTE = 60_000_000

/**
 * Why a row cannot be, or undefined where it can. `row` is `[epoch, ...totals]`; within a segment
 * totals only grow with time, and a host's cores bound what any container can have used.
 * `cores` is null while the host's size is unknown; `edgeMonoMs` bounds a first reading.
 */
export const implausible = (
  row: SampleRow,
  minute: number,
  edgeMonoMs: number,
  last: LastReading | undefined,
  cores: number | null,
): string | undefined => {
  const cpuUs = row[1] ?? 0
  const lastMinute = last?.[0] ?? minute
  if (last && minute !== lastMinute) {
    const later = minute > lastMinute
    for (let m = 0; m < METERS.length; m++) {
      const here = row[m + 1] ?? 0
      const there = last[m + 1] ?? 0
      if (later ? here < there : here > there) {
        return `${METERS[m]} shrinks within a segment: ${here} at this minute, ${there} at minute ${lastMinute}`
      }
    }
  }
  if (cores === null) return undefined
  // Another reading of the minute already known may be up to a minute newer.
  const since = last && minute >= lastMinute
  const before = since ? (last[1] ?? 0) : 0
  const spanUs = since ? Math.max(1, minute - lastMinute) * US_PER_MINUTE : edgeMonoMs * 1000
  const mostUs = cores * spanUs * CPU_TOLERANCE + CPU_SLACK_US
  if (cpuUs - before > mostUs) {
    return `cpuUs grew by ${cpuUs - before}, over what ${cores} cores can do in that time (${Math.round(mostUs)})`
  }
  return undefined
}
