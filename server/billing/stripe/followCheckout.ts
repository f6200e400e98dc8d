import type Stripe from 'stripe'
import type { Context } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { addJob } from '../../jobs.ts'
import { ensureProfile } from '../ensureProfile.ts'
import { startSubscription } from '../startSubscription.ts'
import { subscriptionOfStripe, type Quantities } from '../subscriptionSql.ts'
import { instantOf } from './amount.ts'
import { makeCall } from './calls.ts'
import { needStripe } from './client.ts'
import { accountOfCustomer, followCard, makeDefault } from './customer.ts'
import { foundDrift } from './drift.ts'

const idOf = (value: string | { id: string } | null | undefined): string | undefined =>
  typeof value === 'string' ? value : value?.id

/**
 * A Checkout that was completed: its card is the one that is charged, the account is collected by card from now on, and the
 * plan that was chosen begins. Harmless to repeat; by webhook, by the poller or by the customer's coming back.
 */
export const followCheckout = async (ctx: Context, sessionId: string, only?: bigint): Promise<void> => {
  const stripe = needStripe(ctx.env)
  const session = await stripe.checkout.sessions.retrieve(sessionId, { expand: ['setup_intent', 'subscription'] })
  const customer = idOf(session.customer)
  const accountId = customer ? await accountOfCustomer(ctx.sql, customer) : undefined
  if (!customer || accountId === undefined || session.metadata?.['wharf_account_id'] !== String(accountId)) return
  if (only !== undefined && only !== accountId)
    throw new DomainError('NOT_FOUND', 'that is no Checkout of this account')
  if (session.status !== 'complete') return
  const subscription = typeof session.subscription === 'object' ? session.subscription : null
  const setup = typeof session.setup_intent === 'object' ? session.setup_intent : null
  const method = idOf(setup?.payment_method) ?? idOf(subscription?.default_payment_method)
  if (method) await makeDefault(ctx, accountId, customer, method)
  await ctx.sql.begin((tx) => ensureProfile(tx, ctx, { accountId, driver: 'stripe' }))
  await followCard(ctx, customer)
  await begin(ctx, accountId, session, subscription)
  await addJob(ctx.sql, 'billing.stripe_sync', { accountId: String(accountId) }, { key: `stripe_sync:${accountId}` })
}

const begin = async (
  ctx: Context,
  accountId: bigint,
  { id, created, metadata }: Stripe.Checkout.Session,
  subscription: Stripe.Subscription | null,
): Promise<void> => {
  const planVersionId = metadata?.['wharf_plan']
  if (!planVersionId) return
  const quantities = JSON.parse(metadata?.['wharf_quantities'] ?? '{}') as Quantities
  const coupon = metadata?.['wharf_coupon']
  if (subscription && (await subscriptionOfStripe(ctx.sql, subscription.id))) return
  if (!subscription && (await wasBegunBy(ctx, accountId, instantOf(created)))) return
  // Stripe counts the months from its own second: so do we.
  const at = subscription ? instantOf(subscription.start_date) : ctx.now
  try {
    await startSubscription(
      { ...ctx, now: at < ctx.now ? at : ctx.now },
      {
        accountId,
        planVersionId,
        quantities,
        ...(coupon ? { coupon } : {}),
        ...(subscription ? { stripeSubscriptionId: subscription.id, trialDays: 0 } : {}),
      },
    )
  } catch (error) {
    if (!(error instanceof DomainError) || error.code === 'UNAVAILABLE') throw error
    await refused(ctx, accountId, id, subscription, error.message)
  }
}

/** Whether a plan that charges began since the Checkout was opened: its webhook came before, or comes again. */
const wasBegunBy = async (ctx: Context, accountId: bigint, since: Date): Promise<boolean> => {
  const [row] = await ctx.sql`select 1 from subscription s join plan_version v on v.id = s.plan_version_id
    where s.account_id = ${accountId} and s.started_at >= ${since}
      and (v.terms -> 'prices' <> '[]'::jsonb or v.terms ->> 'minimum' is not null) limit 1`
  return row !== undefined
}

/** Bought, but not to be had any more: Stripe's subscription ends, and operators see to the money. */
const refused = async (
  ctx: Context,
  accountId: bigint,
  sessionId: string,
  subscription: Stripe.Subscription | null,
  why: string,
): Promise<void> => {
  if (subscription)
    await makeCall(ctx, {
      accountId,
      kind: 'subscription.cancel',
      key: `subscription:${accountId}:${subscription.id}:refused`,
      payload: { id: subscription.id },
    })
  await foundDrift(ctx, {
    accountId,
    kind: 'subscription_missing_here',
    objectId: subscription?.id ?? sessionId,
    ours: `not begun: ${why}`,
    theirs: subscription ? 'paid at Checkout; it was canceled, give the money back' : 'a plan was chosen at Checkout',
  })
}
