import { METERS } from '#agents/protocol.ts'
import { HOUR_MS, MINUTE_MS, MINUTES_PER_HOUR } from '../time.ts'

/** Ten amounts in the order of `METERS`. */
export type Totals = readonly bigint[]
/** What an epoch had used in all by the end of `minute`. */
export type Reading = { minute: number; totals: Totals }
/** Where counting begins: when the epoch opened (zero), or the edge before which minutes are no longer kept. */
export type Opening = { atMs: number; totals: Totals }

export const NOTHING: Totals = METERS.map(() => 0n)
export const plus = (a: Totals, b: Totals): Totals => a.map((value, i) => value + b[i]!)
export const minus = (a: Totals, b: Totals): Totals => a.map((value, i) => value - b[i]!)

/** The instant a reading's totals stood at: the end of its minute. */
const instantOf = (reading: Reading) => (reading.minute + 1) * MINUTE_MS

/** Merges readings however they came: in order of time, and of one minute the greatest of each meter. */
export const settled = (readings: readonly Reading[]): Reading[] => {
  const byMinute = new Map<number, Totals>()
  for (const { minute, totals } of readings) {
    const known = byMinute.get(minute)
    byMinute.set(minute, known ? totals.map((value, i) => (value > known[i]! ? value : known[i]!)) : totals)
  }
  return [...byMinute].map(([minute, totals]) => ({ minute, totals })).toSorted((a, b) => a.minute - b.minute)
}

/**
 * The totals at an instant, from settled readings: those read then, else in proportion to time between the neighbours,
 * rounded down; after the newest reading what it says, before the opening nothing.
 */
export const totalsAt = (opening: Opening, readings: readonly Reading[], atMs: number): Totals => {
  if (atMs < opening.atMs) return NOTHING
  const left = readings.findLast((r) => instantOf(r) <= atMs)
  const right = readings.find((r) => instantOf(r) > atMs)
  const from = left ? { atMs: instantOf(left), totals: left.totals } : opening
  if (!right || from.atMs >= atMs) return from.totals
  const passed = BigInt(atMs - from.atMs)
  const whole = BigInt(instantOf(right) - from.atMs)
  return from.totals.map((value, i) => value + ((right.totals[i]! - value) * passed) / whole)
}

/** What was used in an hour: the difference of the totals at its edges, so that hours add up to the last total. */
export const usedInHour = (opening: Opening, readings: readonly Reading[], hour: number): Totals =>
  minus(totalsAt(opening, readings, (hour + 1) * HOUR_MS), totalsAt(opening, readings, hour * HOUR_MS))

/** The hours `[from, until)` whose usage may change when readings of the hour `due` came or changed. */
export const touchedHours = (
  opening: Opening,
  readings: readonly Reading[],
  due: number,
): [from: number, until: number] => {
  const start = due * MINUTES_PER_HOUR
  const before = readings.findLast((r) => r.minute < start)
  const after = readings.find((r) => r.minute >= start + MINUTES_PER_HOUR)
  const fromMs = before ? instantOf(before) : opening.atMs
  return [
    Math.min(due, Math.floor(fromMs / HOUR_MS)),
    after ? Math.floor(after.minute / MINUTES_PER_HOUR) + 1 : due + 1,
  ]
}

/**
 * What a reading adds when it is of an hour whose minutes are no longer kept and nothing newer of its epoch is known:
 * what its total exceeds all hours counted so far by. It goes to the reading's own hour.
 */
export const lateGrowth = (total: Totals, counted: Totals): Totals =>
  total.map((value, i) => (value > counted[i]! ? value - counted[i]! : 0n))
