import type { Sql, Tx } from '#db/client.ts'
import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import type { Off } from './discount.ts'
import { addMonths } from './period.ts'
import { planVersionOf } from './planVersion.ts'
import { lockedLive, type Subscription } from './subscriptionSql.ts'

type Coupon = {
  id: bigint
  code: string
  currency: string | null
  duration: 'once' | 'months' | 'forever'
  months: number | null
}

/** Takes a coupon for an account's plan: money off its invoices for as long as the coupon says. */
export const applyCoupon = async (ctx: Context, input: { accountId: bigint; code: string }): Promise<void> => {
  await ctx.sql.begin(async (tx) => redeemCoupon(tx, ctx, await lockedLive(tx, input.accountId), input.code))
}

/**
 * The same for a locked subscription. One coupon at a time; `once` counts for the next invoice (whoever makes it takes it
 * off the subscription), `months` from now.
 * @throws BAD_REQUEST where the code is unknown, has ended, or is for another currency; CONFLICT where one is applied
 */
export const redeemCoupon = async (tx: Tx, ctx: Context, subscription: Subscription, code: string): Promise<void> => {
  const { accountId, id } = subscription
  const path = 'coupon'
  if (subscription.couponId !== null && (subscription.couponUntil === null || subscription.couponUntil > ctx.now))
    throw new DomainError('CONFLICT', 'a coupon is applied already; it has to end first', { path })
  const { currency } = await planVersionOf(tx, subscription.planVersionId)
  // The check on redemptions refuses one too many also where two take the last at once: the row's lock puts them in turn.
  const [coupon] = await tx<Coupon[]>`update coupon set redeemed = redeemed + 1
    where ${holding(tx, code, currency, ctx.now)} returning id, code, currency, duration, months`
  if (!coupon) throw new DomainError('BAD_REQUEST', `no coupon ${code} holds now for a plan in ${currency}`, { path })
  const [used] =
    await tx`select 1 from subscription where account_id = ${accountId} and coupon_id = ${coupon.id} limit 1`
  if (used) throw new DomainError('CONFLICT', `${coupon.code} was used on this account before`, { path })
  const until = coupon.duration === 'months' ? addMonths(ctx.now, coupon.months ?? 1) : null
  await tx`update subscription set coupon_id = ${coupon.id}, coupon_until = ${until}
    where account_id = ${accountId} and id = ${id}`
  await audit(tx, ctx, {
    action: 'billing.coupon.apply',
    subject: { kind: 'subscription', id },
    accountId,
    after: { coupon: coupon.code, until },
  })
}

const holding = (sql: Sql, code: string, currency: string, now: Date) => sql`code = upper(trim(${code}))
  and archived_at is null and (expires_at is null or expires_at > ${now})
  and (most_redemptions is null or redeemed < most_redemptions) and (currency is null or currency = ${currency})`

/** What a code would take off, if it can be taken now. @throws BAD_REQUEST */
export const couponByCode = async (sql: Sql, code: string, currency: string, now: Date): Promise<Off> => {
  const [off] = await sql<Off[]>`select percent, amount_minor from coupon where ${holding(sql, code, currency, now)}`
  if (!off)
    throw new DomainError('BAD_REQUEST', `no coupon ${code} holds now for a plan in ${currency}`, { path: 'coupon' })
  return off
}
