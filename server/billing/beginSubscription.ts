import type { Tx } from '#db/client.ts'
import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { DAY_MS } from '../time.ts'
import { announceSubscription } from './announceSubscription.ts'
import { entitle } from './entitle.ts'
import { paidAt } from './paid.ts'
import { periodAt } from './period.ts'
import { lockLive, type Quantities, type Subscription } from './subscriptionSql.ts'
import { appendTerm } from './subscriptionTerms.ts'
import type { PriceVersion } from './terms.ts'

/**
 * Writes a subscription with its first term and its entitlements; invoices nothing. A trial is its first period, and
 * months are counted from the trial's end. @throws CONFLICT where the account has a live one
 */
export const beginSubscription = async (
  tx: Tx,
  ctx: Context,
  input: {
    accountId: bigint
    version: PriceVersion
    quantities: Quantities
    at: Date
    trialDays: number
    stripeSubscriptionId?: string | undefined
  },
): Promise<Subscription> => {
  const { accountId, version, quantities, at, trialDays, stripeSubscriptionId } = input
  const trialEnd = trialDays > 0 ? new Date(at.getTime() + trialDays * DAY_MS) : null
  const anchor = trialEnd ?? at
  const period = trialEnd ? { start: at, end: trialEnd } : periodAt(anchor, at)
  const paid = trialEnd ? period : paidAt(version, anchor, at)
  const state = trialEnd ? 'trialing' : 'active'
  const [row] = await tx<{ id: bigint }[]>`insert into subscription (account_id, plan_version_id, state, quantities,
      started_at, anchor_at, period_start, period_end, paid_from, paid_until, trial_end, stripe_subscription_id)
    values (${accountId}, ${version.id}, ${state}, ${JSON.stringify(quantities)}::text::jsonb, ${at}, ${anchor},
      ${period.start}, ${period.end}, ${paid.start}, ${paid.end}, ${trialEnd}, ${stripeSubscriptionId ?? null})
    on conflict (account_id) where state <> 'canceled' do nothing returning id`
  if (!row) throw new DomainError('CONFLICT', 'this account has a plan already; change it instead')
  const planVersionId = BigInt(version.id)
  await appendTerm(tx, { accountId, id: row.id }, { planVersionId, quantities, state }, at)
  await entitle(tx, ctx, { accountId, version, quantities })
  await audit(tx, ctx, {
    action: 'billing.subscription.start',
    subject: { kind: 'subscription', id: row.id },
    accountId,
    after: { plan: version.plan, version: version.id, quantities, state, at, trialEnd, stripeSubscriptionId },
  })
  await announceSubscription(tx, ctx, accountId, 'started', row.id)
  return (await lockLive(tx, accountId))!
}
