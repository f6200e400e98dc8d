import { day } from '../ui/when.ts'

/** The windows that pages offer; `custom` is from one UTC day to another, both included. */
export const WINDOWS = [
  { name: '1h', label: '1 h' },
  { name: '24h', label: '24 h' },
  { name: '7d', label: '7 d' },
  { name: '30d', label: '30 d' },
  { name: 'month', label: 'This month' },
  { name: 'last-month', label: 'Last month' },
] as const
export type WindowName = (typeof WINDOWS)[number]['name'] | 'custom'

export type PageWindow = { name: WindowName; from: Date; to: Date; words: string; first?: string; last?: string }
export type Search = Record<string, string | string[] | undefined>

const HOUR = 3_600_000
const DAY = 24 * HOUR
const LENGTH: Partial<Record<WindowName, number>> = { '1h': HOUR, '24h': DAY, '7d': 7 * DAY, '30d': 30 * DAY }
const STEP: Partial<Record<WindowName, number>> = { '1h': 60_000, '24h': HOUR, '7d': HOUR, '30d': DAY }
const WORDS: Partial<Record<WindowName, string>> = {
  '1h': 'the last hour',
  '24h': 'the last 24 hours',
  '7d': 'the last 7 days',
  '30d': 'the last 30 days',
}
const MOST_DAYS = 399

/** A query parameter that is given once. */
export const one = (value: string | string[] | undefined): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

const utcDay = (text: string | undefined): number | undefined => {
  if (!text || !/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined
  const ms = Date.parse(`${text}T00:00:00Z`)
  return Number.isNaN(ms) ? undefined : ms
}

/** The window a URL asks for; what makes no sense is the fallback. */
export function windowOf(search: Search, now: Date, fallback: WindowName = 'month'): PageWindow {
  const asked = one(search['window'])
  const [first, last] = [one(search['from']), one(search['to'])]
  const [fromMs, toMs] = [utcDay(first), utcDay(last)]
  if (asked === 'custom' && fromMs !== undefined && toMs !== undefined && fromMs <= toMs && fromMs < now.getTime()) {
    const from = new Date(Math.max(fromMs, toMs - MOST_DAYS * DAY))
    const to = new Date(toMs + DAY)
    const words = fromMs === toMs ? day(from, now) : `${day(from, now)} to ${day(new Date(toMs), now)}`
    return { name: 'custom', from, to, words, first: first ?? '', last: last ?? '' }
  }
  const name = WINDOWS.find((w) => w.name === asked)?.name ?? fallback
  const length = LENGTH[name]
  if (length !== undefined) {
    // Ends with the present step, so that the window is as many whole steps as its name says.
    const step = STEP[name] ?? HOUR
    const to = Math.ceil(now.getTime() / step) * step
    return { name, from: new Date(to - length), to: new Date(to), words: WORDS[name] ?? '' }
  }
  const month = (by: number) => new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + by, 1))
  if (name === 'last-month') {
    const end = month(0)
    return {
      name,
      from: month(-1),
      to: end,
      words: `${day(month(-1), now)} to ${day(new Date(end.getTime() - 1), now)}`,
    }
  }
  const from = month(0)
  // On the first of a month there is as yet nothing of it: at least an hour.
  const to = new Date(Math.max(now.getTime(), from.getTime() + HOUR))
  return { name: 'month', from, to, words: `${day(from, now)} to today` }
}

/** The window as the API takes it. */
export const asked = ({ from, to }: PageWindow) => ({ from: from.toISOString(), to: to.toISOString() })

/** A path with the present query changed: `undefined` takes a parameter away. */
export function withQuery(path: string, search: Search, change: Record<string, string | undefined>): string {
  const query = new URLSearchParams()
  for (const [key, value] of Object.entries(search)) {
    const given = one(value)
    if (given !== undefined && !(key in change)) query.set(key, given)
  }
  for (const [key, value] of Object.entries(change)) if (value !== undefined) query.set(key, value)
  const text = query.toString()
  return text ? `${path}?${text}` : path
}

/** The part of the query that says the window, to hand on to another page. */
export const windowQuery = (w: PageWindow): string =>
  w.name === 'custom' ? `window=custom&from=${w.first}&to=${w.last}` : `window=${w.name}`
