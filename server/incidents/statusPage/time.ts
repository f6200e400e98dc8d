import type { Words } from './words.ts'

const MINUTE_MS = 60_000

const part = (words: Words, at: Date, options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat(words.locale, { timeZone: 'UTC', ...options }).format(at).replaceAll(',', '')

/** `03:14 UTC`. */
export const clock = (words: Words, at: Date): string =>
  `${part(words, at, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })} UTC`

/** `21 Nov 2026`. */
export const date = (words: Words, at: Date): string =>
  part(words, at, { day: 'numeric', month: 'short', year: 'numeric' })

/** `21 Nov`. */
export const dayMonth = (words: Words, at: Date): string => part(words, at, { day: 'numeric', month: 'short' })

/** `03:14 UTC, Sat 21 Nov 2026`: absolute, so that it stays true however long the page lies about. */
export const moment = (words: Words, at: Date): string =>
  `${clock(words, at)}, ${part(words, at, { weekday: 'short' })} ${date(words, at)}`

/** `22 min`, `3 h 5 min`, `2 d 4 h`; what is under a minute is one. */
export const duration = (words: Words, ms: number): string => {
  const minutes = Math.max(1, Math.round(ms / MINUTE_MS))
  if (minutes < 60) return words.minutes(minutes)
  if (minutes < 1_440) return words.hours(Math.floor(minutes / 60), minutes % 60)
  const hours = Math.round(minutes / 60)
  return words.days(Math.floor(hours / 24), hours % 24)
}
