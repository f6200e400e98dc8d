import type Stripe from 'stripe'
import type { Context } from '../../context.ts'
import { accountOfCustomer } from './customer.ts'
import { needStripe } from './client.ts'
import { followInvoice } from './followInvoice.ts'
import { holdDraft, settleInvoice } from './settleInvoice.ts'
import { invoiceOfStripe, type InvoiceRow } from './sql.ts'

/**
 * Takes notice of an invoice at Stripe, by a webhook or the poller. A renewal's draft is stopped until our lines are on it;
 * a draft of ours that waits for it goes on; a finalized one is followed.
 */
export const foundInvoice = async (ctx: Context, stripeInvoiceId: string): Promise<void> => {
  const there = await needStripe(ctx.env).invoices.retrieve(stripeInvoiceId)
  const customer = typeof there.customer === 'string' ? there.customer : there.customer?.id
  const accountId = customer ? await accountOfCustomer(ctx.sql, customer) : undefined
  if (accountId === undefined) return
  const linked = await invoiceOfStripe(ctx.sql, stripeInvoiceId)
  if (there.status === 'draft') await holdDraft(ctx, accountId, there)
  const waiting = linked ?? (await waitingFor(ctx, accountId, there))
  if (waiting?.state === 'draft') await settleInvoice(ctx, { accountId, invoiceId: waiting.id })
  else if (linked) await followInvoice(ctx, stripeInvoiceId)
}

/** The computed draft of ours that a renewal is for. */
const waitingFor = async (
  ctx: Context,
  accountId: bigint,
  there: Stripe.Invoice,
): Promise<Pick<InvoiceRow, 'id' | 'state'> | undefined> => {
  const of = there.parent?.subscription_details?.subscription
  const subscription = typeof of === 'string' ? of : of?.id
  if (!subscription) return undefined
  const [row] = await ctx.sql<{ id: bigint; state: 'draft' }[]>`
    select i.id, i.state from invoice i
    join subscription s on s.account_id = i.account_id and s.id = i.subscription_id
    where i.account_id = ${accountId} and i.driver = 'stripe' and i.state = 'draft' and i.as_of is not null
      and i.stripe_invoice_id is null and s.stripe_subscription_id = ${subscription}
      and abs(extract(epoch from i.period_end) - ${there.period_end}) < 43200
    order by i.id limit 1`
  return row
}
