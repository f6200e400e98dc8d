import type { Sql } from '#db/client.ts'
import { DomainError } from '../errors.ts'
import { evidenceRow } from './evidenceSql.ts'
import { invoiceView as wholeInvoice } from './invoiceView.ts'
import type { CreditNoteRow, InvoiceRow, InvoiceState, LineRow, PaymentRow, StepRow } from './sql.ts'

/** How an invoice stands for whoever has to pay it. */
export type Standing = 'open' | 'past_due' | 'paid' | 'void' | 'uncollectible'

/** What a customer asked about an invoice, or a line of it, and what was answered. */
export type QuestionRow = {
  id: bigint
  position: number | null
  question: string
  state: 'open' | 'upheld' | 'rejected'
  openedBy: string
  openedAt: Date
  answer: string | null
  closedAt: Date | null
}

/** A finalized invoice with everything that its page and its PDF show. */
export type InvoiceView = Omit<InvoiceRow, 'number' | 'finalizedAt'> & {
  number: string
  finalizedAt: Date
  standing: Standing
  lines: LineRow[]
  notes: CreditNoteRow[]
  payments: PaymentRow[]
  steps: StepRow[]
  questions: QuestionRow[]
  /** Null until its evidence is sealed. */
  sealed: { at: Date; agrees: boolean } | null
}

const standingOf = (state: InvoiceState, openMinor: bigint, dueAt: Date | null, now: Date): Standing => {
  if (state === 'finalized') return dueAt && dueAt <= now && openMinor > 0n ? 'past_due' : 'open'
  return state === 'draft' ? 'open' : state
}

export type ListedInvoice = {
  id: bigint
  number: string
  state: InvoiceState
  standing: Standing
  currency: string
  periodStart: Date
  periodEnd: Date
  finalizedAt: Date
  dueAt: Date | null
  paidAt: Date | null
  totalMinor: bigint
  openMinor: bigint
}

/** An account's finalized invoices, newest first, from the one after `cursor` (an id) on. */
export const listInvoices = async (
  sql: Sql,
  accountId: bigint,
  now: Date,
  { cursor, limit }: { cursor?: bigint | undefined; limit: number },
): Promise<{ rows: ListedInvoice[]; nextCursor: string | null }> => {
  const rows = await sql<Omit<ListedInvoice, 'standing'>[]>`
    select id, number, state, currency, period_start, period_end, finalized_at, due_at, paid_at, total_minor,
      case when state = 'finalized' then total_minor - prepaid_minor - paid_minor - credited_minor else 0 end::bigint as open_minor
    from invoice where account_id = ${accountId} and state <> 'draft'
      ${cursor === undefined ? sql`` : sql`and id < ${cursor}`}
    order by id desc limit ${limit + 1}`
  const shown = rows
    .slice(0, limit)
    .map((row) => ({ ...row, standing: standingOf(row.state, row.openMinor, row.dueAt, now) }))
  return { rows: shown, nextCursor: rows.length > limit ? String(shown.at(-1)?.id) : null }
}

/** What is open of an account's invoices, and what of it is past due, a currency a row. */
export const openTotals = async (
  sql: Sql,
  accountId: bigint,
  now: Date,
): Promise<{ currency: string; openMinor: bigint; pastDueMinor: bigint; pastDue: number; nextDueAt: Date | null }[]> =>
  await sql`
    select currency, sum(open)::bigint as open_minor,
      coalesce(sum(open) filter (where due_at <= ${now}), 0)::bigint as past_due_minor,
      count(*) filter (where due_at <= ${now} and open > 0)::int as past_due, min(due_at) filter (where open > 0) as next_due_at
    from (select currency, due_at, total_minor - prepaid_minor - paid_minor - credited_minor as open from invoice
      where account_id = ${accountId} and state = 'finalized') i
    group by currency order by currency`

/** A finalized invoice by its number. @throws NOT_FOUND */
export const invoiceView = async (
  sql: Sql,
  account: { id: bigint; name: string },
  number: string,
  now: Date,
): Promise<InvoiceView> => {
  const { invoice, lines, creditNotes, payments, steps } = await wholeInvoice(sql, account.id, { number }, now)
  const { finalizedAt } = invoice
  if (finalizedAt === null) throw new DomainError('NOT_FOUND', `no invoice ${number} in ${account.name}`)
  const [questions, evidence] = await Promise.all([
    sql<QuestionRow[]>`select id, position, question, state, opened_by, opened_at, answer, closed_at
      from billing_dispute where account_id = ${account.id} and invoice_id = ${invoice.id} order by id desc`,
    evidenceRow(sql, account.id, invoice.id),
  ])
  return {
    ...invoice,
    number,
    finalizedAt,
    standing: standingOf(invoice.state, invoice.openMinor, invoice.dueAt, now),
    lines,
    notes: creditNotes,
    payments,
    steps,
    questions,
    sealed: evidence ? { at: evidence.sealedAt, agrees: evidence.agrees } : null,
  }
}
