import type Stripe from 'stripe'
import type { Context } from '../../context.ts'
import { majorText } from '../../money.ts'
import { notify } from '../../notices/notify.ts'
import { chargeback } from '../refund.ts'
import { recordPayment } from '../recordPayment.ts'
import { fromStripe, instantOf } from './amount.ts'
import { needStripe } from './client.ts'
import { invoiceOfStripe, type InvoiceRow } from './sql.ts'

/**
 * A bank took a charge back, or gave it back: the payment is reversed once, and again recorded if the dispute is won.
 * Operators are told of each; nobody is suspended for it at once.
 */
export const followDispute = async (ctx: Context, disputeId: string): Promise<void> => {
  const stripe = needStripe(ctx.env)
  const dispute = await stripe.disputes.retrieve(disputeId)
  const ours = await invoiceOfDispute(ctx, stripe, dispute)
  if (!ours) return
  // An enquiry moves no money yet.
  if (dispute.status.startsWith('warning_')) return tell(ctx, dispute, ours)
  const money = {
    accountId: ours.accountId,
    invoiceId: ours.id,
    amountMinor: fromStripe(dispute.amount, ours.currency),
    method: 'card' as const,
    reference: dispute.id,
  }
  await chargeback(ctx, { ...money, key: `stripe:${dispute.id}`, receivedAt: instantOf(dispute.created) })
  if (dispute.status === 'won')
    await recordPayment(ctx, { ...money, key: `stripe:${dispute.id}:won`, receivedAt: ctx.now })
  await tell(ctx, dispute, ours)
}

const invoiceOfDispute = async (
  ctx: Context,
  stripe: Stripe,
  dispute: Stripe.Dispute,
): Promise<InvoiceRow | undefined> => {
  const intent = typeof dispute.payment_intent === 'string' ? dispute.payment_intent : dispute.payment_intent?.id
  if (!intent) return undefined
  const list = await stripe.invoicePayments.list({
    payment: { type: 'payment_intent', payment_intent: intent },
    limit: 1,
  })
  const of = list.data[0]?.invoice
  const invoiceId = typeof of === 'string' ? of : of?.id
  return invoiceId ? invoiceOfStripe(ctx.sql, invoiceId) : undefined
}

const tell = async (ctx: Context, dispute: Stripe.Dispute, ours: InvoiceRow): Promise<void> => {
  const [account] = await ctx.sql<{ name: string }[]>`select name from account where id = ${ours.accountId}`
  const amount = `${majorText(fromStripe(dispute.amount, ours.currency), ours.currency)} ${ours.currency}`
  const due = dispute.evidence_details.due_by
  const until = due ? ` Answer it at Stripe until ${instantOf(due).toISOString().slice(0, 10)}.` : ''
  const isOver = dispute.status === 'won' || dispute.status === 'lost'
  await notify(ctx.sql, ctx, {
    audience: 'operators',
    severity: isOver ? 'info' : 'critical',
    kind: 'billing.chargeback',
    title: `${account?.name ?? 'A customer'} disputes ${amount} (${ours.number}): ${dispute.status.replaceAll('_', ' ')}`,
    body: `Reason: ${dispute.reason}.${isOver ? '' : `${until} The invoice's evidence bundle proves its usage.`}`,
    href: '/ops/billing/stripe',
    key: `stripe_dispute:${dispute.id}:${dispute.status}`,
  })
}
