import type { Tx } from '#db/client.ts'
import type { Context } from '../context.ts'
import type { Window } from '../time.ts'
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
  _tx: Tx,
  _ctx: Context,
  _bill: {
    accountId: bigint
    subscriptionId: bigint | null
    key: string
    lines: readonly RatedLine[]
    period: Window
  },
): Promise<BilledNow> => {
  throw new Error('being built')
}
