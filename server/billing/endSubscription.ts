import type { Tx } from '#db/client.ts'
import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { announceSubscription } from './announceSubscription.ts'
import { beginSubscription } from './beginSubscription.ts'
import { ensureProfile } from './ensureProfile.ts'
import { freeVersion } from './freeVersion.ts'
import type { Subscription } from './subscriptionSql.ts'
import { endTerm } from './subscriptionTerms.ts'

/**
 * Ends a locked subscription at `at`: its open term closes there. Invoices nothing: whoever ends it bills what is left.
 */
export const closeSubscription = async (tx: Tx, ctx: Context, subscription: Subscription, at: Date): Promise<void> => {
  const { accountId, id, state } = subscription
  await endTerm(tx, subscription, at)
  await tx`update subscription set state = 'canceled', canceled_at = ${at} where account_id = ${accountId} and id = ${id}`
  await audit(tx, ctx, {
    action: 'billing.subscription.end',
    subject: { kind: 'subscription', id },
    accountId,
    before: { state },
    after: { state: 'canceled', at },
  })
  await announceSubscription(tx, ctx, accountId, 'ended', id)
}

/** Ends a locked subscription at `at` and puts the account on Free from there on. */
export const endSubscription = async (
  tx: Tx,
  ctx: Context,
  subscription: Subscription,
  at: Date,
): Promise<Subscription> => {
  await closeSubscription(tx, ctx, subscription, at)
  return beginFree(tx, ctx, subscription.accountId, at)
}

/** Puts an account without a subscription on Free. @throws CONFLICT where it has one */
export const beginFree = async (tx: Tx, ctx: Context, accountId: bigint, at: Date): Promise<Subscription> => {
  const { currency } = await ensureProfile(tx, ctx, { accountId })
  const version = await freeVersion(tx, ctx, currency)
  return beginSubscription(tx, ctx, { accountId, version, quantities: {}, at, trialDays: 0 })
}
