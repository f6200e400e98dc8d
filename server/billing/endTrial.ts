import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { endSubscription } from './endSubscription.ts'
import { invoiceNow } from './invoiceNow.ts'
import { paidAt } from './paid.ts'
import { periodAt } from './period.ts'
import { planVersionOf } from './planVersion.ts'
import { advanceLines } from './prorate.ts'
import { lockLive } from './subscriptionSql.ts'
import { appendTerm } from './subscriptionTerms.ts'

const MOST_AT_ONCE = 500

/** Ends the trials that are due. Harmless to repeat and to run twice at once. */
export const endTrials = async (ctx: Context): Promise<void> => {
  const rows = await ctx.sql<{ accountId: bigint }[]>`select account_id from subscription
    where state = 'trialing' and period_end <= ${ctx.now} order by period_end limit ${MOST_AT_ONCE}`
  for (const { accountId } of rows) await endTrial(ctx, accountId)
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
    const lines = advanceLines(version, quantities, paid)
    await invoiceNow(tx, ctx, { accountId, subscriptionId: id, key: `trial:${id}`, lines, period: paid })
    return true
  })
