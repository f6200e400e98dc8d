/** Time in the units the store keeps: whole minutes, hours and days since 1970, UTC. */
export const MINUTE_MS = 60_000
export const HOUR_MS = 3_600_000
export const DAY_MS = 86_400_000
export const MINUTES_PER_HOUR = 60
export const MINUTES_PER_DAY = 1_440
/** Stands for "no end" in half-open intervals of hours; the greatest int4. */
export const FOREVER_HOUR = 2_147_483_647

/** The minute an instant falls into: `[minute, minute + 1)`. */
export const minuteOf = (at: Date | number) => Math.floor(Number(at) / MINUTE_MS)
export const hourOf = (at: Date | number) => Math.floor(Number(at) / HOUR_MS)
export const startOfMinute = (minute: number) => new Date(minute * MINUTE_MS)
export const startOfHour = (hour: number) => new Date(hour * HOUR_MS)

/** A half-open stretch of time in UTC: `[start, end)`. */
export type Window = { start: Date; end: Date }
