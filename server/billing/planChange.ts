import { DomainError } from '../errors.ts'
import { ZERO } from '../money.ts'
import type { Window } from '../time.ts'
import { couponBack, type CouponPart } from './couponBack.ts'
import { paidAt } from './paid.ts'
import { periodAt } from './period.ts'
import { advanceLines, changeLines, creditLines, type Held } from './prorate.ts'
import { hasAdvance } from './quantities.ts'
import type { RatedLine } from './rated.ts'
import type { Subscription } from './subscriptionSql.ts'

/** What a change of terms does at an instant: which windows hold from then on, and what it costs or gives back. */
export type PlanChange = {
  state: 'trialing' | 'active'
  /** Months are counted from here; the instant of the change where the paid interval begins anew. */
  anchorAt: Date
  period: Window
  paid: Window
  /** Where the anchor moves, the running month of usage ends here; else null. */
  endsPeriod: Window | null
  lines: RatedLine[]
}

/**
 * A change within the same interval keeps the anchor, and its advance prices are prorated to the second. From a plan
 * without advance prices to one that has them, to another interval, and from a trial to a plan that offers none, the paid
 * interval begins anew at the change. In a trial nothing is paid yet.
 * @throws CONFLICT while paused; UNPROCESSABLE for another currency
 */
export const planChange = (
  subscription: Subscription,
  from: Held,
  to: Held & { trialDays: number },
  at: Date,
  coupon: CouponPart = { share: ZERO, holds: false },
): PlanChange => {
  if (subscription.state === 'paused')
    throw new DomainError('CONFLICT', 'the plan is paused; resume it, then change it')
  if (from.version.currency !== to.version.currency)
    throw new DomainError('UNPROCESSABLE', `this account is billed in ${from.version.currency}`, { path: 'currency' })
  const period = { start: subscription.periodStart, end: subscription.periodEnd }
  const paid = { start: subscription.paidFrom, end: subscription.paidUntil }
  const kept = { anchorAt: subscription.anchorAt, period, paid, endsPeriod: null }
  const withCoupon = (lines: RatedLine[]) => [
    ...lines,
    ...couponBack(lines, coupon, { planVersionId: from.version.id, service: { start: at, end: paid.end } }),
  ]
  const isTrial = subscription.state === 'trialing'
  if (isTrial && to.trialDays > 0) return { ...kept, state: 'trialing', lines: [] }
  const sameInterval = from.version.interval === to.version.interval
  const staysUnpaid = !hasAdvance(from.version) && !hasAdvance(to.version)
  if (!isTrial && sameInterval && (hasAdvance(from.version) || staysUnpaid))
    return { ...kept, state: 'active', lines: withCoupon(changeLines({ from, to, paid, at })) }
  const anew = paidAt(to.version, at, at)
  const credits = isTrial ? [] : creditLines(from, paid, at)
  return {
    state: 'active',
    anchorAt: at,
    period: periodAt(at, at),
    paid: anew,
    endsPeriod: { start: period.start, end: at },
    lines: withCoupon([...credits, ...advanceLines(to.version, to.quantities, anew)]),
  }
}
