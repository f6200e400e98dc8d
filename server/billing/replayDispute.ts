import { audit } from '../audit.ts'
import { labelOf, type Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { correctInputs, differenceOf, type Correction, type Difference } from './correctInputs.ts'
import { asJson } from './invoiceSql.ts'
import { replayInvoice } from './replayInvoice.ts'

/** A replay as it is kept with a dispute: what was corrected, by whom, and what that comes to. */
export type KeptReplay = { at: string; by: string; why: string; correction: Correction; difference: Difference }

/**
 * Computes a disputed invoice with corrected inputs beside the original, and keeps both with the dispute. The invoice itself
 * never changes.
 * @throws NOT_FOUND; CONFLICT where it is closed, or where the original does not replay to its own digest; UNPROCESSABLE
 */
export const replayDispute = async (
  ctx: Context,
  input: { accountId: bigint; disputeId: bigint; correction: Correction; why: string },
): Promise<Difference> => {
  const { accountId, disputeId, correction, why } = input
  return ctx.sql.begin(async (tx) => {
    const [dispute] = await tx<{ invoiceId: bigint; state: string }[]>`select invoice_id, state from billing_dispute
      where account_id = ${accountId} and id = ${disputeId} for update`
    if (!dispute) throw new DomainError('NOT_FOUND', `no dispute ${disputeId}`)
    if (dispute.state !== 'open') throw new DomainError('CONFLICT', `this dispute was ${dispute.state} already`)
    const original = await replayInvoice(tx, accountId, { id: dispute.invoiceId })
    if (!original.isSame)
      throw new DomainError(
        'CONFLICT',
        `${original.invoice.number} does not replay to its own digest; look into that first`,
      )
    const difference = differenceOf(original.inputs, correctInputs(original.inputs, correction))
    const kept = { at: ctx.now.toISOString(), by: labelOf(ctx.actor), why, correction, difference }
    await tx`update billing_dispute set replay = ${asJson(kept)}::text::jsonb
      where account_id = ${accountId} and id = ${disputeId}`
    await audit(tx, ctx, {
      action: 'billing.dispute.replay',
      subject: { kind: 'dispute', id: disputeId },
      accountId,
      after: { why, correction, subtotalMinor: difference.subtotalMinor },
    })
    return difference
  })
}
