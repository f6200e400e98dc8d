import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { announceSubscription } from './announceSubscription.ts'
import type { InvoiceRef } from './collector.ts'
import { invoicePath } from './mailInvoice.ts'
import { lockInvoice } from './openInvoice.ts'
import { tellBilling } from './tellBilling.ts'

/**
 * Notes that a driver tried to collect an invoice and failed: the account is past due and is told, once an attempt. What
 * follows if nothing comes is the schedule of dunning.
 */
export const paymentFailed = async (
  ctx: Context,
  failure: InvoiceRef & {
    /** States the attempt, such as `stripe:EVENT`. */
    key: string
    /** Why, in words for the customer. */
    reason: string
    nextAttemptAt?: Date | null
  },
): Promise<void> => {
  const { accountId, invoiceId, key, reason, nextAttemptAt } = failure
  await ctx.sql.begin(async (tx) => {
    const invoice = await lockInvoice(tx, failure)
    if (invoice.state !== 'finalized') return
    const [row] = await tx<{ account: string }[]>`insert into dunning_step (account_id, invoice_id, step, at, detail)
      values (${accountId}, ${invoiceId}, ${`failed:${key}`}, ${ctx.now}, ${JSON.stringify({ reason })}::text::jsonb)
      on conflict do nothing returning (select name from account where id = ${accountId}) as account`
    if (!row) return
    const [late] = await tx`update subscription set state = 'past_due'
      where account_id = ${accountId} and state = 'active' returning id`
    if (late) await announceSubscription(tx, ctx, accountId, 'past_due')
    await audit(tx, ctx, {
      action: 'billing.payment.fail',
      subject: { kind: 'invoice', id: invoiceId },
      accountId,
      after: { key, reason, nextAttemptAt },
    })
    const again = nextAttemptAt ? ` We try again on ${nextAttemptAt.toISOString().slice(0, 10)} (UTC).` : ''
    await tellBilling(tx, ctx, {
      accountId,
      account: row.account,
      severity: 'warning',
      kind: 'invoice.payment_failed',
      title: `The payment for invoice ${invoice.number} failed`,
      body: `${reason}${again} Update the card under Billing to pay it at once.`,
      href: invoicePath(row.account, invoice.number ?? ''),
      key: `dunning:${accountId}:${invoiceId}:failed:${key}`,
    })
  })
}
