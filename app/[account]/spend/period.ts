import type { Caller } from '#server/router.ts'
import { day } from '../../ui/when.ts'
import { one, type Search } from '../window.ts'

export type Overview = NonNullable<Awaited<ReturnType<Caller['billing']['spend']['overview']>>>
export type Row = Overview['apps'][number]
type Window = { start: Date; end: Date }

const DAY_MS = 86_400_000
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const

const isMonth = ({ start, end }: Window) =>
  start.getTime() === Date.UTC(start.getUTCFullYear(), start.getUTCMonth(), 1) &&
  end.getTime() === Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1, 1)

const lastDay = ({ end }: Window) => new Date(end.getTime() - 1)

/** `November 2026`, or the days of a period that is no calendar month. */
export const periodName = (of: Window, now: Date): string =>
  isMonth(of)
    ? `${MONTHS[of.start.getUTCMonth()]} ${of.start.getUTCFullYear()}`
    : `${day(of.start, now)} to ${day(lastDay(of), now)}`

/** What the period before is called in a heading: `October`, else `before`. */
export const beforeName = (of: Window): string =>
  of.start.getUTCDate() === 1 && of.start.getTime() % DAY_MS === 0
    ? (MONTHS[of.start.getUTCMonth()] ?? 'before')
    : 'before'

/** `1 to 30 November 2026, day 21 of 30.` */
export const periodWords = (of: Window & { isRunning: boolean }, now: Date): string => {
  const days = Math.ceil((of.end.getTime() - of.start.getTime()) / DAY_MS)
  const passed = Math.min(days, Math.floor((now.getTime() - of.start.getTime()) / DAY_MS) + 1)
  const span = `${day(of.start, now)} to ${day(lastDay(of), now)}`
  return of.isRunning ? `${span}, day ${passed} of ${days}.` : `${span}. This period is over.`
}

/** The period that a URL names by an instant of it; nothing where it names none. */
export const askedPeriod = (search: Search): string | undefined => {
  const text = one(search['period'])
  return text !== undefined && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/.test(text) ? text : undefined
}

/** The part of a query that says the period; the running one needs none. */
export const periodQuery = (of: Window & { isRunning: boolean }): string =>
  of.isRunning ? '' : `?period=${of.start.toISOString()}`

/** An app's readings of one meter in a period, day by day. */
export const readingsOf = (account: string, app: string, of: Window, meter: string, now: Date): string => {
  const last = new Date(Math.min(now.getTime(), lastDay(of).getTime()))
  const iso = (at: Date) => at.toISOString().slice(0, 10)
  return `/${account}/apps/${encodeURIComponent(app)}?window=custom&from=${iso(of.start)}&to=${iso(last)}&meter=${meter}`
}
