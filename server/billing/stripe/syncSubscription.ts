import type Stripe from 'stripe'
import type { Context } from '../../context.ts'
import { audit } from '../../audit.ts'
import { versionRow } from '../planVersion.ts'
import { isFree } from '../quantities.ts'
import { liveSubscription, type Subscription } from '../subscriptionSql.ts'
import { addMonths, periodAt } from '../period.ts'
import { instantOf, secondsOf } from './amount.ts'
import { makeCall } from './calls.ts'
import { installationOf, needStripe } from './client.ts'
import { ensureCustomer } from './customer.ts'
import { isMissing } from './errors.ts'
import { itemsOf, type Item } from './items.ts'
import { ensurePrices } from './prices.ts'
import { usesTax } from './tax.ts'

/** A Checkout begins a subscription a moment before we hear of it. */
const NEAR_S = 12 * 3_600
/** So long after a period began Stripe's clock is sure to be in it too. */
const CLOCKS_DIFFER_MS = 120_000
const ENDED = new Set(['canceled', 'incomplete_expired'])

/**
 * Job `billing.stripe_sync`: brings Stripe's customer and subscription into line with an account's plan. Ours decides; what
 * Stripe has is read first, so doing it again changes nothing.
 */
export const syncSubscription = async (ctx: Context, { accountId }: { accountId: string }): Promise<void> => {
  const account = BigInt(accountId)
  const [profile] = await ctx.sql<
    { driver: string }[]
  >`select driver from billing_profile where account_id = ${account}`
  if (profile?.driver !== 'stripe') return
  const customer = await ensureCustomer(ctx, account)
  const live = await liveSubscription(ctx.sql, account)
  await endOthers(ctx, account, live?.id)
  if (live) await ensureSubscription(ctx, customer, live)
}

/** Ends Stripe's subscriptions whose own has ended. */
const endOthers = async (ctx: Context, accountId: bigint, liveId: bigint | undefined) => {
  const ended = await ctx.sql<{ id: bigint; stripeSubscriptionId: string }[]>`
    select id, stripe_subscription_id from subscription
    where account_id = ${accountId} and state = 'canceled' and stripe_subscription_id is not null
      and id is distinct from ${liveId ?? null}::bigint
    order by id desc limit 5`
  for (const { id, stripeSubscriptionId } of ended) {
    const there = await theirs(needStripe(ctx.env), stripeSubscriptionId)
    if (!there || ENDED.has(there.status)) continue
    await makeCall(ctx, {
      accountId,
      kind: 'subscription.cancel',
      key: `subscription:${accountId}:${id}:cancel`,
      payload: { id: stripeSubscriptionId },
    })
  }
}

