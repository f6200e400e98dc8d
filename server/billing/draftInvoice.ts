import type { Tx } from '#db/client.ts'
import type { Context } from '../context.ts'
import type { Window } from '../time.ts'
import type { Driver } from './collector.ts'

/** A draft to make. `key` states the fact it bills, such as `period:SUBSCRIPTION:START`. */
export type NewDraft = {
  accountId: bigint
  subscriptionId: bigint | null
  /** The month of usage that it bills in arrears. */
  period: Window
  key: string
  driver: Driver
}

/**
 * Makes the draft of a closed period and computes it by what is known now: usage in arrears, the next interval's flat prices,
 * approved adjustments, late usage. Made again with its key it is the same invoice. Finalizing computes it anew.
 */
export const draftInvoice = async (_tx: Tx, _ctx: Context, _draft: NewDraft): Promise<bigint> => {
  throw new Error('being built')
}

/** Computes a draft anew by what is known now and stores lines and inputs; `stripe` adds these to its own draft. */
export const computeDraft = async (
  _tx: Tx,
  _ctx: Context,
  _invoice: { accountId: bigint; invoiceId: bigint },
): Promise<void> => {
  throw new Error('being built')
}
