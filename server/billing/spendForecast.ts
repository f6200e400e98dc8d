import { allocate, minor, type Minor } from '../money.ts'
import { HOUR_MS, hourOf, startOfHour, type Window } from '../time.ts'
import { outlook, type Outlook } from './forecast.ts'
import { byApp, liveCost, nothingUsed, type AppUse, type LiveCost, type StretchUse } from './liveCost.ts'
import { BILLABLE_METERS, type BillableMeter, type Used } from './terms.ts'

/** What an account used hour by hour in all, without a hole; whole hours only. */
export type UseHistory = { fromHour: number; hours: readonly Used[] }
export type Foretold = {
  /** At the period's end, the plan's minimum included. */
  low: Minor
  mid: Minor
  high: Minor
  /** What is expected of each app by then. */
  apps: ReadonlyMap<string, Minor>
  /** Usage's cost in all up to each midnight (UTC) to come, and the period's end. */
  days: { at: Date; low: Minor; mid: Minor; high: Minor }[]
}

const DAY = 24
type Case = keyof Outlook
const CASES: readonly Case[] = ['low', 'mid', 'high']
const whole = (amount: number): bigint => BigInt(Math.max(0, Math.round(amount)))

/** The midnights after an hour and before the end, and the end. */
const stepsTo = (fromHour: number, untilHour: number): number[] => {
  const first = (Math.floor(fromHour / DAY) + 1) * DAY
  const midnights = Math.max(0, Math.ceil((untilHour - first) / DAY))
  return [...Array.from({ length: midnights }, (_, i) => first + i * DAY), untilHour]
}

/** The terms in force go on: what is expected is added to what each app used under them. */
const withMore = (parts: readonly StretchUse[], more: readonly AppUse[]): StretchUse[] =>
  parts.map((part, i) => (i === parts.length - 1 ? { ...part, use: [...part.use, ...more] } : part))

const costByMeter = ({ shares }: LiveCost): Used => {
  const sums = nothingUsed()
  for (const { meter, amount } of shares) sums[meter] += amount
  return sums
}

/**
 * What a running period will come to: each meter's use is foretold to the period's end (`outlook`), given to the apps in
 * proportion to what they used of late, and rated like use that was. So included units, tiers and minimums are minded.
 * @param latest what each app used of late; what is to come is shared out by it
 * @param since what was used since the history's end, which is part of what is foretold
 */
export const foretell = (
  currency: string,
  period: Window,
  parts: readonly StretchUse[],
  given: { live: LiveCost; history: UseHistory; latest: readonly AppUse[]; since: Used },
): Foretold => {
  const { live, history, latest, since } = given
  const untilHour = parts.at(-1)?.stretch.untilHour ?? hourOf(period.end)
  const endHour = history.fromHour + history.hours.length
  const steps = stepsTo(endHour, Math.max(untilHour, endHour))
  const expected = Object.fromEntries(
    BILLABLE_METERS.map((meter) => [
      meter,
      outlook({ fromHour: history.fromHour, amounts: history.hours.map((hour) => Number(hour[meter])) }, steps),
    ]),
  ) as Record<BillableMeter, Outlook[]>
  const weights = latest.length > 0 ? latest : byApp(parts, []).map(({ app, used }) => ({ app, used }))
  const moreOf = (which: Case): AppUse[] => {
    const more = weights.map(({ app }) => ({ app, used: nothingUsed() }))
    for (const meter of BILLABLE_METERS) {
      const rest = whole((expected[meter].at(-1)?.[which] ?? 0) - Number(since[meter]))
      const shares = allocate(
        rest,
        weights.map(({ used }) => used[meter]),
      )
      for (const [i, one] of more.entries()) one.used[meter] = shares[i]!
    }
    return more
  }
  const ends = Object.fromEntries(
    CASES.map((which) => [which, liveCost(currency, period, withMore(parts, moreOf(which)), period.end)]),
  ) as Record<Case, LiveCost>
  const now = costByMeter(live)
  const rest = Object.fromEntries(CASES.map((which) => [which, costByMeter(ends[which])])) as Record<Case, Used>
  const upTo = (which: Case, step: number): Minor => {
    if (step === steps.length - 1) return ends[which].usage
    const grown = BILLABLE_METERS.reduce((sum, meter) => {
      const [here, end] = [expected[meter][step]?.[which] ?? 0, expected[meter].at(-1)?.[which] ?? 0]
      const passed = Number(since[meter])
      const share = end - passed > 0 ? Math.max(0, here - passed) / (end - passed) : 0
      return sum + Number(rest[which][meter] - now[meter]) * share
    }, 0)
    return minor(live.usage + whole(grown))
  }
  const total = (of: LiveCost) => minor(of.usage + of.minimum)
  return {
    low: total(ends.low),
    mid: total(ends.mid),
    high: total(ends.high),
    apps: new Map(byApp([], ends.mid.shares).map(({ app, cost }) => [app, cost])),
    days: steps
      .filter((hour) => hour > endHour)
      .map((hour, i) => ({
        at: new Date(Math.min(startOfHour(hour).getTime(), Math.ceil(period.end.getTime() / HOUR_MS) * HOUR_MS)),
        low: upTo('low', i),
        mid: upTo('mid', i),
        high: upTo('high', i),
      })),
  }
}
