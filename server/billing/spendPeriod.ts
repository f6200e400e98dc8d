import type { Sql } from '#db/client.ts'
import type { Window } from '../time.ts'
import { periodAt } from './period.ts'
import type { Stretch } from './rated.ts'
import { liveSubscription, type Subscription } from './subscriptionSql.ts'
import { stretchesOf } from './subscriptionTerms.ts'

/** A billing period of an account with its terms. */
export type SpendPeriod = {
  subscription: Subscription
  window: Window
  isRunning: boolean
  currency: string
  stretches: readonly Stretch[]
}

const MOST_PERIODS = 13

/** The periods that were closed, newest first: a plan that changed may have cut one short and begun its months anew. */
const closedPeriods = async (sql: Sql, { accountId, id }: Subscription): Promise<Window[]> =>
  await sql<Window[]>`select distinct on (period_start) period_start as start, period_end as end from invoice
    where account_id = ${accountId} and subscription_id = ${id} and starts_with(key, 'period:') and state <> 'void'
    order by period_start desc, id desc limit ${MOST_PERIODS}`

/** The period an instant falls into: as it was closed, else by the trial or the months counted from the anchor. */
const periodOf = ({ anchorAt, startedAt, trialEnd }: Subscription, closed: readonly Window[], at: Date): Window => {
  const known = closed.find(({ start, end }) => at >= start && at < end)
  if (known) return known
  return trialEnd && at < trialEnd ? { start: startedAt, end: trialEnd } : periodAt(anchorAt, at)
}

/** The running period: also in the minutes until the last one is closed, unless the plan ends with it. */
const runningAt = (subscription: Subscription, now: Date): Window => {
  const { periodStart: start, periodEnd: end, cancelAtPeriodEnd } = subscription
  return now < end || cancelAtPeriodEnd ? { start, end } : periodOf(subscription, [], now)
}

const withTerms = async (
  sql: Sql,
  subscription: Subscription,
  window: Window,
  now: Date,
): Promise<SpendPeriod | undefined> => {
  const stretches = await stretchesOf(sql, subscription, window)
  const last = stretches.at(-1)
  if (!last || window.start > now) return undefined
  const isRunning = window.start.getTime() === runningAt(subscription, now).start.getTime()
  return { subscription, window, isRunning, currency: last.version.currency, stretches }
}

/**
 * The billing period an instant falls into, by the account's plan; undefined where it has none, or had none then.
 * @param at of the running period where it is left out
 */
export const spendPeriod = async (
  sql: Sql,
  accountId: bigint,
  now: Date,
  at?: Date,
): Promise<SpendPeriod | undefined> => {
  const subscription = await liveSubscription(sql, accountId)
  if (!subscription) return undefined
  const running = runningAt(subscription, now)
  const isRunning = at === undefined || (at >= running.start && at < running.end)
  const window = isRunning ? running : periodOf(subscription, await closedPeriods(sql, subscription), at)
  return withTerms(sql, subscription, window, now)
}

/** The billing period before one, where the account was on its plan then, and all that can be looked at, newest first. */
export const periodsBefore = async (
  sql: Sql,
  { subscription, window }: SpendPeriod,
  now: Date,
): Promise<{ previous: SpendPeriod | undefined; periods: Window[] }> => {
  const closed = await closedPeriods(sql, subscription)
  const before = ({ start }: Window) => periodOf(subscription, closed, new Date(start.getTime() - 1))
  const periods = [runningAt(subscription, now)]
  while (periods.length < MOST_PERIODS && periods.at(-1)!.start > subscription.startedAt)
    periods.push(before(periods.at(-1)!))
  return { previous: await withTerms(sql, subscription, before(window), now), periods }
}
