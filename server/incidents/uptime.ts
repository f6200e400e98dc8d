import { worstOf, type ComponentStatus } from './impact.ts'
import type { StatusSpan } from './standing.ts'

const DAY_MS = 86_400_000

/** How many days a bar a day is shown for. */
export const BAR_DAYS = 90

/** How much of a time at this status counts as down; null is left out of the reckoning altogether. */
const WEIGHT: Record<ComponentStatus, number | null> = {
  operational: 0,
  degraded_performance: 0,
  partial_outage: 0.5,
  major_outage: 1,
  under_maintenance: null,
}

/** Milliseconds of a span within `[from, until)`; one that has not ended lasts beyond any end. */
const overlapMs = ({ fromAt, untilAt }: Pick<StatusSpan, 'fromAt' | 'untilAt'>, from: number, until: number): number =>
  Math.max(0, Math.min(untilAt?.getTime() ?? Infinity, until) - Math.max(fromAt.getTime(), from))

/**
 * The share of `[from, until)` that a component was up, 0 to 1, of the time that is known of it and was not maintenance:
 * a major outage counts in full, a partial one by half, degraded service not. Null where nothing is known.
 */
export const uptimeOf = (spans: readonly StatusSpan[], from: Date, until: Date): number | null => {
  let countedMs = 0
  let downMs = 0
  for (const span of spans) {
    const weight = WEIGHT[span.status]
    if (weight === null) continue
    const ms = overlapMs(span, from.getTime(), until.getTime())
    countedMs += ms
    downMs += ms * weight
  }
  return countedMs === 0 ? null : 1 - downMs / countedMs
}

/** One UTC day of a component: its worst status (null where nothing is known), for how long, and of which incident most. */
export type Day = { day: Date; status: ComponentStatus | null; ms: number; incidentId: bigint | null }

/** The midnight (UTC) that begins the day of `at`. */
export const dayOf = (at: Date): Date => new Date(Math.floor(at.getTime() / DAY_MS) * DAY_MS)

/** The first of the `count` days that end with the day of `now`. */
export const firstDay = (now: Date, count = BAR_DAYS): Date => new Date(dayOf(now).getTime() - (count - 1) * DAY_MS)

/** The last `count` UTC days up to `now`, oldest first. */
export const daysOf = (spans: readonly StatusSpan[], now: Date, count = BAR_DAYS): Day[] => {
  const first = firstDay(now, count).getTime()
  return Array.from({ length: count }, (_, n) => {
    const from = first + n * DAY_MS
    return judgeDay(spans, from, Math.min(from + DAY_MS, now.getTime()))
  })
}

const judgeDay = (spans: readonly StatusSpan[], from: number, until: number): Day => {
  const day = new Date(from)
  const within = spans.map((span) => ({ ...span, ms: overlapMs(span, from, until) })).filter(({ ms }) => ms > 0)
  if (within.length === 0) return { day, status: null, ms: 0, incidentId: null }
  const status = worstOf(within.map((span) => span.status))
  const worst = within.filter((span) => span.status === status).toSorted((a, b) => b.ms - a.ms)
  return { day, status, ms: worst.reduce((sum, { ms }) => sum + ms, 0), incidentId: worst[0]!.incidentId }
}

/** A share in percent with three digits, rounded down: 100 % is only what was never down. */
export const percentOf = (share: number): string => {
  const thousandths = Math.floor(share * 100_000 + 1e-7)
  return share >= 1 ? '100 %' : `${(Math.min(thousandths, 99_999) / 1_000).toFixed(3)} %`
}
