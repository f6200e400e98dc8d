import { exact, exactText, minor, roundHalfEven, sumOf, times, type Exact } from '../money.ts'
import type { Window } from '../time.ts'
import type { RatedLine } from './rated.ts'

/** What a coupon did and does for a plan. */
export type CouponPart = {
  /** The part of the running interval's advance prices that it paid, from 0 to 1. */
  share: Exact
  /** Whether it takes something off the next invoice too. */
  holds: boolean
}

/**
 * What a coupon paid of advance prices is not given back with them: a line against credits of an unused rest, or none. Where
 * the coupon still holds and the lines come to a charge, it takes its part off that, and nothing is left to do here.
 */
export const couponBack = (
  lines: readonly RatedLine[],
  coupon: CouponPart,
  of: { planVersionId: string; service: Window },
): RatedLine[] => {
  const net = sumOf(lines.map((line) => line.amount))
  const credit = sumOf(lines.filter((line) => line.amount < 0n).map((line) => -line.amount))
  const base = coupon.holds ? (net < 0n ? -net : 0n) : credit
  const amount = times(exact(base), coupon.share)
  const rounded = roundHalfEven(amount)
  if (rounded === 0n) return []
  return [
    {
      kind: 'manual',
      description: 'What a coupon had paid of the unused rest',
      planVersionId: of.planVersionId,
      price: null,
      meter: null,
      app: null,
      quantity: null,
      unitAmount: null,
      exact: exactText(amount),
      amount: minor(rounded),
      service: of.service,
      detail: { share: exactText(coupon.share) },
    },
  ]
}
