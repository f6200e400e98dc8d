import type { Tx } from '#db/client.ts'
import { labelOf, type Context } from '../context.ts'
import { sumOf } from '../money.ts'
import type { Window } from '../time.ts'
import { proposeIn } from './adjust.ts'
import { driverOf } from './collector.ts'
import { draftInvoice, handOver } from './draftInvoice.ts'
import { lockDrafts } from './draftSql.ts'
import { ensureProfile } from './ensureProfile.ts'
import { finalizeLocked } from './finalizeInvoice.ts'
import type { RatedLine } from './rated.ts'

/** What became of lines that were to be billed at once. */
export type BilledNow =
  | { as: 'invoice'; invoiceId: bigint; totalMinor: bigint; state: 'draft' | 'finalized' | 'paid' }
  /** They come to less than nothing: the next invoice takes them. */
  | { as: 'adjustment'; adjustmentId: bigint; amountMinor: bigint }
  | { as: 'nothing' }

/**
 * Bills lines at once, in the caller's transaction: the first interval of a plan, or a change of it. Lines that come to more
 * than nothing make an invoice (with `manual` finalized at once, with `stripe` a draft until Stripe has numbered it); lines
 * that come to less become an adjustment that the next invoice takes. `key` states the fact: a repeat is the same invoice.
 */
export const invoiceNow = async (
  tx: Tx,
  ctx: Context,
  bill: {
    accountId: bigint
    subscriptionId: bigint | null
    key: string
    lines: readonly RatedLine[]
    period: Window
  },
): Promise<BilledNow> => {
  const { accountId, key, lines } = bill
  const sum = sumOf(lines.map((line) => line.amount))
  if (sum === 0n) return { as: 'nothing' }
  const { currency } = await ensureProfile(tx, ctx, { accountId })
  if (sum < 0n) {
    const { id } = await proposeIn(tx, ctx, {
      accountId,
      kind: 'manual',
      key,
      description: lines.length === 1 ? lines[0]!.description : 'Credit of a change of plan',
      currency,
      amountMinor: sum,
      service: spanOf(lines),
      evidence: { lines },
      approved: { by: labelOf(ctx.actor), decision: 'What was paid in advance and is not used' },
    })
    return { as: 'adjustment', adjustmentId: id, amountMinor: sum }
  }
  const driver = await driverOf(tx, accountId)
  const invoiceId = await draftInvoice(tx, ctx, { ...bill, driver })
  const ref = { accountId, invoiceId }
  const [draft] = await lockDrafts(tx, [ref], true)
  if (draft && driver === 'manual') await finalizeLocked(tx, ctx, [draft])
  if (draft && driver === 'stripe' && draft.asOf === null) await handOver(tx, ctx, ref)
  const [row] = await tx<{ state: 'draft' | 'finalized' | 'paid'; totalMinor: bigint }[]>`
    select state, total_minor from invoice where account_id = ${accountId} and id = ${invoiceId}`
  return { as: 'invoice', invoiceId, ...row! }
}

const spanOf = (lines: readonly RatedLine[]): Window => ({
  start: new Date(Math.min(...lines.map((line) => line.service.start.getTime()))),
  end: new Date(Math.max(...lines.map((line) => line.service.end.getTime()))),
})
