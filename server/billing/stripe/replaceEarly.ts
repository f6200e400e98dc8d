import type Stripe from 'stripe'
import { audit } from '../../audit.ts'
import type { Context } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { fromStripe } from './amount.ts'
import { makeCall } from './calls.ts'
import { needStripe } from './client.ts'
import { makeOwn } from './counterpart.ts'
import { netOf, relinkInvoice, type InvoiceRow } from './sql.ts'

/** Whether Stripe finalized a renewal by itself before our lines were on it: its webhook was acknowledged, and we were away. */
export const isEarly = (ours: InvoiceRow, there: Stripe.Invoice): boolean =>
  there.billing_reason === 'subscription_cycle' &&
  there.status !== 'draft' &&
  fromStripe(there.total_excluding_tax ?? there.subtotal, ours.currency) !== netOf(ours)

/**
 * Takes such a renewal back, voided while it is open, else credited to the customer's balance, and makes one that says all.
 * Gives the draft of that. @throws UNPROCESSABLE where Stripe refuses, CONFLICT where it was written off
 */
export const replaceEarly = async (
  ctx: Context,
  ours: InvoiceRow,
  customer: string,
  early: Stripe.Invoice,
): Promise<Stripe.Invoice> => {
  const { accountId, id } = ours
  if (early.status === 'open')
    await makeCall(ctx, {
      accountId,
      kind: 'invoice.void',
      key: `invoice:${accountId}:${id}:early:${early.id}`,
      payload: { id: early.id },
    })
  else if (early.status === 'paid') await creditBack(ctx, ours, early)
  else if (early.status !== 'void')
    throw new DomainError('CONFLICT', `${early.id} was finalized without our lines and is ${String(early.status)} now`)
  const made = await makeOwn(ctx, needStripe(ctx.env), ours, customer, early.id)
  await ctx.sql.begin(async (tx) => {
    await relinkInvoice(tx, { accountId, invoiceId: id }, made.id)
    await audit(tx, ctx, {
      action: 'billing.stripe.replace',
      subject: { kind: 'invoice', id },
      accountId,
      before: { stripeInvoiceId: early.id, status: early.status },
      after: { stripeInvoiceId: made.id },
    })
  })
  return made
}

/** What was charged too early pays for the one that follows. */
const creditBack = async (ctx: Context, { accountId, id }: InvoiceRow, early: Stripe.Invoice): Promise<void> => {
  const left = early.total - early.post_payment_credit_notes_amount - early.pre_payment_credit_notes_amount
  if (left <= 0) return
  const key = `invoice:${accountId}:${id}:early:${early.id}`
  await makeCall(ctx, {
    accountId,
    kind: 'credit_note.create',
    key,
    payload: {
      invoice: early.id,
      amount: left,
      credit_amount: left,
      memo: 'Billed again with all its lines',
      metadata: { wharf_key: key },
    },
  })
}
