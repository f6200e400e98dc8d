import type { Sql } from '#db/client.ts'
import { DomainError } from '../errors.ts'
import { linesOf, type LineRow } from './sql.ts'
import { unpackInputs } from './invoiceInputs.ts'
import { windowsOf } from './lineProof.ts'
import type { KeptReplay } from './replayDispute.ts'
import { replayInvoice } from './replayInvoice.ts'
import type { Hours } from './spendSql.ts'
import { inputBody } from './evidenceSql.ts'

/** A dispute with the invoice it is about. */
export type DisputeRow = {
  accountId: bigint
  account: string
  id: bigint
  invoiceId: bigint
  number: string
  invoiceState: string
  currency: string
  totalMinor: bigint
  openMinor: bigint
  paidMinor: bigint
  position: number | null
  line: string | null
  lineMinor: bigint | null
  question: string
  state: 'open' | 'upheld' | 'rejected'
  openedBy: string
  openedAt: Date
  replay: KeptReplay | null
  answer: string | null
  closedBy: string | null
  closedAt: Date | null
}

const columns = (
  sql: Sql,
) => sql`d.account_id, a.name as account, d.id, d.invoice_id, i.number, i.state as invoice_state,
  i.currency, i.total_minor, i.total_minor - i.prepaid_minor - i.paid_minor - i.credited_minor as open_minor, i.paid_minor,
  d.position, l.description as line, l.amount_minor as line_minor, d.question, d.state, d.opened_by, d.opened_at, d.replay,
  d.answer, d.closed_by, d.closed_at`
const from = (sql: Sql) => sql`from billing_dispute d join account a on a.id = d.account_id
  join invoice i on i.account_id = d.account_id and i.id = d.invoice_id
  left join invoice_line l on l.account_id = d.account_id and l.invoice_id = d.invoice_id and l.position = d.position`

/** Disputes of all accounts: open ones oldest first, closed ones newest first. */
export const listDisputes = async (sql: Sql, of: { state: 'open' | 'closed'; limit: number }): Promise<DisputeRow[]> =>
  of.state === 'open'
    ? await sql<
        DisputeRow[]
      >`select ${columns(sql)} ${from(sql)} where d.state = 'open' order by d.opened_at, d.id limit ${of.limit}`
    : await sql<DisputeRow[]>`select ${columns(sql)} ${from(sql)} where d.state <> 'open'
        order by d.closed_at desc, d.id desc limit ${of.limit}`

export const countDisputes = async (sql: Sql): Promise<{ open: number; oldestAt: Date | null }> => {
  const [row] = await sql<
    { open: number; oldestAt: Date | null }[]
  >`select count(*)::int as open, min(opened_at) as oldest_at
    from billing_dispute where state = 'open'`
  return row!
}

export type DisputeView = DisputeRow & {
  lines: (LineRow & { windows: Hours[] })[]
  /** Whether the invoice, computed anew from what was stored, has its own digest. */
  replays: boolean
}

/** A dispute with what a replay can correct. @throws NOT_FOUND */
export const disputeView = async (sql: Sql, accountName: string, id: bigint): Promise<DisputeView> => {
  const [row] = await sql<
    DisputeRow[]
  >`select ${columns(sql)} ${from(sql)} where a.name = ${accountName} and d.id = ${id}`
  if (!row) throw new DomainError('NOT_FOUND', `no dispute ${id} of ${accountName}`)
  const { accountId, invoiceId } = row
  const [lines, body, replayed] = await Promise.all([
    linesOf(sql, accountId, invoiceId),
    inputBody(sql, accountId, invoiceId),
    replayInvoice(sql, accountId, { id: invoiceId }),
  ])
  const inputs = body ? unpackInputs(body) : null
  return {
    ...row,
    lines: lines.map((line) => ({ ...line, windows: inputs ? windowsOf(line, inputs) : [] })),
    replays: replayed.isSame,
  }
}
