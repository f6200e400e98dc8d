import { exact, minor, parseExact, roundHalfEven, times } from '../money.ts'
import type { Minor } from '../money.ts'
import { MINUTE_MS, type Window } from '../time.ts'
import type { Terms } from './terms.ts'

/** Stretches of time, half-open: overlapping and touching ones made one, the earliest first, none of them empty. */
export const union = (intervals: readonly Window[]): Window[] => {
  const joined: Window[] = []
  for (const next of intervals.toSorted((a, b) => a.start.getTime() - b.start.getTime())) {
    if (next.end <= next.start) continue
    const last = joined.at(-1)
    if (last && next.start <= last.end)
      joined[joined.length - 1] = { start: last.start, end: later(last.end, next.end) }
    else joined.push(next)
  }
  return joined
}
const later = (a: Date, b: Date) => (a > b ? a : b)
const earlier = (a: Date, b: Date) => (a < b ? a : b)

/** The calendar month (UTC) that an instant falls into. */
export const monthAt = (at: Date): Window => ({
  start: new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), 1)),
  end: new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 1)),
})

/** What a plan's promise gives for downtime in a month. */
export type OutageCredit = { downtime: Window[]; downMinutes: number; percent: number; amountMinor: Minor }

/**
 * Credit for an app's downtime in a calendar month: the union of its intervals within the month, in whole minutes, decides
 * the percentage of the month's charge; never more than that. Pure.
 */
export const outageCredit = (
  promise: Terms['promise'],
  intervals: readonly Window[],
  month: Window,
  feeMinor: bigint,
): OutageCredit => {
  const within = intervals.map(({ start, end }) => ({ start: later(start, month.start), end: earlier(end, month.end) }))
  const downtime = union(within)
  const downMs = downtime.reduce((sum, { start, end }) => sum + end.getTime() - start.getTime(), 0)
  const downMinutes = Math.floor(downMs / MINUTE_MS)
  const reached = promise.filter((step) => downMinutes >= step.downMinutes)
  const percent = Math.min(100, Math.max(0, ...reached.map((step) => step.percent)))
  const fee = feeMinor > 0n ? feeMinor : 0n
  const amount = roundHalfEven(times(exact(fee, 100n), parseExact(String(percent))))
  return { downtime, downMinutes, percent, amountMinor: minor(amount < fee ? amount : fee) }
}
