import { HOUR_MS, MINUTE_MS } from '../time.ts'

/** The most that is waited after each try that failed: halves of them, which is what comes of it, sum to 75 hours. */
const WAITS_MS = [
  10_000,
  10 * MINUTE_MS,
  HOUR_MS,
  4 * HOUR_MS,
  10 * HOUR_MS,
  20 * HOUR_MS,
  28 * HOUR_MS,
  40 * HOUR_MS,
  47 * HOUR_MS,
] as const
/** How often a delivery is tried. */
export const MOST_TRIES = WAITS_MS.length + 1

/**
 * When a delivery is tried again after `tries` that failed: a time drawn evenly up to the wait's end (full jitter), so that
 * what failed together does not come back together. Null after the last.
 * @param draw from 0 up to 1
 */
export const nextTry = (tries: number, now: Date, draw: number): Date | null => {
  const most = WAITS_MS[tries - 1]
  return most === undefined ? null : new Date(now.getTime() + Math.floor(most * draw))
}
