import type { Sql } from '#db/client.ts'
import type { Context } from '../context.ts'
import { majorText } from '../money.ts'
import { isHeard, sendEvent, type NewEvent } from '../notices/sendEvent.ts'
import type { InvoiceRef } from './collector.ts'
import { invoicePath } from './mailInvoice.ts'

type Row = {
  account: string
  number: string
  state: string
  currency: string
  totalMinor: bigint
  prepaidMinor: bigint
  paidMinor: bigint
  creditedMinor: bigint
  periodStart: Date
  periodEnd: Date
  finalizedAt: Date
  dueAt: Date
  paidAt: Date | null
}

/**
 * Tells webhooks that an invoice was finalized or that nothing is open of it. Told again it is the same event; paid again
 * after a chargeback it is another. Where it is not so any more, nothing is told.
 */
export const announceInvoice = async (
  ctx: Context,
  ref: InvoiceRef,
  type: 'invoice.finalized' | 'invoice.paid',
): Promise<void> => {
  if (!(await isHeard(ctx.sql, ref.accountId, type))) return
  const row = await rowOf(ctx.sql, ref, type === 'invoice.paid')
  if (row) await ctx.sql.begin((tx) => sendEvent(tx, ctx, eventOf(ctx, ref, type, row)))
}

const rowOf = async (sql: Sql, { accountId, invoiceId }: InvoiceRef, ifPaid: boolean): Promise<Row | undefined> => {
  const [row] = await sql<Row[]>`
    select a.name as account, i.number, i.state, i.currency, i.total_minor, i.prepaid_minor, i.paid_minor,
      i.credited_minor, i.period_start, i.period_end, i.finalized_at, i.due_at, i.paid_at
    from invoice i join account a on a.id = i.account_id
    where i.account_id = ${accountId} and i.id = ${invoiceId} and i.state <> 'draft'
      and (${!ifPaid} or i.state = 'paid')`
  return row
}

const eventOf = (
  ctx: Context,
  { accountId, invoiceId }: InvoiceRef,
  type: 'invoice.finalized' | 'invoice.paid',
  row: Row,
): NewEvent => {
  const money = (amount: bigint) => majorText(amount, row.currency)
  const open = row.totalMinor - row.prepaidMinor - row.paidMinor - row.creditedMinor
  return {
    accountId,
    type,
    key:
      type === 'invoice.finalized' ? `${type}:${invoiceId}` : `${type}:${invoiceId}:${row.paidAt?.toISOString() ?? ''}`,
    subject: row.number,
    data: {
      account: row.account,
      invoice: row.number,
      state: row.state,
      currency: row.currency,
      total: money(row.totalMinor),
      open: money(open > 0n ? open : 0n),
      periodStart: row.periodStart,
      periodEnd: row.periodEnd,
      finalizedAt: row.finalizedAt,
      dueAt: row.dueAt,
      paidAt: row.paidAt,
      url: `${ctx.env.publicUrl}${invoicePath(row.account, row.number)}`,
    },
  }
}
