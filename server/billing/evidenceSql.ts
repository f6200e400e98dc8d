import type { Sql } from '#db/client.ts'
import type { LineKind } from './rated.ts'
import type { TaxLine } from './tax.ts'
import type { Party } from './invoiceInputs.ts'

/** Reads of finalized invoices and what proves them. */

export type InvoiceState = 'draft' | 'finalized' | 'paid' | 'void' | 'uncollectible'
export type InvoiceRow = {
  accountId: bigint
  id: bigint
  number: string | null
  state: InvoiceState
  driver: 'manual' | 'stripe'
  currency: string
  periodStart: Date
  periodEnd: Date
  asOf: Date | null
  subtotalMinor: bigint
  discountMinor: bigint
  promotionalMinor: bigint
  taxMinor: bigint
  totalMinor: bigint
  prepaidMinor: bigint
  paidMinor: bigint
  creditedMinor: bigint
  taxes: TaxLine[]
  seller: (Party & { entity?: string }) | null
  buyer: Party | null
  finalizedAt: Date | null
  dueAt: Date | null
  paidAt: Date | null
  closedAt: Date | null
  digest: string | null
}

const columns = (sql: Sql) => sql`account_id, id, number, state, driver, currency, period_start, period_end, as_of,
  subtotal_minor, discount_minor, promotional_minor, tax_minor, total_minor, prepaid_minor, paid_minor, credited_minor,
  taxes, seller, buyer, finalized_at, due_at, paid_at, closed_at, digest`

/** An account's invoice by its number, or by its id. */
export const invoiceOf = async (
  sql: Sql,
  accountId: bigint,
  by: { number: string } | { id: bigint },
): Promise<InvoiceRow | undefined> => {
  const [row] = await sql<InvoiceRow[]>`select ${columns(sql)} from invoice
    where account_id = ${accountId} and ${'id' in by ? sql`id = ${by.id}` : sql`number = ${by.number}`}`
  return row
}

export type LineRow = {
  position: number
  kind: LineKind
  description: string
  planVersionId: bigint | null
  price: string | null
  meter: string | null
  app: string | null
  quantity: bigint | null
  unitAmount: string | null
  exact: string
  amountMinor: bigint
  serviceStart: Date
  serviceEnd: Date
  adjustmentId: bigint | null
  detail: Record<string, unknown>
}

export const linesOf = async (sql: Sql, accountId: bigint, invoiceId: bigint): Promise<LineRow[]> =>
  await sql<
    LineRow[]
  >`select position, kind, description, plan_version_id, price, meter, app, quantity, unit_amount, exact,
      amount_minor, service_start, service_end, adjustment_id, detail
    from invoice_line where account_id = ${accountId} and invoice_id = ${invoiceId} order by position`

/** The stored inputs of an invoice, deflated; undefined where it has none. */
export const inputBody = async (sql: Sql, accountId: bigint, invoiceId: bigint): Promise<Uint8Array | undefined> => {
  const [row] = await sql<{ body: Uint8Array }[]>`select body from invoice_input
    where account_id = ${accountId} and invoice_id = ${invoiceId}`
  return row?.body
}

export type EvidenceRow = { body: Uint8Array; agrees: boolean; apart: string[]; sealedAt: Date }
export const evidenceRow = async (sql: Sql, accountId: bigint, invoiceId: bigint): Promise<EvidenceRow | undefined> => {
  const [row] = await sql<EvidenceRow[]>`select body, agrees, apart, sealed_at from invoice_evidence
    where account_id = ${accountId} and invoice_id = ${invoiceId}`
  return row
}

export type PinRow = { hostId: number; seq: number; digest: Uint8Array; receivedAt: Date }
export const pinsOf = async (sql: Sql, accountId: bigint, invoiceId: bigint): Promise<PinRow[]> => {
  const rows = await sql<(Omit<PinRow, 'seq'> & { seq: bigint })[]>`select host_id, seq, digest, received_at
    from invoice_pin where account_id = ${accountId} and invoice_id = ${invoiceId} order by host_id, seq`
  return rows.map((row) => ({ ...row, seq: Number(row.seq) }))
}
