import { minor, sumOf } from '../money.ts'
import type { Minor } from '../money.ts'
import type { CreditLeft, InvoiceInputs, PendingAdjustment } from './invoiceInputs.ts'
import { invoiceTotals } from './invoiceTotals.ts'
import type { Totals } from './invoiceTotals.ts'
import { lateLines } from './lateLines.ts'
import { rateInput } from './rate.ts'
import type { RatedLine } from './rated.ts'

/** A line in its place. */
export type InvoiceLine = RatedLine & { adjustmentId: string | null }
/** Part of a grant that an invoice uses up. */
export type CreditUsed = { grantId: string; kind: CreditLeft['kind']; amountMinor: bigint }
/** What an invoice says, but for its number. `carryMinor` of credit did not fit: the next invoice takes it. */
export type Composed = { lines: InvoiceLine[]; totals: Totals; used: CreditUsed[]; carryMinor: Minor }

const adjustmentLine = (one: PendingAdjustment): InvoiceLine => ({
  kind: 'adjustment',
  description: one.description,
  planVersionId: null,
  price: null,
  meter: null,
  app: null,
  quantity: null,
  unitAmount: null,
  exact: one.amountMinor.toString(),
  amount: minor(one.amountMinor),
  service: one.service,
  detail: { kind: one.kind },
  adjustmentId: one.id,
})

// An invoice asks for nothing or more: what credits exceed its charges by goes on to the next, before tax as it came.
const carryLine = (carry: bigint, inputs: InvoiceInputs): InvoiceLine[] =>
  carry === 0n
    ? []
    : [
        {
          kind: 'adjustment',
          description: 'Credit carried to the next invoice',
          planVersionId: null,
          price: null,
          meter: null,
          app: null,
          quantity: null,
          unitAmount: null,
          exact: carry.toString(),
          amount: minor(carry),
          service: inputs.period,
          detail: { kind: 'carry' },
          adjustmentId: null,
        },
      ]

/** Takes an amount from grants in their order. */
const take = (credits: readonly CreditLeft[], kind: CreditLeft['kind'], amount: bigint): CreditUsed[] => {
  let rest = amount
  return credits.flatMap((credit) => {
    if (credit.kind !== kind || rest <= 0n || credit.leftMinor <= 0n) return []
    const amountMinor = credit.leftMinor < rest ? credit.leftMinor : rest
    rest -= amountMinor
    return [{ grantId: credit.id, kind, amountMinor }]
  })
}

const leftOf = (credits: readonly CreditLeft[], kind: CreditLeft['kind']) =>
  sumOf(credits.filter((credit) => credit.kind === kind && credit.leftMinor > 0n).map((credit) => credit.leftMinor))

/** Stripe's tax in place of ours; prepaid credit is what it took from the balance it holds. */
const asStripeSays = (totals: Totals, stripe: NonNullable<InvoiceInputs['stripe']>): Totals => {
  const net = totals.subtotalMinor - totals.discountMinor - totals.promotionalMinor
  const added = sumOf(stripe.taxes.filter((tax) => !tax.inclusive).map((tax) => tax.taxMinor))
  const total = net + added
  return {
    ...totals,
    taxes: [...stripe.taxes],
    taxMinor: minor(stripe.taxMinor),
    totalMinor: minor(total),
    prepaidMinor: minor(stripe.prepaidMinor),
    dueMinor: minor(total - stripe.prepaidMinor),
  }
}

/** Computes an invoice from its inputs. Pure: replaying stored inputs gives the same lines, totals and use of credit. */
export const composeInvoice = (inputs: InvoiceInputs): Composed => {
  const { currency, period, asOf } = inputs
  const usage = inputs.usage ? rateInput({ currency, period, asOf, ...inputs.usage }) : []
  const charged: InvoiceLine[] = [...inputs.given, ...usage, ...inputs.late.flatMap(lateLines)].map((line) => ({
    ...line,
    adjustmentId: null,
  }))
  // Credit alone makes no invoice: it waits for one that charges something.
  const isCreditAlone = charged.length === 0 && sumOf(inputs.adjustments.map((one) => one.amountMinor)) <= 0n
  const before = isCreditAlone ? [] : [...charged, ...inputs.adjustments.map(adjustmentLine)]
  const sum = sumOf(before.map((line) => line.amount))
  const carryMinor = minor(sum < 0n ? -sum : 0n)
  const lines = [...before, ...carryLine(carryMinor, inputs)]
  const totals = invoiceTotals({
    amounts: lines.map((line) => line.amount),
    off: inputs.coupon,
    promotionalMinor: leftOf(inputs.credits, 'promotional'),
    prepaidMinor: inputs.stripe ? 0n : leftOf(inputs.credits, 'prepaid'),
    seller: inputs.seller,
    buyer: inputs.buyer,
    rates: inputs.stripe ? [] : inputs.rates,
    at: asOf,
  })
  const said = inputs.stripe ? asStripeSays(totals, inputs.stripe) : totals
  const used = [
    ...take(inputs.credits, 'promotional', said.promotionalMinor),
    ...take(inputs.credits, 'prepaid', said.prepaidMinor),
  ]
  return { lines, totals: said, used, carryMinor }
}
