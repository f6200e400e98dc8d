import type { Tx } from '#db/client.ts'
import type { Context } from '../context.ts'
import type { InvoiceRef } from './collector.ts'

/** What Stripe decided when it finalized its invoice: number, tax and due date are its own. */
export type NumberedByStripe = {
  number: string
  stripeInvoiceId: string
  /** `[{name, percent, kind, inclusive, netMinor, taxMinor}]`, as `TaxLine` of tax.ts. */
  taxes: readonly {
    name: string
    percent: string
    kind: string
    inclusive: boolean
    netMinor: bigint
    taxMinor: bigint
  }[]
  taxMinor: bigint
  totalMinor: bigint
  dueAt: Date | null
}

/** How finalizing ended: `finalized` by this call, or `before` by another. */
export type Finalized = { outcome: 'finalized' | 'before'; number: string; totalMinor: bigint }

/**
 * Finalizes a draft: computes it a last time (with Stripe's number: as stored, since Stripe has its lines), takes the next
 * number, stores inputs and digest, books the ledger, in one transaction. Of two that do so at once, one wins.
 * @throws NOT_FOUND; CONFLICT where it is void; UNPROCESSABLE where Stripe's total is not ours
 */
export const finalizeInvoice = async (
  _ctx: Context,
  _input: InvoiceRef & { numbered?: NumberedByStripe },
): Promise<Finalized> => {
  throw new Error('being built')
}

/** As `finalizeInvoice`, many of one kind in the caller's transaction. Returns those finalized by this call. */
export const finalizeAll = async (_tx: Tx, _ctx: Context, _invoices: readonly InvoiceRef[]): Promise<InvoiceRef[]> => {
  throw new Error('being built')
}
