const DAY_MS = 86_400_000
const MINUTE_MS = 60_000

/** A day of the calendar as days since 1970-01-01. */
export type Day = number

const formatters = new Map<string, Intl.DateTimeFormat>()

/** @throws RangeError for a zone that is not known */
const formatterOf = (timeZone: string): Intl.DateTimeFormat => {
  const known = formatters.get(timeZone)
  if (known) return known
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'iso8601',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  })
  formatters.set(timeZone, made)
  return made
}

/** Whether the zone is in the time zone database, such as `Europe/Amsterdam`. */
export const isTimeZone = (timeZone: string): boolean => {
  try {
    formatterOf(timeZone)
    return true
  } catch {
    return false
  }
}

/** What a clock on the wall shows, as if it were UTC, in ms. */
const wallMs = (timeZone: string, ms: number): number => {
  const parts: Record<string, number> = {}
  for (const { type, value } of formatterOf(timeZone).formatToParts(ms)) parts[type] = Number(value)
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
  return Date.UTC(year, month - 1, day, hour, minute, second)
}

/** The day and the minute of the day that a clock in the zone shows at that instant. */
export const localAt = (timeZone: string, at: Date): { day: Day; minute: number } => {
  const wall = wallMs(timeZone, Math.floor(at.getTime() / 1_000) * 1_000)
  const day = Math.floor(wall / DAY_MS)
  return { day, minute: Math.floor((wall - day * DAY_MS) / MINUTE_MS) }
}

/**
 * The instant at which clocks in the zone show that day and minute. Shown twice (clocks go back) it is the first time; never
 * shown (clocks go forward) it is as long after the jump as it would have been without (RFC 5545, 3.3.5). Minutes of 1,440
 * and more are of the days after.
 */
export const instantOf = (timeZone: string, day: Day, minute: number): Date => {
  const wall = day * DAY_MS + minute * MINUTE_MS
  // Offsets are under a day: what they are well before and well after names the two that can hold.
  const before = wallMs(timeZone, wall - DAY_MS) - (wall - DAY_MS)
  const after = wallMs(timeZone, wall + DAY_MS) - (wall + DAY_MS)
  const shows = [before, after].map((offset) => wall - offset).filter((ms) => wallMs(timeZone, ms) === wall)
  return new Date(shows.length > 0 ? Math.min(...shows) : wall - before)
}

/** Monday is 1, Sunday 7. */
export const weekdayOf = (day: Day): number => ((((day + 3) % 7) + 7) % 7) + 1

/** `2026-11-21` as a day; undefined for what is none. */
export const dayOf = (text: string): Day | undefined => {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  return Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== text ? undefined : ms / DAY_MS
}

/** `09:30` as a minute of the day; undefined for what is none. */
export const minuteOf = (text: string): number | undefined => {
  const [, hour, minute] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text) ?? []
  return hour === undefined ? undefined : Number(hour) * 60 + Number(minute)
}
