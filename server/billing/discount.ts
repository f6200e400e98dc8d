import { allocate, exact, minor, NO_MONEY, parseExact, roundHalfEven, sumOf, times } from '../money.ts'
import type { Minor } from '../money.ts'

/** Money off a subtotal: a percentage (`12.5`) or an amount in minor units of the coupon's currency. */
export type Off = { percent: string; amountMinor: null } | { percent: null; amountMinor: bigint }

/** What a coupon takes off a subtotal: never more than there is, and nothing off a credit. */
export const discountOf = (subtotal: bigint, off: Off | null): Minor => {
  if (!off || subtotal <= 0n) return NO_MONEY
  const asked =
    off.percent === null ? off.amountMinor : roundHalfEven(times(exact(subtotal, 100n), parseExact(off.percent)))
  return minor(asked < 0n ? 0n : asked < subtotal ? asked : subtotal)
}

/** Shares money that is taken off among lines, by their amounts above zero; the shares sum to it exactly. */
export const shareAmongLines = (taken: bigint, amounts: readonly bigint[]): Minor[] => {
  if (taken === 0n) return amounts.map(() => NO_MONEY)
  return allocate(
    taken,
    amounts.map((amount) => (amount > 0n ? amount : 0n)),
  )
}

/** The lines' discounts under a coupon on their sum. */
export const discountLines = (amounts: readonly bigint[], off: Off | null): Minor[] =>
  shareAmongLines(discountOf(sumOf(amounts), off), amounts)
