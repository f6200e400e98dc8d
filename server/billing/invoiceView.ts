import type { Sql } from '#db/client.ts'
import { DomainError } from '../errors.ts'
import { previewDraft } from './previewInvoice.ts'
import { historyOf, invoiceBy, linesOf, type InvoiceRow, type LineRow } from './sql.ts'

/**
 * One invoice with its lines and what happened since. Of a draft the lines and totals are what it would say now.
 * @throws NOT_FOUND
 */
export const invoiceView = async (
  sql: Sql,
  accountId: bigint,
  by: { number: string } | { id: bigint },
  now: Date,
): Promise<{ invoice: InvoiceRow; lines: LineRow[] } & Awaited<ReturnType<typeof historyOf>>> => {
  const invoice = await invoiceBy(sql, accountId, by, now)
  if (!invoice) throw new DomainError('NOT_FOUND', `no invoice ${'number' in by ? by.number : by.id} of this account`)
  const history = await historyOf(sql, accountId, invoice.id)
  const draft =
    invoice.state === 'draft' ? await previewDraft(sql, { accountId, invoiceId: invoice.id }, now) : undefined
  if (!draft) return { invoice, lines: await linesOf(sql, accountId, invoice.id), ...history }
  const { totals } = draft
  const lines = draft.lines.map((line, i): LineRow => ({
    ...line,
    position: i + 1,
    planVersionId: line.planVersionId === null ? null : BigInt(line.planVersionId),
    amountMinor: line.amount,
    serviceStart: line.service.start,
    serviceEnd: line.service.end,
    adjustmentId: line.adjustmentId === null ? null : BigInt(line.adjustmentId),
  }))
  const taxes = totals.taxes.map((tax) => ({ ...tax, netMinor: String(tax.netMinor), taxMinor: String(tax.taxMinor) }))
  const { subtotalMinor, discountMinor, promotionalMinor, taxMinor, totalMinor, prepaidMinor } = totals
  const sums = { subtotalMinor, discountMinor, promotionalMinor, taxMinor, totalMinor, prepaidMinor, taxes }
  return { invoice: { ...invoice, ...sums, asOf: draft.asOf }, lines, ...history }
}
