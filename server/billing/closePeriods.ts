import type { Sql, Tx } from '#db/client.ts'
import { auditAll } from '../audit.ts'
import type { Context } from '../context.ts'
import { driverOf, type Driver } from './collector.ts'
import { draftInvoice, insertDrafts, type NewDraft } from './draftInvoice.ts'
import { endSubscription } from './endSubscription.ts'
import { paidAt } from './paid.ts'
import { periodAt } from './period.ts'
import { periodKey } from './periodKey.ts'
import { planVersionOf } from './planVersion.ts'
import { advanceLines } from './prorate.ts'
import { isFree } from './quantities.ts'
import { lockLive } from './subscriptionSql.ts'
import type { Window } from '../time.ts'

const MOST_AT_ONCE = 200

type Due = {
  accountId: bigint
  id: bigint
  planVersionId: bigint
  state: 'active' | 'past_due' | 'paused'
  quantities: Record<string, number>
  anchorAt: Date
  periodStart: Date
  periodEnd: Date
  paidFrom: Date
  paidUntil: Date
  driver: Driver
  /** Something may come late, or waits to be taken. */
  hasPast: boolean
}

/**
 * Job `billing.close_periods`: every period that ended gets its draft and is followed by the next; interval by interval where
 * time went on without it. Trials end by their own job. Harmless to run twice at once: a subscription is closed by whoever
 * holds its row.
 */
export const closePeriods = async (ctx: Context): Promise<{ closed: number }> => {
  let closed = 0
  for (;;) {
    const count = await ctx.sql.begin((tx) => closeSome(tx, ctx))
    closed += count
    if (count === 0) break
  }
  for (const { accountId } of await ending(ctx.sql, ctx.now)) if (await endOne(ctx, accountId)) closed++
  return { closed }
}

const closeSome = async (tx: Tx, ctx: Context): Promise<number> => {
  const due = await tx<Due[]>`
    select s.account_id, s.id, s.plan_version_id, s.state, s.quantities, s.anchor_at, s.period_start, s.period_end,
      s.paid_from, s.paid_until, p.driver,
      exists (select from billed_window w where w.account_id = s.account_id)
        or exists (select from adjustment a where a.account_id = s.account_id and a.state = 'approved') as has_past
    from subscription s join billing_profile p on p.account_id = s.account_id
    where s.period_end <= ${ctx.now} and s.state in ('active', 'past_due', 'paused')
      and not (s.cancel_at_period_end and s.period_end >= s.paid_until)
    order by s.period_end limit ${MOST_AT_ONCE} for update of s skip locked`
  if (due.length === 0) return 0
  const drafts: NewDraft[] = []
  const moved: { a: bigint; i: bigint; s: Date; e: Date; pf: Date; pu: Date }[] = []
  for (const one of due) {
    const version = await planVersionOf(tx, one.planVersionId)
    const next = periodAt(one.anchorAt, one.periodEnd)
    const isUp = one.periodEnd >= one.paidUntil
    const paid: Window = isUp
      ? paidAt(version, one.anchorAt, one.periodEnd)
      : { start: one.paidFrom, end: one.paidUntil }
    const lines = isUp && one.state !== 'paused' ? advanceLines(version, one.quantities, paid) : []
    moved.push({ a: one.accountId, i: one.id, s: next.start, e: next.end, pf: paid.start, pu: paid.end })
    if (isFree(version) && !one.hasPast) continue
    drafts.push({
      accountId: one.accountId,
      subscriptionId: one.id,
      period: { start: one.periodStart, end: one.periodEnd },
      key: periodKey(one.id, one.periodStart),
      driver: one.driver,
      lines,
    })
  }
  const made = await insertDrafts(tx, drafts, ctx.now)
  const rows = moved.map((row) => ({ ...row, a: String(row.a), i: String(row.i) }))
  await tx`update subscription v set period_start = x.s, period_end = x.e, paid_from = x.pf, paid_until = x.pu
    from json_to_recordset(${JSON.stringify(rows)}::text::json)
      as x (a bigint, i bigint, s timestamptz, e timestamptz, pf timestamptz, pu timestamptz)
    where v.account_id = x.a and v.id = x.i`
  await auditAll(
    tx,
    ctx,
    made.map(({ accountId, id, key }) => ({
      action: 'billing.invoice.draft',
      subject: { kind: 'invoice', id },
      accountId,
      after: { key },
    })),
  )
  return due.length
}

const ending = async (sql: Sql, now: Date) =>
  await sql<{ accountId: bigint }[]>`select account_id from subscription
    where period_end <= ${now} and state in ('active', 'past_due', 'paused') and cancel_at_period_end
      and period_end >= paid_until order by period_end limit 10000`

/** Bills the last period of a subscription that was marked to end with it, and ends it. */
const endOne = async (ctx: Context, accountId: bigint): Promise<boolean> =>
  ctx.sql.begin(async (tx) => {
    // The profile's row comes before the subscription's, as in every start of a plan.
    await tx`select 1 from billing_profile where account_id = ${accountId} for no key update`
    const subscription = await lockLive(tx, accountId)
    if (!subscription?.cancelAtPeriodEnd || subscription.periodEnd > ctx.now) return false
    const { id, periodStart, periodEnd } = subscription
    if (periodEnd < subscription.paidUntil || subscription.state === 'trialing') return false
    await endSubscription(tx, ctx, subscription, periodEnd)
    await draftInvoice(tx, ctx, {
      accountId,
      subscriptionId: id,
      period: { start: periodStart, end: periodEnd },
      key: periodKey(id, periodStart),
      driver: await driverOf(tx, accountId),
    })
    return true
  })
