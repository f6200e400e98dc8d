import type { Context } from '../context.ts'
import type { InvoiceRef } from './collector.ts'

export type PaymentMethod = 'transfer' | 'card' | 'other'
export type NewPayment = InvoiceRef & {
  amountMinor: bigint
  method: PaymentMethod
  /** States the fact, such as `stripe:pi_123`: a repeat is the same payment. */
  key: string
  reference: string
  receivedAt: Date
}
/** `recorded` is false where that key was recorded before. `overMinor` became prepaid credit. */
export type Paid = {
  recorded: boolean
  state: 'finalized' | 'paid' | 'uncollectible' | 'void'
  openMinor: bigint
  overMinor: bigint
}

/**
 * Records money that came for an invoice. Paid in full it is `paid`, and what was held for it is lifted; more than is open
 * becomes prepaid credit.
 * @throws NOT_FOUND; BAD_REQUEST for an amount of nothing or less; CONFLICT where the invoice is a draft or void
 */
export const recordPayment = async (_ctx: Context, _payment: NewPayment): Promise<Paid> => {
  throw new Error('being built')
}
