import type { Sql } from '#db/client.ts'
import { majorText } from '../money.ts'
import type { Window } from '../time.ts'
import { asJson } from './invoiceSql.ts'
import type { InvoiceState, LineRow } from './sql.ts'
import { BILLABLE, type BillableMeter } from './terms.ts'

export type InvoiceExport = { fileName: string; contentType: string; text: string; invoices: number }

type Exported = {
  id: bigint
  number: string
  state: InvoiceState
  currency: string
  periodStart: Date
  periodEnd: Date
  finalizedAt: Date
  dueAt: Date | null
  paidAt: Date | null
  subtotalMinor: bigint
  discountMinor: bigint
  promotionalMinor: bigint
  taxMinor: bigint
  totalMinor: bigint
  prepaidMinor: bigint
  paidMinor: bigint
  creditedMinor: bigint
  taxes: { name: string; percent: string; inclusive: boolean; taxMinor: string }[]
}
type ExportedLine = LineRow & { invoiceId: bigint }

const MOST = 5_000

/** One CSV cell (RFC 4180). What a spreadsheet would take for a formula is made text; numbers stay numbers. */
const cell = (value: string) => {
  const safe = /^[=+\-@\t\r]/.test(value) && !/^-?\d+(?:\.\d+)?$/.test(value) ? `'${value}` : value
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
const instant = (at: Date | null) => at?.toISOString().replace('.000Z', 'Z') ?? ''

const COLUMNS =
  `invoice,state,finalized_at,due_at,paid_at,currency,position,kind,description,app,meter,quantity_base_units,
  base_units_per_unit,unit,unit_amount,amount,service_start,service_end`.replaceAll(/\s/g, '')

/** An invoice's rows: its lines, then what was taken off and added, so that a column's sum is the total. */
const rowsOf = (invoice: Exported, lines: readonly ExportedLine[]): string[][] => {
  const { number, state, finalizedAt, dueAt, paidAt, currency } = invoice
  const head = [number, state, instant(finalizedAt), instant(dueAt), instant(paidAt), currency]
  const ofLine = (line: ExportedLine) => {
    const meter = line.meter && line.meter in BILLABLE ? BILLABLE[line.meter as BillableMeter] : undefined
    return [
      ...head,
      String(line.position),
      line.kind,
      line.description,
      line.app ?? '',
      line.meter ?? '',
      line.quantity?.toString() ?? '',
      meter?.perUnit.toString() ?? '',
      meter?.unit ?? '',
      line.unitAmount ?? '',
      majorText(line.amountMinor, currency),
      instant(line.serviceStart),
      instant(line.serviceEnd),
    ]
  }
  const sum = (kind: string, description: string, minor: bigint) =>
    minor === 0n ? [] : [[...head, '', kind, description, '', '', '', '', '', '', majorText(minor, currency), '', '']]
  const added = invoice.taxes.filter((tax) => !tax.inclusive)
  return [
    ...lines.map(ofLine),
    ...sum('discount', 'Discount', -invoice.discountMinor),
    ...sum('promotional_credit', 'Promotional credit', -invoice.promotionalMinor),
    ...added.flatMap((tax) => sum('tax', `${tax.name} ${tax.percent} %`, BigInt(tax.taxMinor))),
  ]
}

/**
 * An account's finalized invoices with their lines, by when they were finalized, as CSV (a row a line; the amounts of an
 * invoice sum to its total) or JSON (amounts in minor units as decimal strings). At most 5,000 invoices.
 */
export const exportInvoices = async (
  sql: Sql,
  account: { id: bigint; name: string },
  input: { window: Window; number?: string | undefined; format: 'csv' | 'json' },
): Promise<InvoiceExport> => {
  const { window, number, format } = input
  const invoices = await sql<
    Exported[]
  >`select id, number, state, currency, period_start, period_end, finalized_at, due_at,
      paid_at, subtotal_minor, discount_minor, promotional_minor, tax_minor, total_minor, prepaid_minor, paid_minor,
      credited_minor, taxes
    from invoice where account_id = ${account.id} and finalized_at >= ${window.start} and finalized_at < ${window.end}
      and number is not null and (${number ?? null}::text is null or number = ${number ?? null})
    order by finalized_at, id limit ${MOST}`
  const lines = await sql<
    ExportedLine[]
  >`select invoice_id, position, kind, description, plan_version_id, price, meter, app,
      quantity, unit_amount, exact, amount_minor, service_start, service_end, adjustment_id, detail
    from invoice_line where account_id = ${account.id}
      and invoice_id = any(${invoices.map((invoice) => String(invoice.id))}::bigint[])
    order by invoice_id, position`
  const ofInvoice = Map.groupBy(lines, (line) => line.invoiceId)
  const day = (at: Date) => at.toISOString().slice(0, 10)
  const what = number ?? `${account.name}-invoices-${day(window.start)}-to-${day(new Date(window.end.getTime() - 1))}`
  const fileName = `${what}.${format}`
  if (format === 'json') {
    const text = asJson({
      account: account.name,
      start: window.start,
      end: window.end,
      truncated: invoices.length === MOST,
      invoices: invoices.map(({ id, ...invoice }) => ({
        ...invoice,
        lines: (ofInvoice.get(id) ?? []).map(({ invoiceId: _, ...line }) => line),
      })),
    })
    return { fileName, contentType: 'application/json', text, invoices: invoices.length }
  }
  const rows = invoices.flatMap((invoice) => rowsOf(invoice, ofInvoice.get(invoice.id) ?? []))
  const text = [COLUMNS, ...rows.map((row) => row.map(cell).join(','))].join('\r\n')
  return { fileName, contentType: 'text/csv; charset=utf-8', text: `${text}\r\n`, invoices: invoices.length }
}
