import { DAY_MS, HOUR_MS, MINUTE_MS, type Window } from '../time.ts'

/** How finely a window is shown. */
export type Resolution = 'minute' | 'hour' | 'day'

const STEP_MS: Record<Resolution, number> = { minute: MINUTE_MS, hour: HOUR_MS, day: DAY_MS }
export const stepMs = (resolution: Resolution) => STEP_MS[resolution]

/** The finest resolution that gives a readable number of steps: minutes to 3 h, hours to 8 d, days beyond. */
export const resolutionFor = ({ start, end }: Window, now: Date, minutesKeptDays: number): Resolution => {
  const length = end.getTime() - start.getTime()
  const keepsMinutes = start.getTime() > now.getTime() - (minutesKeptDays - 1) * DAY_MS
  if (length <= 3 * HOUR_MS && keepsMinutes) return 'minute'
  return length <= 8 * DAY_MS ? 'hour' : 'day'
}

/** The window widened to whole steps. */
export const aligned = ({ start, end }: Window, resolution: Resolution): Window => {
  const step = stepMs(resolution)
  return {
    start: new Date(Math.floor(start.getTime() / step) * step),
    end: new Date(Math.ceil(end.getTime() / step) * step),
  }
}

/**
 * What a window is compared with: the stretch of the same length before it; of a calendar month so far, as much of the
 * month before, and of a whole one the whole.
 */
export const periodBefore = ({ start, end }: Window): Window => {
  const length = end.getTime() - start.getTime()
  const month = (by: number) => new Date(Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + by, 1))
  if (start.getTime() !== month(0).getTime() || end > month(1) || length <= 2 * DAY_MS) {
    return { start: new Date(start.getTime() - length), end: start }
  }
  const isWhole = end.getTime() === month(1).getTime()
  const until = isWhole ? start.getTime() : Math.min(start.getTime(), month(-1).getTime() + length)
  return { start: month(-1), end: new Date(until) }
}

/** The starts of the steps of an aligned window. */
export const stepsOf = ({ start, end }: Window, resolution: Resolution): Date[] => {
  const step = stepMs(resolution)
  const count = Math.max(0, Math.round((end.getTime() - start.getTime()) / step))
  return Array.from({ length: count }, (_, i) => new Date(start.getTime() + i * step))
}
