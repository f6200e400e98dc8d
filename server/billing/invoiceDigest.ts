import { digestOf } from './canonical.ts'
import type { Composed } from './composeInvoice.ts'
import type { InvoiceInputs } from './invoiceInputs.ts'

/** Digest of everything an invoice says but its number: known before the number is taken. */
export const contentDigest = (inputs: InvoiceInputs, { lines, totals }: Composed): string => {
  const { key, currency, period, asOf, seller, buyer } = inputs
  const { discounts: _discounts, backMinor: _backMinor, ...sums } = totals
  return digestOf({ key, currency, period, asOf, seller, buyer, lines, totals: sums })
}

/** The digest that a finalized invoice keeps: of its content and its number. */
export const invoiceDigest = (content: string, number: string): string => digestOf({ content, number })
