import { audit } from '../../audit.ts'
import type { Context } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { fromStripe, secondsOf, toStripe } from './amount.ts'
import { makeCall } from './calls.ts'
import { needStripe } from './client.ts'
import { translated } from './errors.ts'
import { settleInvoice } from './settleInvoice.ts'
import { invoiceOfStripe, netOf } from './sql.ts'

/**
 * An admin's way out of different totals: a line on Stripe's draft that brings it to ours, with the reason, and on it goes.
 * @throws NOT_FOUND; CONFLICT where neither is a draft any more; UNPROCESSABLE where Stripe refuses
 */
export const correctInvoice = async (
  ctx: Context,
  { invoice: stripeInvoiceId, reason }: { invoice: string; reason: string },
): Promise<{ correctedMinor: bigint }> => {
  const ours = await invoiceOfStripe(ctx.sql, stripeInvoiceId)
  if (!ours) throw new DomainError('NOT_FOUND', `no invoice of ours is ${stripeInvoiceId}`)
  const there = await translated(() => needStripe(ctx.env).invoices.retrieve(stripeInvoiceId))
  if (ours.state !== 'draft' || there.status !== 'draft')
    throw new DomainError('CONFLICT', 'it is finalized; make a credit note')
  const correctedMinor = netOf(ours) - fromStripe(there.total_excluding_tax ?? there.subtotal, ours.currency)
  if (correctedMinor !== 0n) {
    await translated(() =>
      makeCall(ctx, {
        accountId: ours.accountId,
        kind: 'invoice.add_lines',
        key: `invoice:${ours.accountId}:${ours.id}:correct:${correctedMinor}`,
        payload: {
          id: there.id,
          lines: [
            {
              amount: toStripe(correctedMinor, ours.currency),
              description: `Correction: ${reason}`,
              discountable: false,
              period: { start: secondsOf(ours.periodStart), end: secondsOf(ours.periodEnd) },
              metadata: { wharf_line: `correction:${correctedMinor}` },
            },
          ],
        },
      }),
    )
    await audit(ctx.sql, ctx, {
      action: 'billing.stripe.correct',
      subject: { kind: 'invoice', id: ours.id },
      accountId: ours.accountId,
      after: { stripeInvoiceId, reason, correctedMinor },
    })
  }
  await translated(() => settleInvoice(ctx, { accountId: ours.accountId, invoiceId: ours.id }))
  return { correctedMinor }
}
