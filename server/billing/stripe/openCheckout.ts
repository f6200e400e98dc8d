import type Stripe from 'stripe'
import { audit } from '../../audit.ts'
import type { Context } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { ensureProfile } from '../ensureProfile.ts'
import { versionRow } from '../planVersion.ts'
import { isFree, quantitiesFor } from '../quantities.ts'
import { hadPlan, onSale } from '../startSubscription.ts'
import { liveSubscription, type Quantities } from '../subscriptionSql.ts'
import { installationOf, needStripe } from './client.ts'
import { ensureCustomer } from './customer.ts'
import { translated } from './errors.ts'
import { itemsOf, type Item } from './items.ts'
import { ensurePrices } from './prices.ts'
import { usesTax } from './tax.ts'

type Buyer = { id: bigint; name: string }
/** A plan that is begun once the card is there. */
export type Wish = { planVersionId: string; quantities?: Quantities | undefined; coupon?: string | undefined }

const cardPath = (ctx: Context, { name }: Buyer) => `${ctx.env.publicUrl}/${name}/billing/card`

/**
 * Opens Stripe's Checkout: for a card alone, or to begin a plan with it. A monthly plan with a price in advance is paid
 * there, on the spot; any other (metered, yearly, with a trial or a coupon) takes the card first and is billed by us.
 * Returns where to send the customer. @throws UNPROCESSABLE without Stripe; CONFLICT on a plan that charges; UNAVAILABLE
 */
export const openCheckout = async (
  ctx: Context,
  account: Buyer,
  wish: Wish | undefined,
): Promise<{ url: string; mode: 'setup' | 'subscription' }> => {
  const stripe = needStripe(ctx.env)
  const plan = wish && (await planned(ctx, account.id, wish))
  const terms = await ctx.sql.begin((tx) =>
    ensureProfile(tx, ctx, { accountId: account.id, ...(plan ? { currency: plan.version.currency } : {}) }),
  )
  return translated(async () => {
    const customer = await ensureCustomer(ctx, account.id)
    const metadata = {
      wharf_account_id: String(account.id),
      wharf_installation: installationOf(ctx.env),
      ...(plan ? { wharf_plan: plan.version.id, wharf_quantities: JSON.stringify(plan.quantities) } : {}),
      ...(wish?.coupon ? { wharf_coupon: wish.coupon } : {}),
    }
    const places = {
      customer,
      success_url: `${cardPath(ctx, account)}?session={CHECKOUT_SESSION_ID}`,
      cancel_url: cardPath(ctx, account),
      client_reference_id: String(account.id),
      metadata,
    }
    const mode = plan?.paidThere ? ('subscription' as const) : ('setup' as const)
    const session = await stripe.checkout.sessions.create(
      plan?.paidThere
        ? { ...places, mode: 'subscription', ...(await bought(ctx, stripe, account.id, plan, metadata)) }
        : { ...places, mode: 'setup', currency: terms.currency.toLowerCase() },
    )
    await audit(ctx.sql, ctx, {
      action: 'billing.stripe.checkout',
      subject: { kind: 'checkout', id: session.id },
      accountId: account.id,
      after: { mode, plan: plan?.version.plan },
    })
    return { url: session.url!, mode }
  })
}

const planned = async (ctx: Context, accountId: bigint, wish: Wish) => {
  const version = await onSale(ctx.sql, wish.planVersionId)
  const quantities = quantitiesFor(version, wish.quantities ?? {})
  const live = await liveSubscription(ctx.sql, accountId)
  if (live && !isFree(await versionRow(ctx.sql, live.planVersionId)))
    throw new DomainError('CONFLICT', 'this account has a plan that charges; change it instead')
  const hasTrial = version.trialDays > 0 && !(await hadPlan(ctx.sql, accountId))
  const items = itemsOf(version, quantities)
  const isPaidAhead = items.some((item) => item.unitAmount * item.quantity > 0)
  return { version, quantities, items, paidThere: isPaidAhead && !hasTrial && !wish.coupon }
}

const bought = async (
  ctx: Context,
  stripe: Stripe,
  accountId: bigint,
  { version, items }: { version: Parameters<typeof ensurePrices>[2]; items: readonly Item[] },
  metadata: Record<string, string>,
) => {
  const prices = await ensurePrices(ctx, accountId, version, items)
  return {
    line_items: items
      .filter((item) => item.quantity > 0)
      .map((item) => ({ price: prices.get(item.lookup)!, quantity: item.quantity })),
    subscription_data: { metadata, billing_mode: { type: 'flexible' as const } },
    ...((await usesTax(stripe))
      ? { automatic_tax: { enabled: true }, customer_update: { address: 'auto' as const } }
      : {}),
  }
}

/** Opens Stripe's Customer Portal: another card, past receipts. @throws UNPROCESSABLE; NOT_FOUND before the first card */
export const openPortal = async (ctx: Context, account: Buyer): Promise<{ url: string }> => {
  const stripe = needStripe(ctx.env)
  const [row] = await ctx.sql<{ customer: string | null }[]>`select stripe_customer_id as customer from billing_profile
    where account_id = ${account.id}`
  const customer = row?.customer
  if (!customer) throw new DomainError('NOT_FOUND', 'there is no card yet; add one first')
  const session = await translated(() =>
    stripe.billingPortal.sessions.create({ customer, return_url: cardPath(ctx, account) }),
  )
  return { url: session.url }
}
