import type { Pool, Sql, Tx } from '#db/client.ts'
import { DomainError } from '../errors.ts'
import { NO_MONEY, minor, sumOf, type Minor } from '../money.ts'
import { hourOf, type Window } from '../time.ts'
import { byApp, nothingUsed, overParts, type AppCost, type PartUse, type StretchUse } from './liveCost.ts'
import { spendByDay, type SpendDays } from './spendByDay.ts'
import type { Foretold } from './spendForecast.ts'
import type { SpendRules, SpendState } from './spendJudge.ts'
import { advanceOf, forecastBase, forecastOf, inOneState, spendOf, type Spend } from './spendOf.ts'
import { periodsBefore, spendPeriod, type SpendPeriod } from './spendPeriod.ts'
import { containerUse, hasUsed, type ContainerPart } from './spendSql.ts'
import { BILLABLE, isMetered, type MeteredPrice } from './terms.ts'

export type SpendRow = AppCost & { before: Minor; forecast: Minor | null }
export type SpendOverview = {
  plan: { key: string; interval: 'month' | 'year'; state: string }
  period: Window & { isRunning: boolean }
  /** Periods that can be looked at, the newest first. */
  periods: Window[]
  currency: string
  prices: (MeteredPrice & { unit: string })[]
  /** Usage so far, before discount and tax. */
  spent: Minor
  /** What the plan's minimum adds. */
  minimum: Minor
  /** Paid for beforehand, beside usage. */
  advance: { amount: Minor; paid: Window }
  apps: SpendRow[]
  /** The same part of the period before; null where there is none. */
  before: (Window & { spent: Minor }) | null
  byDay: SpendDays
  forecast: (Pick<Foretold, 'low' | 'mid' | 'high'> & { budgetAt: Date | null; capAt: Date | null }) | null
  rules: SpendRules
  state: SpendState | null
}

/** The period before, up to the part of it that has passed of this one (all of it for one that is over). */
const beforeOf = async (tx: Tx, accountId: bigint, of: SpendPeriod, period: SpendPeriod, now: Date): Promise<Spend> => {
  const { start, end } = period.window
  const passed = of.isRunning ? now.getTime() - of.window.start.getTime() : Infinity
  const until = new Date(Math.min(end.getTime() - 1, start.getTime() + passed))
  const spend = await spendOf(tx, accountId, period, until)
  return { ...spend, window: { start, end: until } }
}

/** When what is foretold reaches an amount, between two days in proportion; null where it does not. */
const reachedAt = (of: Foretold, spent: Minor, now: Date, amount: bigint | null): Date | null => {
  if (amount === null || spent >= amount) return null
  let [from, had] = [now, spent as bigint]
  for (const { at, mid } of of.days) {
    if (mid >= amount) {
      const share = Number(amount - had) / Number(mid - had || 1n)
      return new Date(from.getTime() + share * (at.getTime() - from.getTime()))
    }
    ;[from, had] = [at, mid]
  }
  return null
}

const rulesOf = async (tx: Tx, accountId: bigint): Promise<SpendRules> => {
  const [rules] = await tx<SpendRules[]>`select budget_minor, cap_minor, cap_action from billing_profile
    where account_id = ${accountId}`
  return rules ?? { budgetMinor: null, capMinor: null, capAction: 'notify' }
}

const stateOf = async (tx: Tx, accountId: bigint, periodStart: Date): Promise<SpendState | null> => {
  const [state] = await tx<SpendState[]>`select told_percent, cap_crossed_at, capped_at, lifted_at from spend_state
    where account_id = ${accountId} and period_start = ${periodStart}`
  return state ?? null
}

