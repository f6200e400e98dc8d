import type { Sql, Tx } from '#db/client.ts'
import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { sumOf, type Minor } from '../money.ts'
import { MINUTE_MS } from '../time.ts'
import { announceSubscription } from './announceSubscription.ts'
import { couponPart } from './couponPart.ts'
import { endPeriodEarly } from './endPeriodEarly.ts'
import { entitle } from './entitle.ts'
import { invoiceNow, type BilledNow } from './invoiceNow.ts'
import { planChange, type PlanChange } from './planChange.ts'
import { versionRow, type VersionRow } from './planVersion.ts'
import { carriedTo, isFree, quantitiesFor } from './quantities.ts'
import { onSale, startIn } from './startSubscription.ts'
import { liveSubscription, lockedLive, type Quantities, type Subscription } from './subscriptionSql.ts'
import { appendTerm, wholeSecond } from './subscriptionTerms.ts'

export type Change = {
  accountId: bigint
  planVersionId: bigint | string
  /** What is not named is taken along where the new version sells it too. */
  quantities?: Quantities | undefined
}
/** Of a change that was shown: when it was reckoned for, and what it came to before tax. */
export type Shown = { at: Date; netMinor: bigint }

/** How long a change that was shown can be confirmed as it was shown. */
const SHOWN_FOR_MS = 10 * MINUTE_MS

export type Reckoned = { change: PlanChange; to: VersionRow; quantities: Quantities; at: Date; netMinor: Minor }

/**
 * What a change would cost or give back if it were made at `at`, to the second.
 * @throws as `changePlan`; CONFLICT on Free, which is left by starting a plan
 */
export const reckonChange = async (
  sql: Sql,
  subscription: Subscription,
  input: Change,
  at: Date,
): Promise<Reckoned & { from: VersionRow }> => {
  const from = await versionRow(sql, subscription.planVersionId)
  // A customer may stay on a version that is no longer sold and still change how many of a thing they have.
  const stays = BigInt(input.planVersionId) === subscription.planVersionId
  const to = stays ? from : await onSale(sql, input.planVersionId)
  if (isFree(from)) throw new DomainError('CONFLICT', 'Free has nothing to prorate; start the plan instead')
  if (isFree(to)) throw new DomainError('CONFLICT', `to go to ${to.planName}, cancel the plan ${from.planName}`)
  if (subscription.state === 'past_due')
    throw new DomainError('CONFLICT', 'an invoice is past due; pay it, then change the plan')
  const quantities = quantitiesFor(to, { ...carriedTo(to, subscription.quantities), ...input.quantities })
  const same = JSON.stringify(quantities) === JSON.stringify(quantitiesFor(from, subscription.quantities))
  if (stays && same) throw new DomainError('CONFLICT', 'that is the plan this account has')
  const held = { version: from, quantities: subscription.quantities }
  const coupon = await couponPart(sql, subscription, at)
  const change = planChange(subscription, held, { version: to, quantities, trialDays: to.trialDays }, at, coupon)
  return { change, from, to, quantities, at, netMinor: sumOf(change.lines.map((line) => line.amount)) }
}

/** The same for the account's live subscription, now: what is shown before it is confirmed. */
export const previewChange = async (ctx: Context, input: Change): Promise<Reckoned & { from: VersionRow }> => {
  const live = await liveSubscription(ctx.sql, input.accountId)
  if (!live) throw new DomainError('NOT_FOUND', 'this account has no plan yet; start one')
  return reckonChange(ctx.sql, live, input, wholeSecond(ctx.now))
}

/**
 * Changes an account's plan or its licensed quantities: terms, entitlements and money in one transaction. From Free it is a
 * start. With `shown` it takes effect as it was shown, if that was within ten minutes and nothing changed since. A planned
 * cancellation is withdrawn.
 * @throws CONFLICT where nothing would change, the plan is paused or past due, or what was shown no longer holds;
 * UNPROCESSABLE for another currency or a version that is not on sale; BAD_REQUEST for quantities that do not fit
 */
export const changePlan = async (
  ctx: Context,
  input: Change & { coupon?: string | undefined; shown?: Shown | undefined },
): Promise<{ billed: BilledNow }> =>
  ctx.sql.begin(async (tx) => {
    const subscription = await lockedLive(tx, input.accountId)
    const from = await versionRow(tx, subscription.planVersionId)
    if (isFree(from)) return startIn(tx, ctx, { ...input, quantities: input.quantities ?? {} })
    const at = input.shown ? shownAt(input.shown, ctx.now) : wholeSecond(ctx.now)
    const reckoned = await reckonChange(tx, subscription, input, at)
    if (input.shown && reckoned.netMinor !== input.shown.netMinor)
      throw new DomainError('CONFLICT', 'the plan or its price changed since; look at the change again')
    return { billed: await applyChange(tx, ctx, subscription, reckoned) }
  })

const shownAt = ({ at }: Shown, now: Date): Date => {
  if (at > now || now.getTime() - at.getTime() > SHOWN_FOR_MS)
    throw new DomainError('CONFLICT', 'this was reckoned too long ago; look at the change again')
  return wholeSecond(at)
}

/** Makes a reckoned change of a locked subscription. */
export const applyChange = async (
  tx: Tx,
  ctx: Context,
  subscription: Subscription,
  { change, to, quantities, at, netMinor }: Reckoned,
): Promise<BilledNow> => {
  const { accountId, id } = subscription
  const planVersionId = BigInt(to.id)
  const termId = await appendTerm(tx, subscription, { planVersionId, quantities, state: change.state }, at)
  const { period, paid } = change
  const trialEnd = change.state === 'trialing' ? subscription.trialEnd : null
  await tx`update subscription set plan_version_id = ${planVersionId}, state = ${change.state},
      quantities = ${JSON.stringify(quantities)}::text::jsonb, anchor_at = ${change.anchorAt},
      period_start = ${period.start}, period_end = ${period.end}, paid_from = ${paid.start}, paid_until = ${paid.end},
      trial_end = ${trialEnd}, cancel_at_period_end = false
    where account_id = ${accountId} and id = ${id}`
  await entitle(tx, ctx, { accountId, version: to, quantities })
  await audit(tx, ctx, {
    action: 'billing.subscription.change',
    subject: { kind: 'subscription', id },
    accountId,
    before: { version: subscription.planVersionId, quantities: subscription.quantities, state: subscription.state },
    after: { plan: to.plan, version: to.id, quantities, state: change.state, at, netMinor },
  })
  await announceSubscription(tx, ctx, accountId, 'changed', id)
  if (change.endsPeriod) await endPeriodEarly(tx, ctx, subscription, change.endsPeriod)
  if (change.lines.length === 0) return { as: 'nothing' }
  return invoiceNow(tx, ctx, {
    accountId,
    subscriptionId: id,
    key: `change:${id}:${termId}`,
    lines: change.lines,
    period: { start: at, end: paid.end },
  })
}
