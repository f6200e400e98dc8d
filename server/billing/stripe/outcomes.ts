import type { Context } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { markUncollectible, voidInvoice } from '../closeInvoice.ts'
import { paymentFailed as failed } from '../paymentFailed.ts'
import { foundDrift } from './drift.ts'
import type { InvoiceRow } from './sql.ts'

/** A charge that failed, as Stripe says it. */
export type Failure = {
  attempt: number
  reason: string
  /** The card's holder has to confirm the charge on the invoice's own page. */
  needsAction: boolean
  payUrl: string | null
  nextAttemptAt: Date | null
}

/** Tells the customer of a failed charge, once a try. */
export const paymentFailed = async (ctx: Context, ours: InvoiceRow, failure: Failure): Promise<void> => {
  const { attempt, reason, needsAction, payUrl, nextAttemptAt } = failure
  const confirm = needsAction && payUrl ? ` Your bank asks you to confirm it: ${payUrl}` : ''
  await failed(ctx, {
    accountId: ours.accountId,
    invoiceId: ours.id,
    key: `stripe:${ours.stripeInvoiceId}:${attempt}`,
    reason: `${reason}${confirm}`,
    nextAttemptAt,
  })
}

/** Stripe's invoice was voided or written off there: ours follows, unless money says otherwise. */
export const closeHere = async (ctx: Context, ours: InvoiceRow, as: 'void' | 'uncollectible'): Promise<void> => {
  const ref = { accountId: ours.accountId, invoiceId: ours.id, reason: 'closed at Stripe' }
  if (ours.state === as) return
  try {
    if (as === 'void') await voidInvoice(ctx, ref)
    else await markUncollectible(ctx, ref)
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'CONFLICT') throw error
    await foundDrift(ctx, {
      accountId: ours.accountId,
      kind: 'invoice_state',
      objectId: ours.stripeInvoiceId ?? String(ours.id),
      ours: ours.state,
      theirs: as,
    })
  }
}