/** What a period costs, by app, beside the one before, with what it will come to; undefined without a plan then. */
export const spendOverview = (sql: Pool, accountId: bigint, now: Date, at?: Date): Promise<SpendOverview | undefined> =>
  inOneState(sql, async (tx) => {
    const period = await spendPeriod(tx, accountId, now, at)
    if (!period) return undefined
    const isAhead = period.isRunning && now < period.window.end
    // Asked at once: the connection answers one after another, without a way to and fro between.
    const [spend, { previous, periods }, base, rules, state] = await Promise.all([
      spendOf(tx, accountId, period, now),
      periodsBefore(tx, period, now),
      isAhead ? forecastBase(tx, accountId, now) : null,
      rulesOf(tx, accountId),
      period.isRunning ? stateOf(tx, accountId, period.window.start) : null,
    ])
    const foretold = base && forecastOf(spend, base)
    const [before, byDay] = await Promise.all([
      previous && beforeOf(tx, accountId, period, previous, now),
      spendByDay(tx, accountId, { spend, foretold, earlier: previous }, now),
    ])
    const earlier = new Map(before ? byApp([], before.live.shares).map(({ app, cost }) => [app, cost]) : [])
    const { version } = period.stretches.at(-1)!
    const { usage: spent, minimum } = spend.live
    return {
      plan: { key: version.plan, interval: version.interval, state: period.subscription.state },
      period: { ...period.window, isRunning: period.isRunning },
      periods,
      currency: period.currency,
      prices: version.terms.prices.filter(isMetered).map((one) => ({ ...one, unit: BILLABLE[one.meter].unit })),
      spent,
      minimum,
      advance: period.isRunning ? advanceOf(period) : { amount: NO_MONEY, paid: period.window },
      apps: byApp(spend.parts, spend.live.shares).map((row) => ({
        ...row,
        before: earlier.get(row.app) ?? NO_MONEY,
        forecast: foretold ? (foretold.apps.get(row.app) ?? row.cost) : null,
      })),
      before: before ? { ...before.window, spent: before.live.usage } : null,
      byDay,
      forecast: foretold && {
        low: foretold.low,
        mid: foretold.mid,
        high: foretold.high,
        budgetAt: reachedAt(foretold, spent, now, rules.budgetMinor),
        capAt: reachedAt(foretold, spent, now, rules.capMinor),
      },
      rules,
      state,
    }
  })

export type ContainerCost = ContainerPart & Pick<AppCost, 'used' | 'cost' | 'byMeter'>
export type AppSpend = {
  period: Window & { isRunning: boolean }
  currency: string
  app: AppCost
  /** The dearest first. */
  containers: ContainerCost[]
  /** What no container accounts for. */
  rest: Minor
}

/** An app of the account's that used nothing in the period. @throws NOT_FOUND */
const idle = async (sql: Sql, accountId: bigint, app: string, parts: readonly StretchUse[]): Promise<AppCost> => {
  const [row] = byApp(
    parts.slice(0, 1).map(({ stretch }) => ({ stretch, use: [{ app, used: nothingUsed() }] })),
    [],
  )
  if (row && (await hasUsed(sql, accountId, app))) return row
  throw new DomainError('NOT_FOUND', `there is no app "${app}" that used anything`)
}

/**
 * What an app's containers cost: its amount shared out by what each used, so that they sum to it. Undefined where the
 * account had no plan then. @throws NOT_FOUND where it never had such an app
 */
export const spendByContainer = (
  sql: Pool,
  accountId: bigint,
  app: string,
  now: Date,
  at?: Date,
): Promise<AppSpend | undefined> =>
  inOneState(sql, async (tx) => {
    const period = await spendPeriod(tx, accountId, now, at)
    if (!period) return undefined
    const { parts, live, currency } = await spendOf(tx, accountId, period, now)
    const found = byApp(parts, live.shares).find((one) => one.app === app) ?? (await idle(tx, accountId, app, parts))
    const use: PartUse<ContainerPart>[] = []
    for (const [stretch, { stretch: of }] of parts.entries()) {
      const hours = { fromHour: of.fromHour, untilHour: Math.min(of.untilHour, hourOf(now) + 1) }
      for (const one of await containerUse(tx, accountId, app, hours)) use.push({ ...one, stretch, key: app })
    }
    const nameOf = ({ hostId, containerId }: ContainerPart) => `${hostId}:${containerId}`
    const costs = overParts(live.shares, use, (one) => (one === app ? app : undefined))
    const known = new Map(use.map(({ part }) => [nameOf(part), part]))
    const rows = byApp(
      parts.map(({ stretch }, i) => ({
        stretch,
        use: use.filter((one) => one.stretch === i).map(({ part, used }) => ({ app: nameOf(part), used })),
      })),
      costs.map(({ part, meter, amount }) => ({ stretch: 0, app: nameOf(part), meter, amount })),
    )
    return {
      period: { ...period.window, isRunning: period.isRunning },
      currency,
      app: found,
      containers: rows.map(({ app: name, ...row }) => ({ ...known.get(name)!, ...row })),
      rest: minor(found.cost - sumOf(rows.map((row) => row.cost))),
    }
  })
