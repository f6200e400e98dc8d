import { minor, sumOf } from '../money.ts'
import type { Minor } from '../money.ts'
import { discountLines } from './discount.ts'
import type { Off } from './discount.ts'
import { taxOf } from './tax.ts'
import type { TaxLine, TaxParty, TaxRate } from './tax.ts'

/** What an invoice's totals are computed from; amounts are the lines', credits what is there to use. */
export type Sums = {
  amounts: readonly bigint[]
  off: Off | null
  promotionalMinor: bigint
  prepaidMinor: bigint
  seller: TaxParty
  buyer: TaxParty
  rates: readonly TaxRate[]
  /** The instant whose tax rates hold. */
  at: Date
}

/** An invoice's totals: subtotal − discount − promotional credit + added tax = total; total − prepaid credit is due. */
export type Totals = {
  subtotalMinor: Minor
  discountMinor: Minor
  /** A line's part of the discount, in the lines' order. */
  discounts: Minor[]
  promotionalMinor: Minor
  taxes: TaxLine[]
  taxMinor: Minor
  totalMinor: Minor
  prepaidMinor: Minor
  /** What is left to pay, never below zero. */
  dueMinor: Minor
  /** What a negative total gives back. */
  backMinor: Minor
}

/** As much of a credit as an amount above zero takes. */
const taken = (amount: bigint, credit: bigint): bigint => {
  if (amount <= 0n || credit <= 0n) return 0n
  return credit < amount ? credit : amount
}

/** Totals from lines: discount, promotional credit, tax, prepaid credit, in this order. */
export const invoiceTotals = (sums: Sums): Totals => {
  const subtotal = sumOf(sums.amounts)
  const discounts = discountLines(sums.amounts, sums.off)
  const discount = sumOf(discounts)
  const promotional = taken(subtotal - discount, sums.promotionalMinor)
  const amountMinor = subtotal - discount - promotional
  const { taxes, taxMinor, addedMinor } = taxOf({ ...sums, amountMinor })
  const total = amountMinor + addedMinor
  const prepaid = taken(total, sums.prepaidMinor)
  return {
    subtotalMinor: subtotal,
    discountMinor: discount,
    discounts,
    promotionalMinor: minor(promotional),
    taxes,
    taxMinor,
    totalMinor: minor(total),
    prepaidMinor: minor(prepaid),
    dueMinor: minor(total > 0n ? total - prepaid : 0n),
    backMinor: minor(total < 0n ? -total : 0n),
  }
}
