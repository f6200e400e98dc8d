import type { Sql } from '#db/client.ts'
import type { Context } from '../context.ts'

/** Who collects: a person who records transfers, or Stripe. */
export type Driver = 'manual' | 'stripe'
/** An invoice by its key in the store. */
export type InvoiceRef = { accountId: bigint; invoiceId: bigint }

/**
 * What a driver does about an invoice, each after the transaction that made it so, by the job `billing.collect`: it may be
 * called again and must then change nothing. Verbs of invoices and payments stay ours; a driver reports back through them
 * (`finalizeInvoice` with its number, `recordPayment`, `refund`).
 */
export type Collector = {
  /** The account bought something or changed its name, address or tax id. */
  ensureCustomer(ctx: Context, accountId: bigint): Promise<void>
  /** A draft stands with its lines; `stripe` makes its own invoice of it and finalizes ours with its number. */
  afterDraft(ctx: Context, invoice: InvoiceRef): Promise<void>
  /** It is finalized: `manual` mails it. */
  afterFinalize(ctx: Context, invoice: InvoiceRef): Promise<void>
  /** It was voided or written off here. */
  afterClose(ctx: Context, invoice: InvoiceRef & { as: 'void' | 'uncollectible' }): Promise<void>
  /** A credit note stands; where it is settled as a refund, the money has to be sent back. */
  afterCreditNote(ctx: Context, note: InvoiceRef & { creditNoteId: bigint }): Promise<void>
}

/** Who collects for an account: its billing profile says; without one a person does. */
export const driverOf = async (sql: Sql, accountId: bigint): Promise<Driver> => {
  const [row] = await sql<{ driver: Driver }[]>`select driver from billing_profile where account_id = ${accountId}`
  return row?.driver ?? 'manual'
}
