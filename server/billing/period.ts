import { HOUR_MS } from '../time.ts'
import type { Window } from '../time.ts'

const daysIn = (year: number, month: number) => new Date(Date.UTC(year, month + 1, 0)).getUTCDate()

/**
 * The instant `n` calendar months after an anchor, in UTC, at the anchor's time of day. A day the month does not have
 * is its last: 31 January gives 28 or 29 February, then 31 March, because every month is counted from the anchor.
 */
export const addMonths = (anchor: Date, n: number): Date => {
  const months = anchor.getUTCFullYear() * 12 + anchor.getUTCMonth() + n
  const [year, month] = [Math.floor(months / 12), ((months % 12) + 12) % 12]
  const moved = new Date(anchor)
  moved.setUTCFullYear(year, month, Math.min(anchor.getUTCDate(), daysIn(year, month)))
  return moved
}

const stepAt = (anchor: Date, at: Date, months: number): Window => {
  const apart = (at.getUTCFullYear() - anchor.getUTCFullYear()) * 12 + at.getUTCMonth() - anchor.getUTCMonth()
  let n = Math.floor(apart / months)
  // The calendar's estimate is at most one off, where the time of day or a short month decides.
  while (addMonths(anchor, n * months) > at) n--
  while (addMonths(anchor, (n + 1) * months) <= at) n++
  return { start: addMonths(anchor, n * months), end: addMonths(anchor, (n + 1) * months) }
}

/** The month, counted from the anchor, that an instant falls into. */
export const periodAt = (anchor: Date, at: Date): Window => stepAt(anchor, at, 1)

/** The year, counted from the anchor, that an instant falls into: from 29 February it is 28 February in common years. */
export const yearAt = (anchor: Date, at: Date): Window => stepAt(anchor, at, 12)

/**
 * The whole hours (since 1970) that are billed with a window: `[fromHour, untilHour)`. An hour belongs to what holds at its
 * start, so an edge within an hour leaves it to the window before. `starts`: nothing before the window was billed (a
 * subscription begins), so the hour it begins in is billed with it. `ends`: nothing after it is; the hour it ends in is
 * billed with it either way.
 */
export const hoursOf = (
  window: Window,
  edges: { starts: boolean; ends: boolean },
): { fromHour: number; untilHour: number } => {
  const from = window.start.getTime() / HOUR_MS
  return {
    fromHour: edges.starts ? Math.floor(from) : Math.ceil(from),
    untilHour: Math.ceil(window.end.getTime() / HOUR_MS),
  }
}

/** The share that one window is of another, as whole milliseconds of both. */
export const shareOf = (part: Window, whole: Window): { partMs: number; wholeMs: number } => ({
  partMs: part.end.getTime() - part.start.getTime(),
  wholeMs: whole.end.getTime() - whole.start.getTime(),
})
