import type Stripe from 'stripe'
import type { Context } from '../../context.ts'
import { log } from '../../log.ts'
import { openOf } from '../openInvoice.ts'
import { recordPayment } from '../recordPayment.ts'
import { fromStripe, instantOf } from './amount.ts'
import { needStripe } from './client.ts'
import { closeHere, paymentFailed } from './outcomes.ts'
import { invoiceOfStripe, type InvoiceRow } from './sql.ts'

/** How far an invoice has come at Stripe. It only ever goes on: what comes late or twice is behind. */
const RANK: Record<string, number> = { draft: 1, open: 2, uncollectible: 3, paid: 4, void: 4 }

/**
 * Applies what Stripe says of an invoice now to ours, which is finalized: payments, a failed charge, its end.
 * Harmless to repeat. An invoice that is not linked yet is for `settleInvoice`.
 */
export const followInvoice = async (ctx: Context, stripeInvoiceId: string): Promise<void> => {
  const there = await needStripe(ctx.env).invoices.retrieve(stripeInvoiceId, { expand: ['payments'] })
  const ours = await invoiceOfStripe(ctx.sql, stripeInvoiceId)
  if (!ours || ours.state === 'draft') return
  await noteState(ctx, ours, there)
  if (there.status === 'paid') await payHere(ctx, ours, there)
  else if (there.status === 'open' && there.attempted) await failHere(ctx, ours, there)
  else if (there.status === 'void') await closeHere(ctx, ours, 'void')
  else if (there.status === 'uncollectible') await closeHere(ctx, ours, 'uncollectible')
}

const noteState = async (ctx: Context, ours: InvoiceRow, there: Stripe.Invoice): Promise<void> => {
  const status = String(there.status)
  const behind = Object.keys(RANK).filter((state) => RANK[state]! < (RANK[status] ?? 0))
  await ctx.sql`update invoice set stripe_state = ${status}
    where account_id = ${ours.accountId} and id = ${ours.id}
      and (stripe_state is null or stripe_state = any(${behind}::text[]))`
}

/** Charges by card, and what Stripe settled otherwise: from the customer's balance, or outside of Stripe. */
const payHere = async (ctx: Context, ours: InvoiceRow, there: Stripe.Invoice): Promise<void> => {
  const { accountId, currency } = ours
  const ref = { accountId, invoiceId: ours.id }
  const paidAt = instantOf(there.status_transitions.paid_at ?? there.created)
  let left = ours.totalMinor - ours.prepaidMinor - ours.creditedMinor
  for (const payment of there.payments?.data ?? []) {
    if (payment.status !== 'paid' || !payment.amount_paid) continue
    const came = fromStripe(payment.amount_paid, currency)
    // A charge may also settle a small amount that was carried on the balance from an invoice before.
    const amountMinor = came < left ? came : left
    if (amountMinor <= 0n) continue
    left -= amountMinor
    await recordPayment(ctx, {
      ...ref,
      amountMinor,
      method: 'card',
      key: `stripe:${payment.id}`,
      reference: intentOf(payment) ?? payment.id,
      receivedAt: instantOf(payment.status_transitions.paid_at ?? payment.created),
    })
  }
  const now = await invoiceOfStripe(ctx.sql, there.id)
  const open = now ? openOf(now) : 0n
  if (open <= 0n || now?.state !== 'finalized') return
  await recordPayment(ctx, {
    ...ref,
    amountMinor: open,
    method: 'other',
    key: `stripe:${there.id}:balance`,
    reference: `settled at Stripe without a charge (${there.id})`,
    receivedAt: paidAt,
  })
}

const intentOf = (payment: Stripe.InvoicePayment): string | undefined => {
  const intent = payment.payment.payment_intent
  return typeof intent === 'string' ? intent : intent?.id
}

/** Tells of a charge that failed, once a try. */
const failHere = async (ctx: Context, ours: InvoiceRow, there: Stripe.Invoice): Promise<void> => {
  if (ours.state !== 'finalized') return
  const stripe = needStripe(ctx.env)
  const open = there.payments?.data.find((payment) => payment.status === 'open')
  const intentId = open && intentOf(open)
  const intent = intentId ? await stripe.paymentIntents.retrieve(intentId) : undefined
  log.info({ invoice: there.id, attempts: there.attempt_count }, 'a charge failed')
  await paymentFailed(ctx, ours, {
    attempt: there.attempt_count,
    reason: intent?.last_payment_error?.message ?? 'the card was not charged',
    needsAction: intent?.status === 'requires_action',
    payUrl: there.hosted_invoice_url ?? null,
    nextAttemptAt: there.next_payment_attempt ? instantOf(there.next_payment_attempt) : null,
  })
}
