import type { Tx } from '#db/client.ts'
import { DomainError } from '../errors.ts'
import type { Driver, InvoiceRef } from './collector.ts'

/** An invoice's money, as its row says. */
export type InvoiceMoney = {
  id: bigint
  state: 'draft' | 'finalized' | 'paid' | 'void' | 'uncollectible'
  number: string | null
  driver: Driver
  entityId: bigint
  currency: string
  subtotalMinor: bigint
  discountMinor: bigint
  promotionalMinor: bigint
  taxMinor: bigint
  totalMinor: bigint
  prepaidMinor: bigint
  paidMinor: bigint
  creditedMinor: bigint
  dueAt: Date | null
  key: string
}

/** What is left to pay; below zero where money has to go back. The receivable of an invoice in the ledger. */
export const openOf = (
  invoice: Pick<InvoiceMoney, 'totalMinor' | 'prepaidMinor' | 'paidMinor' | 'creditedMinor'>,
): bigint => invoice.totalMinor - invoice.prepaidMinor - invoice.paidMinor - invoice.creditedMinor

/** Locks an invoice and then its account's money, in the order of finalizing. @throws NOT_FOUND */
export const lockInvoice = async (tx: Tx, { accountId, invoiceId }: InvoiceRef): Promise<InvoiceMoney> => {
  const [row] = await tx<InvoiceMoney[]>`select id, state, number, driver, entity_id, currency, subtotal_minor,
      discount_minor, promotional_minor, tax_minor, total_minor, prepaid_minor, paid_minor, credited_minor, due_at, key
    from invoice where account_id = ${accountId} and id = ${invoiceId} for update`
  if (!row) throw new DomainError('NOT_FOUND', `no invoice ${invoiceId}`)
  await tx`select 1 from billing_profile where account_id = ${accountId} for no key update`
  return row
}

/** Locks all of an account's invoices that money can still move on, and then its money: as `lockInvoice`, for several at once. */
export const lockInvoices = async (tx: Tx, accountId: bigint): Promise<void> => {
  await tx`select 1 from invoice where account_id = ${accountId} and state in ('draft', 'finalized', 'paid')
    order by id for update`
  await tx`select 1 from billing_profile where account_id = ${accountId} for no key update`
}