const theirs = async (stripe: Stripe, id: string): Promise<Stripe.Subscription | undefined> => {
  try {
    return await stripe.subscriptions.retrieve(id)
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/**
 * Makes sure that a live subscription that charges has its counterpart, some minutes after it began. It begins with nothing
 * due: its first interval is an invoice of ours, and Stripe's clock renews it from our period's end on.
 */
const ensureSubscription = async (ctx: Context, customer: string, live: Subscription): Promise<void> => {
  const stripe = needStripe(ctx.env)
  const { accountId, id } = live
  const version = await versionRow(ctx.sql, live.planVersionId)
  const there = live.stripeSubscriptionId ? await theirs(stripe, live.stripeSubscriptionId) : undefined
  if (isFree(version)) {
    if (there && !ENDED.has(there.status))
      await makeCall(ctx, {
        accountId,
        kind: 'subscription.cancel',
        key: `subscription:${accountId}:${id}:free`,
        payload: { id: there.id },
      })
    return
  }
  // A trial charges nothing and may be longer than a month: Stripe's clock starts where ours does.
  if (live.state === 'trialing' && !there) return
  const items = itemsOf(version, live.quantities, live.state === 'paused')
  const prices = await ensurePrices(ctx, accountId, version, items)
  if (there && !ENDED.has(there.status)) {
    if (renewsWithUs(there, live)) return bringInLine(ctx, live, there, items, prices)
    await makeCall(ctx, {
      accountId,
      kind: 'subscription.cancel',
      key: `subscription:${accountId}:${id}:moved:${there.id}`,
      payload: { id: there.id },
    })
  }
  // Where a clock is a little off, Stripe would take the instant it began at for its first renewal, or for one too far away.
  if (ctx.now.getTime() - live.periodStart.getTime() < CLOCKS_DIFFER_MS) return
  // A new one after another that Stripe ended: the fact is which one it follows.
  const key = `subscription:${accountId}:${id}${there ? `:after:${there.id}` : ''}`
  const made = await makeCall(ctx, {
    accountId,
    kind: 'subscription.create',
    key,
    payload: {
      customer,
      items: items.map((item) => ({ price: prices.get(item.lookup)!, quantity: item.quantity })),
      billing_mode: { type: 'flexible' },
      ...anchorOf(live, ctx.now),
      proration_behavior: 'none',
      payment_settings: { save_default_payment_method: 'off' },
      ...((await usesTax(stripe)) ? { automatic_tax: { enabled: true } } : {}),
      metadata: metadataOf(ctx, live, key),
    } satisfies Stripe.SubscriptionCreateParams,
  })
  await link(ctx, live, made.id!)
}

/** Whether Stripe's months end where ours do: a change of plan may count them anew, which a subscription of Stripe's cannot. */
const renewsWithUs = (there: Stripe.Subscription, { anchorAt }: Subscription): boolean => {
  const renewsAt = there.items.data[0]?.current_period_end
  if (renewsAt === undefined) return true
  const { start, end } = periodAt(anchorAt, instantOf(renewsAt))
  return Math.min(renewsAt - secondsOf(start), secondsOf(end) - renewsAt) <= NEAR_S
}

/**
 * Our period's end. By the day of the month where that month lacks the day, so that 31 January goes on to 31 March, and
 * where it is later than a month from now (from 31 January on the 28th at a later hour), which Stripe takes no anchor for.
 */
export const anchorOf = (
  { anchorAt, periodEnd }: Pick<Subscription, 'anchorAt' | 'periodEnd'>,
  now: Date,
): Pick<Stripe.SubscriptionCreateParams, 'billing_cycle_anchor' | 'billing_cycle_anchor_config'> =>
  periodEnd.getUTCDate() === anchorAt.getUTCDate() && periodEnd <= addMonths(now, 1)
    ? { billing_cycle_anchor: secondsOf(periodEnd) }
    : {
        billing_cycle_anchor_config: {
          day_of_month: anchorAt.getUTCDate(),
          hour: anchorAt.getUTCHours(),
          minute: anchorAt.getUTCMinutes(),
          second: anchorAt.getUTCSeconds(),
        },
      }

const metadataOf = (ctx: Context, { accountId, id }: Subscription, key: string) => ({
  wharf_key: key,
  wharf_account_id: String(accountId),
  wharf_subscription: String(id),
  wharf_installation: installationOf(ctx.env),
})

const link = async (ctx: Context, { accountId, id, stripeSubscriptionId }: Subscription, made: string) => {
  await ctx.sql.begin(async (tx) => {
    const [changed] = await tx`update subscription set stripe_subscription_id = ${made}
      where account_id = ${accountId} and id = ${id} and stripe_subscription_id is distinct from ${made} returning 1`
    if (!changed) return
    await audit(tx, ctx, {
      action: 'billing.stripe.subscription',
      subject: { kind: 'subscription', id },
      accountId,
      before: { stripeSubscriptionId },
      after: { stripeSubscriptionId: made },
    })
  })
}

/** Changes items and the end of a subscription at Stripe where they differ. It never prorates: lines of a change are ours. */
const bringInLine = async (
  ctx: Context,
  live: Subscription,
  there: Stripe.Subscription,
  wanted: readonly Item[],
  prices: ReadonlyMap<string, string>,
): Promise<void> => {
  const { accountId, id } = live
  const changes = itemChanges(there.items.data, wanted, prices)
  const ends = live.cancelAtPeriodEnd && live.periodEnd >= live.paidUntil
  const isOff = there.cancel_at_period_end !== ends
  if (changes.length === 0 && !isOff) return
  await makeCall(ctx, {
    accountId,
    kind: 'subscription.update',
    // A repeat of this job is the same call; the same wish at another time is another one.
    key: `subscription:${accountId}:${id}:${ctx.requestId}`,
    payload: {
      id: there.id,
      proration_behavior: 'none',
      ...(changes.length > 0 ? { items: changes } : {}),
      ...(isOff ? { cancel_at_period_end: ends } : {}),
    },
  })
}

/** What to change so that a subscription's items are those wanted. */
export const itemChanges = (
  there: readonly { id: string; quantity?: number; price: { id: string } }[],
  wanted: readonly Item[],
  prices: ReadonlyMap<string, string>,
): Stripe.SubscriptionUpdateParams.Item[] => {
  const left = new Map(there.map((item) => [item.price.id, item]))
  const changes: Stripe.SubscriptionUpdateParams.Item[] = []
  for (const item of wanted) {
    const price = prices.get(item.lookup)!
    const before = left.get(price)
    left.delete(price)
    if (!before) changes.push({ price, quantity: item.quantity })
    else if ((before.quantity ?? 1) !== item.quantity) changes.push({ id: before.id, quantity: item.quantity })
  }
  return [...changes, ...[...left.values()].map(({ id }) => ({ id, deleted: true }))]
}
