import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { notify } from '../notices/notify.ts'
import { DAY_MS } from '../time.ts'
import { announceSubscription } from './announceSubscription.ts'
import { endSubscription } from './endSubscription.ts'
import { invoiceNow } from './invoiceNow.ts'
import { paidAt } from './paid.ts'
import { periodAt } from './period.ts'
import { planVersionOf } from './planVersion.ts'
import { advanceLines } from './prorate.ts'
import { lockLive } from './subscriptionSql.ts'
import { appendTerm } from './subscriptionTerms.ts'

const MOST_AT_ONCE = 500
const TOLD_BEFORE_MS = 3 * DAY_MS

/** Ends the trials that are due, and tells who is three days before it. Harmless to repeat and to run twice at once. */
export const endTrials = async (ctx: Context): Promise<void> => {
  await tellEnding(ctx)
  const rows = await ctx.sql<{ accountId: bigint }[]>`select account_id from subscription
    where state = 'trialing' and period_end <= ${ctx.now} order by period_end limit ${MOST_AT_ONCE}`
  for (const { accountId } of rows) await endTrial(ctx, accountId)
}

const tellEnding = async (ctx: Context) => {
  const soon = new Date(ctx.now.getTime() + TOLD_BEFORE_MS)
  const rows = await ctx.sql<{ accountId: bigint; id: bigint; name: string; plan: string; trialEnd: Date }[]>`
    select s.account_id, s.id, a.name, p.name as plan, s.trial_end
    from subscription s join account a on a.id = s.account_id join plan_version v on v.id = s.plan_version_id
      join plan p on p.id = v.plan_id
    where s.state = 'trialing' and s.trial_end > ${ctx.now} and s.trial_end <= ${soon} and not s.cancel_at_period_end
      and not exists (select from notice n where n.key = 'billing:trial:' || s.id || ':ends')
    order by s.trial_end limit ${MOST_AT_ONCE}`
  for (const { accountId, id, name, plan, trialEnd } of rows) {
    const at = `${trialEnd.toISOString().slice(0, 16).replace('T', ' ')} UTC`
    await ctx.sql.begin((tx) =>
      notify(tx, ctx, {
        audience: 'account',
        accountId,
        severity: 'warning',
        kind: 'billing.trial_ends',
        title: `The trial of ${plan} for ${name} ends at ${at}`,
        body: 'The plan is charged from then on. To be on Free instead, cancel it before.',
        href: `/${name}/plan`,
        key: `billing:trial:${id}:ends`,
      }),
    )
  }
}

/**
 * Ends an account's trial at the instant it was to end, where that has come: the plan begins, its first interval is billed.
 * A trial that was canceled ends on Free. Returns whether this call ended it.
 */
export const endTrial = async (ctx: Context, accountId: bigint): Promise<boolean> =>
  ctx.sql.begin(async (tx) => {
    const subscription = await lockLive(tx, accountId)
    const at = subscription?.trialEnd
    if (!subscription || subscription.state !== 'trialing' || !at || at > ctx.now) return false
    if (subscription.cancelAtPeriodEnd) {
      await endSubscription(tx, ctx, subscription, at)
      return true
    }
    const { id, planVersionId, quantities } = subscription
    const version = await planVersionOf(tx, planVersionId)
    const period = periodAt(at, at)
    const paid = paidAt(version, at, at)
    await appendTerm(tx, subscription, { planVersionId, quantities, state: 'active' }, at)
    await tx`update subscription set state = 'active', anchor_at = ${at}, period_start = ${period.start},
        period_end = ${period.end}, paid_from = ${paid.start}, paid_until = ${paid.end}
      where account_id = ${accountId} and id = ${id}`
    await audit(tx, ctx, {
      action: 'billing.trial.end',
      subject: { kind: 'subscription', id },
      accountId,
      before: { state: 'trialing' },
      after: { state: 'active', at },
    })
    await announceSubscription(tx, ctx, accountId, 'changed', id)
    const lines = advanceLines(version, quantities, paid)
    await invoiceNow(tx, ctx, { accountId, subscriptionId: id, key: `trial:${id}`, lines, period: paid })
    return true
  })
