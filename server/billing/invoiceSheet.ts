import type { Sql } from '#db/client.ts'
import { DomainError } from '../errors.ts'
import { evidenceRow } from './evidenceSql.ts'
import { invoiceView } from './invoiceView.ts'
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
export type InvoiceSheet = Omit<InvoiceRow, 'number' | 'finalizedAt'> & {
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

/** A finalized invoice by its number. @throws NOT_FOUND */
export const invoiceSheet = async (
  sql: Sql,
  account: { id: bigint; name: string },
  number: string,
  now: Date,
): Promise<InvoiceSheet> => {
  const { invoice, lines, creditNotes, payments, steps } = await invoiceView(sql, account.id, { number }, now)
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
