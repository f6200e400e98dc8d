import type { Sql } from '#db/client.ts'
import { exact, over, parseExact, ZERO, type Exact } from '../money.ts'
import type { CouponPart } from './couponBack.ts'
import { discountOf, type Off } from './discount.ts'
import type { Subscription } from './subscriptionSql.ts'

type Billed = { state: string; subtotalMinor: bigint; discountMinor: bigint; advanceMinor: bigint }

/** What a subscription's coupon did for the interval that is paid for, and whether it holds at `now`. */
export const couponPart = async (sql: Sql, subscription: Subscription, now: Date): Promise<CouponPart> => {
  const { couponId, couponUntil } = subscription
  if (couponId === null) return { share: ZERO, holds: false }
  const [coupon] = await sql<Off[]>`select percent, amount_minor from coupon where id = ${couponId}`
  const holds = couponUntil === null || couponUntil > now
  return { share: await shareOf(sql, subscription, holds && coupon ? coupon : null), holds }
}

/** By the newest invoice that billed the interval; a draft's discount is not computed yet, so it is foreseen. */
const shareOf = async (sql: Sql, { accountId, id, paidUntil }: Subscription, off: Off | null): Promise<Exact> => {
  const [billed] = await sql<Billed[]>`
    select i.state, i.subtotal_minor, i.discount_minor, sum(l.amount_minor)::bigint as advance_minor
    from invoice i join invoice_line l on l.account_id = i.account_id and l.invoice_id = i.id
    where i.account_id = ${accountId} and i.subscription_id = ${id} and i.state <> 'void'
      and l.kind in ('flat', 'proration') and l.amount_minor > 0 and l.service_end = ${paidUntil}
    group by i.account_id, i.id order by i.id desc limit 1`
  if (!billed || billed.advanceMinor <= 0n) return ZERO
  if (billed.state !== 'draft')
    return billed.subtotalMinor > 0n ? exact(billed.discountMinor, billed.subtotalMinor) : ZERO
  if (!off) return ZERO
  if (off.percent !== null) return over(parseExact(off.percent), exact(100))
  return exact(discountOf(billed.advanceMinor, off), billed.advanceMinor)
}
