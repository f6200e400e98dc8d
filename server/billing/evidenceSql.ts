import type { Sql } from '#db/client.ts'
import type { InvoiceState } from './sql.ts'

/** Reads of finalized invoices and what proves them. */

/** An invoice as its evidence needs it. */
export type ProvenInvoice = {
  accountId: bigint
  id: bigint
  number: string | null
  state: InvoiceState
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
  finalizedAt: Date | null
  digest: string | null
}

const columns = (sql: Sql) => sql`account_id, id, number, state, currency, period_start, period_end, as_of,
  subtotal_minor, discount_minor, promotional_minor, tax_minor, total_minor, prepaid_minor, finalized_at, digest`

/** An account's invoice by its number, or by its id. */
export const invoiceOf = async (
  sql: Sql,
  accountId: bigint,
  by: { number: string } | { id: bigint },
): Promise<ProvenInvoice | undefined> => {
  const [row] = await sql<ProvenInvoice[]>`select ${columns(sql)} from invoice
    where account_id = ${accountId} and ${'id' in by ? sql`id = ${by.id}` : sql`number = ${by.number}`}`
  return row
}

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
