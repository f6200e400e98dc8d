import type { Sql } from '#db/client.ts'
import { DomainError } from '../errors.ts'

export type SubscriptionState = 'trialing' | 'active' | 'past_due' | 'paused' | 'canceled'
/** Licensed quantities by price key. */
export type Quantities = Readonly<Record<string, number>>

/** An account's plan as the store keeps it. Windows are half-open. */
export type Subscription = {
  accountId: bigint
  id: bigint
  planVersionId: bigint
  state: SubscriptionState
  quantities: Quantities
  startedAt: Date
  anchorAt: Date
  /** The running month of usage, also on yearly plans. */
  periodStart: Date
  periodEnd: Date
  /** What the advance prices are paid for. */
  paidFrom: Date
  paidUntil: Date
  trialEnd: Date | null
  cancelAtPeriodEnd: boolean
  canceledAt: Date | null
  pausedAt: Date | null
  couponId: bigint | null
  couponUntil: Date | null
  stripeSubscriptionId: string | null
}

const columns = (
  sql: Sql,
) => sql`s.account_id, s.id, s.plan_version_id, s.state, s.quantities, s.started_at, s.anchor_at,
  s.period_start, s.period_end, s.paid_from, s.paid_until, s.trial_end, s.cancel_at_period_end, s.canceled_at,
  s.paused_at, s.coupon_id, s.coupon_until, s.stripe_subscription_id`

/** The account's subscription that has not ended. Every admitted account has one; an account just made may not yet. */
export const liveSubscription = async (sql: Sql, accountId: bigint): Promise<Subscription | undefined> => {
  const [row] = await sql<Subscription[]>`select ${columns(sql)} from subscription s
    where s.account_id = ${accountId} and s.state <> 'canceled'`
  return row
}

/**
 * The same, locked until the transaction ends: whoever changes terms holds this. The profile's row comes before it, as
 * everywhere both are locked.
 */
export const lockLive = async (tx: Sql, accountId: bigint): Promise<Subscription | undefined> => {
  await tx`select 1 from billing_profile where account_id = ${accountId} for no key update`
  const [row] = await tx<Subscription[]>`select ${columns(tx)} from subscription s
    where s.account_id = ${accountId} and s.state <> 'canceled' for update`
  return row
}

/** The same where there has to be one. @throws NOT_FOUND */
export const lockedLive = async (tx: Sql, accountId: bigint): Promise<Subscription> => {
  const row = await lockLive(tx, accountId)
  if (!row) throw new DomainError('NOT_FOUND', 'this account has no plan yet; start one')
  return row
}

/** One subscription, ended or not. @throws NOT_FOUND */
export const subscriptionOf = async (sql: Sql, accountId: bigint, id: bigint): Promise<Subscription> => {
  const [row] = await sql<Subscription[]>`select ${columns(sql)} from subscription s
    where s.account_id = ${accountId} and s.id = ${id}`
  if (!row) throw new DomainError('NOT_FOUND', `no subscription ${id}`)
  return row
}

/** The subscription that Stripe knows by that id, ended or not. */
export const subscriptionOfStripe = async (sql: Sql, stripeId: string): Promise<Subscription | undefined> => {
  const [row] = await sql<Subscription[]>`select ${columns(sql)} from subscription s
    where s.stripe_subscription_id = ${stripeId} order by s.id desc limit 1`
  return row
}

export type TermRow = {
  planVersionId: bigint
  plan: string
  planName: string
  version: number
  quantities: Quantities
  state: 'trialing' | 'active' | 'paused'
  fromAt: Date
  untilAt: Date | null
}

/** What an account was on and when, newest first; terms that held for no time are left out. */
export const termsOfAccount = async (sql: Sql, accountId: bigint, limit: number): Promise<TermRow[]> =>
  await sql<TermRow[]>`select t.plan_version_id, p.key as plan, p.name as plan_name, v.version, t.quantities, t.state,
      t.from_at, t.until_at
    from subscription_term t join plan_version v on v.id = t.plan_version_id join plan p on p.id = v.plan_id
    where t.account_id = ${accountId} and t.until_at is distinct from t.from_at order by t.id desc limit ${limit}`
