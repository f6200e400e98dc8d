import { duration } from './format.ts'

/** An instant as pages get it: a Date from the server, an RFC 3339 string or milliseconds from the client API. */
export type Instant = Date | string | number

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const two = (n: number): string => String(n).padStart(2, '0')

/** Milliseconds since 1970 of any instant. NaN for a string that is no time. */
export const msOf = (at: Instant): number => (at instanceof Date ? at.getTime() : new Date(at).getTime())

/** `03:12` or `03:12:40`, in UTC, without saying so: for axes. */
export function clock(at: Instant, seconds = false): string {
  const d = new Date(msOf(at))
  return `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}${seconds ? `:${two(d.getUTCSeconds())}` : ''}`
}

/** `21 Nov`, with the year if it is not `now`'s. */
export function day(at: Instant, now: Instant): string {
  const d = new Date(msOf(at))
  const year = d.getUTCFullYear() === new Date(msOf(now)).getUTCFullYear() ? '' : ` ${d.getUTCFullYear()}`
  return `${d.getUTCDate()} ${MONTHS[d.getUTCMonth()]}${year}`
}

/** `03:12 UTC` on the same UTC day as `now`, else `19 Nov, 02:02 UTC`. */
export function absolute(at: Instant, now: Instant, seconds = false): string {
  const sameDay = Math.floor(msOf(at) / DAY) === Math.floor(msOf(now) / DAY)
  return `${sameDay ? '' : `${day(at, now)}, `}${clock(at, seconds)} UTC`
}

/** `20 min ago`, `in 10 min 20 s`, `just now`: one unit back, two units ahead, because a countdown is acted on. */
export function relative(at: Instant, now: Instant): string {
  const past = msOf(now) - msOf(at)
  if (past <= -1000) return `in ${duration(-past)}`
  if (past < 1000) return 'just now'
  if (past < MINUTE) return `${Math.floor(past / 1000)} s ago`
  if (past < HOUR) return `${Math.floor(past / MINUTE)} min ago`
  if (past < 2 * DAY) return `${Math.floor(past / HOUR)} h ago`
  return `${Math.floor(past / DAY)} d ago`
}

/** `03:07:40 to 03:12:40 UTC`; both days are named when they differ, or when it was not today. */
export function range(from: Instant, to: Instant, now: Instant, seconds = false): string {
  const sameDay = Math.floor(msOf(from) / DAY) === Math.floor(msOf(to) / DAY)
  const today = Math.floor(msOf(to) / DAY) === Math.floor(msOf(now) / DAY)
  if (sameDay) return `${today ? '' : `${day(from, now)}, `}${clock(from, seconds)} to ${clock(to, seconds)} UTC`
  return `${day(from, now)}, ${clock(from, seconds)} to ${day(to, now)}, ${clock(to, seconds)} UTC`
}
