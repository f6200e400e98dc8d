import type { Sql, Tx } from '#db/client.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { advanceLines } from './prorate.ts'
import { beginSubscription } from './beginSubscription.ts'
import { redeemCoupon } from './applyCoupon.ts'
import { closeSubscription } from './endSubscription.ts'
import { ensureProfile, setCurrency } from './ensureProfile.ts'
import { invoiceNow, type BilledNow } from './invoiceNow.ts'
import { versionRow, type VersionRow } from './planVersion.ts'
import { isFree, quantitiesFor } from './quantities.ts'
import { lockLive, subscriptionOfStripe, type Quantities, type Subscription } from './subscriptionSql.ts'
import { wholeSecond } from './subscriptionTerms.ts'

export type Start = {
  accountId: bigint
  planVersionId: bigint | string
  quantities?: Quantities
  /** A coupon's code. */
  coupon?: string | undefined
  /** Days free of charge; by default the version's, once an account. */
  trialDays?: number
  /** Set by the webhook that tells of a paid Checkout: the account is collected by card from then on. */
  stripeSubscriptionId?: string
}

/**
 * Puts an account on a plan in place of Free, entitles it, and bills the first interval of the advance prices at once; in a
 * trial that is at its end. A Stripe subscription that was started already is the same one.
 * @throws CONFLICT where the account has a plan that charges (change it), or is billed in another currency; BAD_REQUEST
 * for quantities or a coupon that do not fit; UNPROCESSABLE for a version that is not on sale
 */
export const startSubscription = async (
  ctx: Context,
  input: Start,
): Promise<{ subscription: Subscription; billed: BilledNow }> => ctx.sql.begin((tx) => startIn(tx, ctx, input))

/** The same in the caller's transaction. */
export const startIn = async (
  tx: Tx,
  ctx: Context,
  input: Start,
): Promise<{ subscription: Subscription; billed: BilledNow }> => {
  const { accountId, stripeSubscriptionId } = input
  const version = await onSale(tx, input.planVersionId)
  const quantities = quantitiesFor(version, input.quantities ?? {})
  // One start at a time an account: the profile's row is what they queue at.
  const driver = stripeSubscriptionId === undefined ? {} : { driver: 'stripe' as const }
  await ensureProfile(tx, ctx, { accountId, currency: version.currency, ...driver })
  const before = stripeSubscriptionId && (await subscriptionOfStripe(tx, stripeSubscriptionId))
  if (before) return { subscription: before, billed: { as: 'nothing' } }
  await setCurrency(tx, ctx, accountId, version.currency)
  const at = wholeSecond(ctx.now)
  const trialDays = input.trialDays ?? ((await hadPlan(tx, accountId)) ? 0 : version.trialDays)
  await endFree(tx, ctx, accountId, at)
  const subscription = await beginSubscription(tx, ctx, {
    accountId,
    version,
    quantities,
    at,
    trialDays,
    stripeSubscriptionId,
  })
  if (input.coupon) await redeemCoupon(tx, ctx, subscription, input.coupon)
  if (trialDays > 0) return { subscription, billed: { as: 'nothing' } }
  const paid = { start: subscription.paidFrom, end: subscription.paidUntil }
  const billed = await invoiceNow(tx, ctx, {
    accountId,
    subscriptionId: subscription.id,
    key: `start:${subscription.id}`,
    lines: advanceLines(version, quantities, paid),
    period: paid,
  })
  return { subscription, billed }
}

/** A published version of a plan that is still sold. @throws NOT_FOUND, UNPROCESSABLE */
export const onSale = async (sql: Sql, id: bigint | string): Promise<VersionRow> => {
  const version = await versionRow(sql, id)
  if (!version.publishedAt) throw new DomainError('UNPROCESSABLE', 'this version is a draft; publish it first')
  const [archived] = await sql`select 1 from plan where key = ${version.plan} and archived_at is not null`
  if (archived) throw new DomainError('UNPROCESSABLE', `the plan ${version.planName} is no longer sold`)
  return version
}

/** Whether an account ever had a plan that can charge: a trial is given once. */
export const hadPlan = async (sql: Sql, accountId: bigint): Promise<boolean> => {
  const [row] = await sql`select 1 from subscription_term t join plan_version v on v.id = t.plan_version_id
    where t.account_id = ${accountId} and (v.terms -> 'prices' <> '[]'::jsonb or v.terms ->> 'minimum' is not null)
    limit 1`
  return row !== undefined
}

const endFree = async (tx: Tx, ctx: Context, accountId: bigint, at: Date) => {
  const live = await lockLive(tx, accountId)
  if (!live) return
  const version = await versionRow(tx, live.planVersionId)
  if (!isFree(version))
    throw new DomainError('CONFLICT', `this account is on the plan ${version.planName} already; change it instead`)
  await closeSubscription(tx, ctx, live, at)
}
