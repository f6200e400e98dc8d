import { csvField } from '../accounts/auditExport.ts'
import { majorText } from '../money.ts'
import type { InvoiceSheet } from './invoiceSheet.ts'
import { exactQuantity } from './quantityText.ts'
import { BILLABLE, type BillableMeter } from './terms.ts'

const HEAD = [
  'invoice',
  'line',
  'kind',
  'app',
  'description',
  'quantity',
  'unit',
  'unit_price',
  'amount',
  'currency',
  'service_start',
  'service_end',
]

const isMeter = (meter: string | null): meter is BillableMeter => meter !== null && meter in BILLABLE

/** An invoice's lines, then discount, credit, taxes and totals, as CSV (RFC 4180). Times are RFC 3339 UTC. */
export const invoiceCsv = (invoice: InvoiceSheet): string => {
  const money = (amount: bigint) => majorText(amount, invoice.currency)
  const { number, currency } = invoice
  const lines = invoice.lines.map((line) => [
    number,
    line.position,
    line.kind,
    line.app,
    line.description,
    isMeter(line.meter) && line.quantity !== null ? exactQuantity(line.meter, line.quantity) : line.quantity,
    isMeter(line.meter) ? BILLABLE[line.meter].unit : null,
    line.unitAmount,
    // A minus is no formula.
    { plain: money(line.amountMinor) },
    currency,
    line.serviceStart,
    line.serviceEnd,
  ])
  const sum = (kind: string, description: string, amount: bigint) => [
    number,
    null,
    kind,
    null,
    description,
    null,
    null,
    null,
    { plain: money(amount) },
    currency,
    null,
    null,
  ]
  const sums = [
    sum('subtotal', 'Subtotal', invoice.subtotalMinor),
    ...(invoice.discountMinor ? [sum('discount', 'Discount', -invoice.discountMinor)] : []),
    ...(invoice.promotionalMinor ? [sum('promotional', 'Promotional credit', -invoice.promotionalMinor)] : []),
    ...invoice.taxes.map((tax) => sum('tax', `${tax.name}, ${tax.percent} %`, BigInt(tax.taxMinor))),
    sum('total', 'Total', invoice.totalMinor),
    ...(invoice.prepaidMinor ? [sum('prepaid', 'Prepaid credit', -invoice.prepaidMinor)] : []),
  ]
  const cell = (value: unknown) =>
    typeof value === 'object' && value !== null && 'plain' in value ? String(value.plain) : csvField(value)
  return [HEAD, ...lines, ...sums].map((row) => row.map(cell).join(',')).join('\r\n') + '\r\n'
}
