import type { Sql, Tx } from '#db/client.ts'
import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { minor, sumOf, type Minor } from '../money.ts'
import { announceSubscription } from './announceSubscription.ts'
import { couponBack } from './couponBack.ts'
import { couponPart } from './couponPart.ts'
import { endPeriodEarly } from './endPeriodEarly.ts'
import { closeSubscription, endSubscription } from './endSubscription.ts'
import { followPlan } from './followPlan.ts'
import { invoiceNow, type BilledNow } from './invoiceNow.ts'
import { planVersionOf } from './planVersion.ts'
import { creditLines } from './prorate.ts'
import { isFree } from './quantities.ts'
import type { RatedLine } from './rated.ts'
import { liveSubscription, lockedLive, lockLive, type Subscription } from './subscriptionSql.ts'
import { wholeSecond } from './subscriptionTerms.ts'

/**
 * Ends an account's plan with what is paid for: it stays until `paidUntil` (a trial until its end), then the account is on
 * Free. Whoever closes that period reads the mark. @throws CONFLICT on Free, or where it is marked already
 */
export const cancelAtPeriodEnd = async (ctx: Context, { accountId }: { accountId: bigint }): Promise<{ at: Date }> =>
  ctx.sql.begin(async (tx) => {
    const subscription = await payingLive(tx, accountId)
    if (subscription.cancelAtPeriodEnd) throw new DomainError('CONFLICT', 'the plan ends with its period already')
    await mark(tx, ctx, subscription, true)
    return { at: subscription.paidUntil }
  })

/** Takes the cancellation at the period's end back. @throws CONFLICT where none is planned */
export const keepSubscription = async (ctx: Context, { accountId }: { accountId: bigint }): Promise<void> => {
  await ctx.sql.begin(async (tx) => {
    const subscription = await lockedLive(tx, accountId)
    if (!subscription.cancelAtPeriodEnd) throw new DomainError('CONFLICT', 'no end of the plan is set')
    await mark(tx, ctx, subscription, false)
  })
}

/**
 * Ends an account's plan now and puts it on Free: what was paid in advance and is not used is given back to the second, and
 * the usage of the running month is billed. @throws CONFLICT on Free
 */
export const cancelNow = async (ctx: Context, { accountId }: { accountId: bigint }): Promise<{ billed: BilledNow }> =>
  ctx.sql.begin(async (tx) => {
    const subscription = await payingLive(tx, accountId)
    const at = wholeSecond(ctx.now)
    await endSubscription(tx, ctx, subscription, at)
    return { billed: await settle(tx, ctx, subscription, at) }
  })

/** The same for an account that was closed, which is on no plan from then on. Harmless to repeat. */
export const settleClosed = async (ctx: Context, { accountId }: { accountId: string }): Promise<void> => {
  await ctx.sql.begin(async (tx) => {
    const subscription = await lockLive(tx, BigInt(accountId))
    if (!subscription) return
    const at = wholeSecond(ctx.now)
    await closeSubscription(tx, ctx, subscription, at)
    await settle(tx, ctx, subscription, at)
  })
}

/** Bills a subscription that ended at `at` to that second. */
const settle = async (tx: Tx, ctx: Context, subscription: Subscription, at: Date): Promise<BilledNow> => {
  const { accountId, id, periodStart, paidUntil } = subscription
  const lines = await unusedLines(tx, subscription, at)
  const period = { start: at, end: paidUntil }
  const billed: BilledNow =
    lines.length === 0
      ? { as: 'nothing' }
      : await invoiceNow(tx, ctx, { accountId, subscriptionId: id, key: `end:${id}`, lines, period })
  // The last invoice comes after, so that it takes what is given back.
  await endPeriodEarly(tx, ctx, subscription, { start: periodStart, end: at })
  return billed
}

/** What is given back of a subscription's advance prices where it ends at `at`. */
const unusedLines = async (sql: Sql, subscription: Subscription, at: Date): Promise<RatedLine[]> => {
  const { state, quantities, paidFrom, paidUntil } = subscription
  // While trialing nothing was charged; while paused it was given back already.
  if ((state !== 'active' && state !== 'past_due') || at >= paidUntil) return []
  const version = await planVersionOf(sql, subscription.planVersionId)
  const credits = creditLines({ version, quantities }, { start: paidFrom, end: paidUntil }, at)
  const of = { planVersionId: version.id, service: { start: at, end: paidUntil } }
  return [...credits, ...couponBack(credits, await couponPart(sql, subscription, at), of)]
}

/** What ending the plan would mean: at the period's end, and now with what is given back. */
export const previewCancel = async (
  ctx: Context,
  { accountId }: { accountId: bigint },
): Promise<{ at: Date; endsAt: Date; currency: string; lines: RatedLine[]; backMinor: Minor }> => {
  const live = await liveSubscription(ctx.sql, accountId)
  if (!live) throw new DomainError('NOT_FOUND', 'this account has no plan yet')
  const at = wholeSecond(ctx.now)
  const lines = await unusedLines(ctx.sql, live, at)
  const { currency } = await planVersionOf(ctx.sql, live.planVersionId)
  return { at, endsAt: live.paidUntil, currency, lines, backMinor: minor(-sumOf(lines.map((line) => line.amount))) }
}

const payingLive = async (tx: Tx, accountId: bigint): Promise<Subscription> => {
  const subscription = await lockedLive(tx, accountId)
  const version = await planVersionOf(tx, subscription.planVersionId)
  if (isFree(version)) throw new DomainError('CONFLICT', 'this account is on Free; there is nothing to cancel')
  return subscription
}

const mark = async (tx: Tx, ctx: Context, subscription: Subscription, ends: boolean) => {
  const { accountId, id } = subscription
  await tx`update subscription set cancel_at_period_end = ${ends} where account_id = ${accountId} and id = ${id}`
  await followPlan(tx, accountId)
  await audit(tx, ctx, {
    action: ends ? 'billing.subscription.cancel_at_period_end' : 'billing.subscription.keep',
    subject: { kind: 'subscription', id },
    accountId,
    before: { cancelAtPeriodEnd: !ends },
    after: { cancelAtPeriodEnd: ends, until: subscription.paidUntil },
  })
  await announceSubscription(tx, ctx, accountId, ends ? 'cancels_at_period_end' : 'kept', id)
}
