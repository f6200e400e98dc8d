import type { Tx } from '#db/client.ts'
import { NO_MONEY, minor, sumOf, type Minor } from '../money.ts'
import { DAY_MS, hourOf, type Window } from '../time.ts'
import { byApp, overParts } from './liveCost.ts'
import type { Foretold } from './spendForecast.ts'
import { spendOf, type Spend } from './spendOf.ts'
import type { SpendPeriod } from './spendPeriod.ts'
import { dayUse } from './spendSql.ts'

/** One line of the chart of a period: a value a time; null where the line does not reach. */
type Line = (Minor | null)[]
export type SpendDays = {
  /** Starts of UTC days, up to today. */
  days: Date[]
  /** What each day cost by app, the dearest apps each and the others together; all sum to what was spent. */
  apps: { app: string | null; count: number; values: Minor[] }[]
  /** Sums from the period's start: midnights, the present, midnights to come, the end. */
  course: { times: Date[]; spent: Line; forecast: Line; low: Line; high: Line; before: Line }
}

const MOST_NAMED = 4

type DayCost = { key: string; day: number; amount: Minor }

/** What each UTC day of a spend came to: the period's amounts shared out by what was used, so that days sum to them. */
const costOfDays = async (tx: Tx, accountId: bigint, spend: Spend, until: Date, named: readonly string[]) => {
  const isNamed = new Set(named)
  const use = []
  for (const [stretch, { stretch: of }] of spend.parts.entries()) {
    const hours = { fromHour: of.fromHour, untilHour: Math.min(of.untilHour, hourOf(until) + 1) }
    if (hours.fromHour >= hours.untilHour) continue
    for (const one of await dayUse(tx, accountId, hours, named)) use.push({ ...one, stretch })
  }
  const costs = overParts(spend.live.shares, use, (app) => (isNamed.has(app) ? app : ''))
  return costs.map(({ key, part, amount }): DayCost => ({ key, day: part, amount }))
}

const sumsUpTo = (costs: readonly DayCost[], times: readonly Date[]): Minor[] =>
  times.map((at) => sumOf(costs.filter(({ day }) => (day + 1) * DAY_MS <= at.getTime()).map(({ amount }) => amount)))

/** The midnights within a window. */
const midnights = ({ start, end }: Window): Date[] => {
  const first = Math.floor(start.getTime() / DAY_MS) + 1
  const last = Math.ceil(end.getTime() / DAY_MS) - 1
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => new Date((first + i) * DAY_MS))
}

/** Between two midnights the line before goes straight. */
const between = (
  before: readonly (Minor | null)[],
  times: readonly Date[],
  at: Date,
  present: number,
): Minor | null => {
  const [had, next] = [before[present - 1], before[present + 1]]
  const [from, to] = [times[present - 1], times[present + 1]]
  if (had === null || had === undefined || next === null || next === undefined || !from || !to) return null
  const share = (at.getTime() - from.getTime()) / (to.getTime() - from.getTime())
  return minor(had + BigInt(Math.round(Number(next - had) * share)))
}

const courseOf = (
  of: { window: Window; isRunning: boolean; spent: Minor; costs: readonly DayCost[]; now: Date },
  foretold: Foretold | null,
  before: { window: Window; costs: readonly DayCost[]; spent: Minor } | null,
): SpendDays['course'] => {
  const { window, isRunning, now } = of
  const passed = isRunning && now < window.end ? now : window.end
  const grid = midnights(window).filter((at) => at.getTime() !== passed.getTime())
  const past = [window.start, ...grid.filter((at) => at < passed)]
  const ahead = passed < window.end ? [...grid.filter((at) => at > passed), window.end] : []
  const times = [...past, passed, ...ahead]
  const present = past.length
  const none = <T>(list: readonly T[]) => list.map(() => null)
  const expected = (which: 'low' | 'mid' | 'high'): Line => {
    if (!foretold || ahead.length === 0) return none(times)
    const at = new Map(foretold.days.map((day) => [day.at.getTime(), day[which]]))
    const last = foretold.days.at(-1)?.[which] ?? of.spent
    return [...none(past), of.spent, ...ahead.map((time) => at.get(time.getTime()) ?? last)]
  }
  const line: Line = before
    ? times.map((at, i) => {
        const then = new Date(before.window.start.getTime() + at.getTime() - window.start.getTime())
        if (i === 0) return NO_MONEY
        if (i === present && ahead.length > 0) return null
        if (then >= before.window.end)
          return i === times.length - 1 || then.getTime() === before.window.end.getTime() ? before.spent : null
        return sumsUpTo(before.costs, [then])[0]!
      })
    : none(times)
  if (ahead.length > 0) line[present] = between(line, times, passed, present)
  return {
    times,
    spent: [...sumsUpTo(of.costs, past), of.spent, ...none(ahead)],
    forecast: expected('mid'),
    low: expected('low'),
    high: expected('high'),
    before: line,
  }
}

/** What a period costs day by day, and its course so far and to its end beside the period before. */
export const spendByDay = async (
  tx: Tx,
  accountId: bigint,
  { spend, foretold, earlier }: { spend: Spend; foretold: Foretold | null; earlier: SpendPeriod | undefined },
  now: Date,
): Promise<SpendDays> => {
  const { window, isRunning } = spend
  const until = now < window.end ? now : lastOf(window)
  const apps = byApp(spend.parts, spend.live.shares).filter((one) => one.cost > 0n)
  const named = apps.slice(0, apps.length === MOST_NAMED + 1 ? MOST_NAMED + 1 : MOST_NAMED).map(({ app }) => app)
  const [costs, before] = await Promise.all([
    costOfDays(tx, accountId, spend, until, named),
    earlier && courseOfBefore(tx, accountId, earlier),
  ])
  const first = Math.floor(window.start.getTime() / DAY_MS)
  const days = Array.from({ length: Math.floor(until.getTime() / DAY_MS) - first + 1 }, (_, i) => first + i)
  const valuesOf = (key: string) =>
    days.map((day) => sumOf(costs.filter((one) => one.key === key && one.day === day).map((one) => one.amount)))
  const others = apps.length - named.length
  return {
    days: days.map((day) => new Date(day * DAY_MS)),
    apps: [
      ...named.map((app) => ({ app, count: 1, values: valuesOf(app) })),
      ...(others > 0 ? [{ app: null, count: others, values: valuesOf('') }] : []),
    ],
    course: courseOf({ window, isRunning, spent: spend.live.usage, costs, now }, foretold, before ?? null),
  }
}

/** The whole of the period before, in all. */
const courseOfBefore = async (tx: Tx, accountId: bigint, earlier: SpendPeriod) => {
  const until = lastOf(earlier.window)
  const whole = await spendOf(tx, accountId, earlier, until)
  return {
    window: whole.window,
    spent: whole.live.usage,
    costs: await costOfDays(tx, accountId, whole, until, []),
  }
}

const lastOf = ({ end }: Window) => new Date(end.getTime() - 1)
