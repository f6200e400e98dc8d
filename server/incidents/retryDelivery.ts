import { MINUTE_MS, HOUR_MS } from '../time.ts'

/** The most that is waited after each try that failed. */
const WAITS_MS = [2_000, 8_000, 30_000, 2 * MINUTE_MS, 10 * MINUTE_MS, 30 * MINUTE_MS, 2 * HOUR_MS] as const
/** How often a delivery is tried, waits that the channel asked for not counted. */
export const MOST_ATTEMPTS = WAITS_MS.length + 1
/** However often a channel asks to wait: what is as old as this is no news any more. */
const OLDEST_MS = 24 * HOUR_MS

/**
 * How long to wait before the next try: what the channel asked for, else a time drawn evenly up to the wait's end (full
 * jitter). Null where it has been tried enough. @param draw from 0 up to 1
 */
export const waitBefore = (
  { attempts, ageMs, asked }: { attempts: number; ageMs: number; asked: number | undefined },
  draw: number,
): number | null => {
  if (ageMs > OLDEST_MS) return null
  if (asked !== undefined) return Math.max(asked, 100)
  const most = WAITS_MS[attempts - 1]
  return most === undefined ? null : Math.max(200, Math.floor(most * draw))
}
