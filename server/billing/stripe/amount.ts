import { DomainError } from '../../errors.ts'
import { minor, type Minor } from '../../money.ts'

/** Stripe takes at most eight digits. */
export const MOST = 99_999_999n

// Stripe counts these in hundredths, for old times' sake, although they have no minor unit
// (https://docs.stripe.com/currencies#special-cases).
const IN_HUNDREDTHS = new Set(['ISK', 'UGX'])
// These have three decimals, but Stripe takes only whole hundredths.
const LAST_DIGIT_ZERO = new Set(['BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND'])

/**
 * An amount as Stripe counts it. @throws UNPROCESSABLE where Stripe cannot take it: over eight digits, or a third decimal
 */
export const toStripe = (amount: bigint, currency: string): number => {
  const counted = IN_HUNDREDTHS.has(currency) ? amount * 100n : amount
  const size = counted < 0n ? -counted : counted
  if (size > MOST) throw new DomainError('UNPROCESSABLE', `Stripe takes no amount over ${MOST} minor units: ${amount}`)
  if (LAST_DIGIT_ZERO.has(currency) && counted % 10n !== 0n)
    throw new DomainError('UNPROCESSABLE', `Stripe takes amounts in ${currency} with a last digit of zero only`)
  return Number(counted)
}

/** An amount of Stripe's in our minor units. */
export const fromStripe = (amount: number, currency: string): Minor => {
  const counted = BigInt(amount)
  return minor(IN_HUNDREDTHS.has(currency.toUpperCase()) ? counted / 100n : counted)
}

/** An instant of Stripe's, in seconds since 1970. */
export const instantOf = (seconds: number): Date => new Date(seconds * 1000)
export const secondsOf = (at: Date): number => Math.floor(at.getTime() / 1000)
