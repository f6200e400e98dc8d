import { audit } from '../audit.ts'
import { labelOf, type Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { compare, exact, parseExact, ZERO } from '../money.ts'

export type NewCoupon = {
  code: string
  name: string
  /** One of the two: a percentage such as `25`, or an amount in a currency. */
  percent: string | null
  amountMinor: bigint | null
  currency: string | null
  duration: 'once' | 'months' | 'forever'
  months: number | null
  mostRedemptions: number | null
  expiresAt: Date | null
}

/** Makes a coupon. Codes are kept in capitals. @throws BAD_REQUEST for a value that takes nothing off; CONFLICT for its code */
export const createCoupon = async (ctx: Context, input: NewCoupon): Promise<{ code: string }> => {
  const fault = couponFault(input)
  if (fault) throw new DomainError('BAD_REQUEST', fault.message, { path: fault.path })
  const code = input.code.trim().toUpperCase()
  await ctx.sql.begin(async (tx) => {
    const [row] = await tx<{ id: bigint }[]>`insert into coupon (code, name, percent, amount_minor, currency, duration,
        months, most_redemptions, expires_at, created_by, created_at)
      values (${code}, ${input.name}, ${input.percent}, ${input.amountMinor}, ${input.currency}, ${input.duration},
        ${input.months}, ${input.mostRedemptions}, ${input.expiresAt}, ${labelOf(ctx.actor)}, ${ctx.now})
      on conflict (code) do nothing returning id`
    if (!row) throw new DomainError('CONFLICT', `there is a coupon ${code} already`, { path: 'code' })
    await audit(tx, ctx, { action: 'billing.coupon.create', subject: { kind: 'coupon', id: code }, after: input })
  })
  return { code }
}

const couponFault = (input: NewCoupon): { message: string; path: string } | null => {
  if ((input.percent === null) === (input.amountMinor === null))
    return { message: 'a percentage or an amount, one of the two', path: 'percent' }
  if (input.percent !== null) {
    const percent = parseExact(input.percent)
    if (compare(percent, ZERO) <= 0 || compare(percent, exact(100)) > 0)
      return { message: 'above 0 and at most 100', path: 'percent' }
  }
  if (input.amountMinor !== null && input.amountMinor <= 0n) return { message: 'above 0', path: 'amountMinor' }
  if (input.amountMinor !== null && input.currency === null)
    return { message: 'an amount needs its currency', path: 'currency' }
  if ((input.duration === 'months') !== (input.months !== null))
    return { message: 'for how many months', path: 'months' }
  return null
}

/** Ends a coupon for who has not used it yet; who has keeps it. @throws NOT_FOUND */
export const archiveCoupon = async (ctx: Context, { code }: { code: string }): Promise<void> => {
  await ctx.sql.begin(async (tx) => {
    const [row] = await tx`update coupon set archived_at = ${ctx.now} where code = ${code} and archived_at is null
      returning id`
    if (!row) throw new DomainError('NOT_FOUND', `no coupon ${code} that still holds`)
    await audit(tx, ctx, { action: 'billing.coupon.archive', subject: { kind: 'coupon', id: code } })
  })
}
