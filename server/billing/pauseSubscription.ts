import type { Tx } from '#db/client.ts'
import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { announceSubscription } from './announceSubscription.ts'
import { couponBack } from './couponBack.ts'
import { couponPart } from './couponPart.ts'
import { entitle } from './entitle.ts'
import { invoiceNow, type BilledNow } from './invoiceNow.ts'
import { planVersionOf } from './planVersion.ts'
import { chargeLines, creditLines } from './prorate.ts'
import { isFree } from './quantities.ts'
import { lockedLive, type Subscription } from './subscriptionSql.ts'
import { appendTerm, wholeSecond } from './subscriptionTerms.ts'

/**
 * Pauses an account's plan: its advance prices are not charged and what is unused of them is given back to the second, and it
 * has what Free gives. Containers go on; what they use is billed at the plan's prices, without a minimum or anything included.
 * @throws CONFLICT where it is not active, or on Free
 */
export const pauseSubscription = async (
  ctx: Context,
  { accountId }: { accountId: bigint },
): Promise<{ billed: BilledNow }> =>
  ctx.sql.begin(async (tx) => {
    const subscription = await lockedLive(tx, accountId)
    if (subscription.state !== 'active')
      throw new DomainError('CONFLICT', `a plan that is ${subscription.state.replace('_', ' ')} cannot be paused`)
    const version = await planVersionOf(tx, subscription.planVersionId)
    if (isFree(version)) throw new DomainError('CONFLICT', 'this account is on Free; there is nothing to pause')
    return turn(tx, ctx, subscription, 'paused')
  })

/**
 * Resumes a paused plan: the rest of the running interval is charged to the second and the account has what the plan gives.
 * @throws CONFLICT where it is not paused
 */
export const resumeSubscription = async (
  ctx: Context,
  { accountId }: { accountId: bigint },
): Promise<{ billed: BilledNow }> =>
  ctx.sql.begin(async (tx) => {
    const subscription = await lockedLive(tx, accountId)
    if (subscription.state !== 'paused') throw new DomainError('CONFLICT', 'the plan is not paused')
    return turn(tx, ctx, subscription, 'active')
  })

const turn = async (
  tx: Tx,
  ctx: Context,
  subscription: Subscription,
  state: 'paused' | 'active',
): Promise<{ billed: BilledNow }> => {
  const { accountId, id, planVersionId, quantities } = subscription
  const at = wholeSecond(ctx.now)
  const paused = state === 'paused'
  const version = await planVersionOf(tx, planVersionId)
  const termId = await appendTerm(tx, subscription, { planVersionId, quantities, state }, at)
  await tx`update subscription set state = ${state}, paused_at = ${paused ? at : null}
    where account_id = ${accountId} and id = ${id}`
  await entitle(tx, ctx, { accountId, version, quantities, paused })
  await audit(tx, ctx, {
    action: paused ? 'billing.subscription.pause' : 'billing.subscription.resume',
    subject: { kind: 'subscription', id },
    accountId,
    before: { state: subscription.state },
    after: { state, at },
  })
  await announceSubscription(tx, ctx, accountId, paused ? 'paused' : 'resumed', id)
  const paid = { start: subscription.paidFrom, end: subscription.paidUntil }
  if (at >= paid.end) return { billed: { as: 'nothing' } }
  const rest = (paused ? creditLines : chargeLines)({ version, quantities }, paid, at)
  const coupon = await couponPart(tx, subscription, at)
  const service = { start: at, end: paid.end }
  const lines = paused ? [...rest, ...couponBack(rest, coupon, { planVersionId: version.id, service })] : rest
  if (lines.length === 0) return { billed: { as: 'nothing' } }
  const key = `${paused ? 'pause' : 'resume'}:${id}:${termId}`
  return { billed: await invoiceNow(tx, ctx, { accountId, subscriptionId: id, key, lines, period: service }) }
}
