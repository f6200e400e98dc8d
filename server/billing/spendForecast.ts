import { allocate, minor, type Minor } from '../money.ts'
import { hourOf, startOfHour, type Window } from '../time.ts'
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
const byCase = <T>(of: (which: Case) => T): Record<Case, T> => ({ low: of('low'), mid: of('mid'), high: of('high') })
const byMeter = <T>(of: (meter: BillableMeter) => T): Record<BillableMeter, T> => ({
  cpu: of('cpu'),
  memory: of('memory'),
  disk: of('disk'),
  egress: of('egress'),
})
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

/** All apps as one: what a range is rated by, which need not be told app by app. */
const gathered = (parts: readonly StretchUse[]): StretchUse[] =>
  parts.map(({ stretch, use }) => {
    const used = nothingUsed()
    for (const one of use) for (const meter of BILLABLE_METERS) used[meter] += one.used[meter]
    return { stretch, use: [{ app: '', used }] }
  })

/** What is still to be used to the period's end, given to apps in proportion to what they used of late. */
const moreOf = (which: Case, end: Record<BillableMeter, Outlook>, latest: readonly AppUse[], since: Used): AppUse[] => {
  const more = latest.map(({ app }) => ({ app, used: nothingUsed() }))
  // Nobody has used anything of late, nor in this period: what lingers of earlier weeks is nobody's.
  if (more.length === 0) return []
  for (const meter of BILLABLE_METERS) {
    const shares = allocate(
      whole(end[meter][which] - Number(since[meter])),
      latest.map(({ used }) => used[meter]),
    )
    for (const [i, one] of more.entries()) one.used[meter] = shares[i]!
  }
  return more
}

/** What a period comes to at its end in each case. The range is rated as one app, and laid around the middle. */
const endsOf = (
  rated: (parts: readonly StretchUse[]) => LiveCost,
  parts: readonly StretchUse[],
  more: Record<Case, readonly AppUse[]>,
) => {
  const mid = rated(withMore(parts, more.mid))
  const asOne = byCase((which) => rated(gathered(withMore(parts, more[which]))))
  const totalOf = ({ usage, minimum }: LiveCost) => usage + minimum
  const meters = byCase((which) => costByMeter(asOne[which]))
  const middle = costByMeter(mid)
  return {
    mid,
    totals: byCase((which) => minor(totalOf(mid) + totalOf(asOne[which]) - totalOf(asOne.mid))),
    usage: byCase((which) => minor(mid.usage + asOne[which].usage - asOne.mid.usage)),
    byMeter: byCase((which) => byMeter((meter) => middle[meter] + meters[which][meter] - meters.mid[meter])),
  }
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
  const { live, history, since } = given
  const endHour = history.fromHour + history.hours.length
  const steps = stepsTo(endHour, Math.max(parts.at(-1)?.stretch.untilHour ?? hourOf(period.end), endHour))
  const expected = byMeter((meter) =>
    outlook({ fromHour: history.fromHour, amounts: history.hours.map((hour) => Number(hour[meter])) }, steps),
  )
  const latest = given.latest.length > 0 ? given.latest : byApp(parts, []).map(({ app, used }) => ({ app, used }))
  const last = byMeter((meter) => expected[meter].at(-1)!)
  const more = byCase((which) => moreOf(which, last, latest, since))
  const ends = endsOf((of) => liveCost(currency, period, of, period.end), parts, more)
  const now = costByMeter(live)
  const upTo = (which: Case, step: number): Minor => {
    if (step === steps.length - 1) return ends.usage[which]
    const grown = BILLABLE_METERS.map((meter) => {
      const passed = Number(since[meter])
      const [here, end] = [expected[meter][step]![which] - passed, last[meter][which] - passed]
      return end > 0 ? (Number(ends.byMeter[which][meter] - now[meter]) * Math.max(0, here)) / end : 0
    })
    return minor(live.usage + whole(grown.reduce((a, b) => a + b, 0)))
  }
  return {
    ...ends.totals,
    apps: new Map(byApp([], ends.mid.shares).map(({ app, cost }) => [app, cost])),
    days: steps.flatMap((hour, step) =>
      hour > endHour ? [{ at: startOfHour(hour), ...byCase((which) => upTo(which, step)) }] : [],
    ),
  }
}
