import type { Pool, Sql, Tx } from '#db/client.ts'
import { sumOf, type Minor } from '../money.ts'
import { hourOf, MINUTE_MS, startOfHour, type Window } from '../time.ts'
import { liveCost, nothingUsed, type AppUse, type LiveCost, type StretchUse } from './liveCost.ts'
import { advanceLines } from './prorate.ts'
import { foretell, type Foretold, type UseHistory } from './spendForecast.ts'
import { spendPeriod, type SpendPeriod } from './spendPeriod.ts'
import { appUse, hourlyUse } from './spendSql.ts'
import { BILLABLE_METERS, type Used } from './terms.ts'

export type Spend = SpendPeriod & { parts: readonly StretchUse[]; live: LiveCost }

/** Hours of usage that a forecast looks back on. */
const LOOKS_BACK_HOURS = 35 * 24
/** By when an hour's last minute is reported and rolled. */
const ROLLED_AFTER_MS = 3 * MINUTE_MS
const LATEST_HOURS = 24

/** One state of the store for all that a page says, so that its figures sum. */
export const inOneState = <T>(sql: Pool, read: (tx: Tx) => Promise<T>): Promise<T> =>
  sql.begin('isolation level repeatable read read only', read) as Promise<T>

/** What a period's usage came to: so far, or up to `until`. The hour `until` falls into counts. */
export const spendOf = async (sql: Sql, accountId: bigint, of: SpendPeriod, until: Date): Promise<Spend> => {
  const untilHour = hourOf(until) + 1
  const parts: StretchUse[] = []
  for (const stretch of of.stretches) {
    const hours = { fromHour: stretch.fromHour, untilHour: Math.min(stretch.untilHour, untilHour) }
    parts.push({ stretch, use: hours.fromHour < hours.untilHour ? await appUse(sql, accountId, hours) : [] })
  }
  return { ...of, parts, live: liveCost(of.currency, of.window, parts, startOfHour(untilHour)) }
}

/** What the running period has cost so far; undefined where the account has no plan. */
export const spendSoFar = async (sql: Sql, accountId: bigint, now: Date): Promise<Spend | undefined> => {
  const period = await spendPeriod(sql, accountId, now)
  return period && (await spendOf(sql, accountId, period, now))
}

/** What prices paid in advance come to for what is paid for now; they are no part of what usage costs. */
export const advanceOf = ({ subscription, stretches }: SpendPeriod): { amount: Minor; paid: Window } => {
  const paid = { start: subscription.paidFrom, end: subscription.paidUntil }
  const last = stretches.at(-1)
  if (!last || last.state !== 'active') return { amount: sumOf([]), paid }
  return { amount: sumOf(advanceLines(last.version, last.quantities, paid).map((line) => line.amount)), paid }
}

/** What a forecast stands on: hours in all, what was used since the last whole one, and what each app used of late. */
export type ForecastBase = { history: UseHistory; since: Used; latest: AppUse[] }

export const forecastBase = async (sql: Sql, accountId: bigint, now: Date): Promise<ForecastBase> => {
  const endHour = hourOf(now.getTime() - ROLLED_AFTER_MS)
  const fromHour = endHour - LOOKS_BACK_HOURS
  const [all, latest] = await Promise.all([
    hourlyUse(sql, accountId, { fromHour, untilHour: hourOf(now) + 1 }),
    appUse(sql, accountId, { fromHour: endHour - LATEST_HOURS, untilHour: endHour }),
  ])
  const since = nothingUsed()
  for (const used of all.slice(LOOKS_BACK_HOURS)) for (const meter of BILLABLE_METERS) since[meter] += used[meter]
  return { history: { fromHour, hours: all.slice(0, LOOKS_BACK_HOURS) }, since, latest }
}

/** What a running period will come to by its end. */
export const forecastOf = ({ currency, window, parts, live }: Spend, base: ForecastBase): Foretold =>
  foretell(currency, window, parts, { live, ...base })
