import type Stripe from 'stripe'
import type { Context } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { log } from '../../log.ts'
import { subscriptionOf } from '../subscriptionSql.ts'
import { secondsOf } from './amount.ts'
import { makeCall } from './calls.ts'
import { installationOf, needStripe } from './client.ts'
import { invoiceOfStripe, type InvoiceRow } from './sql.ts'
import { syncSubscription } from './syncSubscription.ts'
import { usesTax } from './tax.ts'

/** A renewal's end may be so far from ours: Checkout starts a subscription a moment before we hear of it. */
const NEAR_S = 12 * 3_600

/**
 * Stripe's invoice for a draft of ours: the one it is linked with; the draft that Stripe's clock made of the same period; the
 * first of a Checkout; else one made for it.
 * @throws UNAVAILABLE where the renewal is still to come
 */
export const counterpartOf = async (ctx: Context, ours: InvoiceRow, customer: string): Promise<Stripe.Invoice> => {
  const stripe = needStripe(ctx.env)
  if (ours.stripeInvoiceId) return stripe.invoices.retrieve(ours.stripeInvoiceId)
  return (await renewalOf(ctx, ours)) ?? makeOwn(ctx, stripe, ours, customer)
}

/** What Stripe's clock or Checkout made of the same thing. @throws UNAVAILABLE where the renewal is still to come */
export const renewalOf = async (ctx: Context, ours: InvoiceRow): Promise<Stripe.Invoice | undefined> => {
  const stripe = needStripe(ctx.env)
  if (ours.subscriptionId === null) return undefined
  await synced(ctx, ours.accountId)
  const { stripeSubscriptionId } = await subscriptionOf(ctx.sql, ours.accountId, ours.subscriptionId)
  const isPeriod = ours.key.startsWith('period:')
  if (!stripeSubscriptionId || !(isPeriod || ours.key.startsWith('start:'))) return undefined
  const end = secondsOf(ours.periodEnd)
  const reason = isPeriod ? 'subscription_cycle' : 'subscription_create'
  const list = await stripe.invoices.list({ subscription: stripeSubscriptionId, limit: 24 })
  const near = list.data
    .filter((one) => one.billing_reason === reason && (!isPeriod || Math.abs(one.period_end - end) <= NEAR_S))
    .toSorted((a, b) => Math.abs(a.period_end - end) - Math.abs(b.period_end - end))
  for (const one of near) if (!(await isTaken(ctx, one.id, ours.id))) return one
  if (!isPeriod) return undefined
  const there = await stripe.subscriptions.retrieve(stripeSubscriptionId)
  const renewsAt = there.items.data[0]?.current_period_end ?? 0
  const isLive = there.status === 'active' || there.status === 'past_due'
  // Its clock may be a moment behind ours; afterwards it will not come any more.
  if (isLive && !there.cancel_at_period_end && renewsAt <= end + NEAR_S)
    throw new DomainError('UNAVAILABLE', `Stripe renews ${there.id} only at ${new Date(renewsAt * 1000).toISOString()}`)
  return undefined
}

// A subscription that Stripe refuses is shown to operators and tried again: what is owed is billed without it.
const synced = async (ctx: Context, accountId: bigint): Promise<void> => {
  try {
    await syncSubscription(ctx, { accountId: String(accountId) })
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'UNPROCESSABLE') throw error
    log.warn({ accountId: String(accountId), reason: error.message }, 'Stripe refused a subscription')
  }
}

const isTaken = async (ctx: Context, stripeInvoiceId: string, invoiceId: bigint): Promise<boolean> => {
  const other = await invoiceOfStripe(ctx.sql, stripeInvoiceId)
  return other !== undefined && other.id !== invoiceId
}

/**
 * An invoice beside the renewals: a start, a change of plan, the last one of a plan; or `instead` of one that cannot be used.
 */
export const makeOwn = async (
  ctx: Context,
  stripe: Stripe,
  ours: InvoiceRow,
  customer: string,
  instead?: string,
): Promise<Stripe.Invoice> => {
  const { accountId, id, currency } = ours
  const key = `invoice:${accountId}:${id}${instead ? `:instead:${instead}` : ''}`
  const made = await makeCall(ctx, {
    accountId,
    kind: 'invoice.create',
    key,
    payload: {
      customer,
      currency: currency.toLowerCase(),
      auto_advance: false,
      collection_method: 'charge_automatically',
      pending_invoice_items_behavior: 'exclude',
      ...((await usesTax(stripe)) ? { automatic_tax: { enabled: true } } : {}),
      metadata: {
        wharf_key: key,
        wharf_invoice: String(id),
        wharf_account_id: String(accountId),
        wharf_installation: installationOf(ctx.env),
      },
    } satisfies Stripe.InvoiceCreateParams,
  })
  return stripe.invoices.retrieve(made.id!)
}
