import type { Sql } from '#db/client.ts'
import type { InvoiceRef } from '../collector.ts'
import type { OurLine } from './lines.ts'

/** An invoice of ours as the driver needs it. */
export type InvoiceRow = {
  accountId: bigint
  id: bigint
  subscriptionId: bigint | null
  key: string
  number: string | null
  state: 'draft' | 'finalized' | 'paid' | 'void' | 'uncollectible'
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
  createdAt: Date
  stripeInvoiceId: string | null
  stripeState: string | null
}

const columns = (
  sql: Sql,
) => sql`account_id, id, subscription_id, key, number, state, currency, period_start, period_end,
  as_of, subtotal_minor, discount_minor, promotional_minor, tax_minor, total_minor, prepaid_minor, paid_minor,
  credited_minor, created_at, stripe_invoice_id, stripe_state`

export const invoiceRow = async (sql: Sql, { accountId, invoiceId }: InvoiceRef): Promise<InvoiceRow | undefined> => {
  const [row] = await sql<InvoiceRow[]>`select ${columns(sql)} from invoice
    where account_id = ${accountId} and id = ${invoiceId}`
  return row
}

export const invoiceOfStripe = async (sql: Sql, stripeInvoiceId: string): Promise<InvoiceRow | undefined> => {
  const [row] = await sql<
    InvoiceRow[]
  >`select ${columns(sql)} from invoice where stripe_invoice_id = ${stripeInvoiceId}`
  return row
}

export const invoiceByKey = async (sql: Sql, accountId: bigint, key: string): Promise<InvoiceRow | undefined> => {
  const [row] = await sql<InvoiceRow[]>`select ${columns(sql)} from invoice
    where account_id = ${accountId} and key = ${key}`
  return row
}

export const linesOf = async (sql: Sql, { accountId, invoiceId }: InvoiceRef): Promise<OurLine[]> =>
  await sql<OurLine[]>`select position, kind, description, price, app, amount_minor, service_start, service_end
    from invoice_line where account_id = ${accountId} and invoice_id = ${invoiceId} order by position`

/** Says which of Stripe's invoices a draft of ours is. False where another of ours has it, or ours is no draft. */
export const linkInvoice = async (sql: Sql, ref: InvoiceRef, stripeInvoiceId: string): Promise<boolean> => {
  const [row] = await sql`update invoice set stripe_invoice_id = ${stripeInvoiceId}
    where account_id = ${ref.accountId} and id = ${ref.invoiceId}
      and (stripe_invoice_id = ${stripeInvoiceId} or (state = 'draft' and stripe_invoice_id is null))
      and not exists (select from invoice o where o.stripe_invoice_id = ${stripeInvoiceId}
        and (o.account_id, o.id) <> (${ref.accountId}::bigint, ${ref.invoiceId}::bigint)) returning 1`
  return row !== undefined
}

/** Has a draft of ours stand for another invoice of Stripe's. */
export const relinkInvoice = async (sql: Sql, ref: InvoiceRef, stripeInvoiceId: string): Promise<void> => {
  await sql`update invoice set stripe_invoice_id = ${stripeInvoiceId}
    where account_id = ${ref.accountId} and id = ${ref.invoiceId} and state = 'draft'`
}

/** Prepaid credit that an account has left in a currency, by the ledger. */
export const prepaidLeft = async (sql: Sql, accountId: bigint, currency: string): Promise<bigint> => {
  const [row] = await sql<{ left: bigint }[]>`
    select greatest(coalesce(-sum(e.amount_minor), 0), 0)::bigint as left
    from ledger_entry e where e.account_id = ${accountId} and e.book like 'prepaid:%' and e.currency = ${currency}
      and not exists (select from credit_grant g where g.account_id = ${accountId} and e.book = 'prepaid:' || g.id
        and g.expired_at is not null)`
  return row?.left ?? 0n
}

/** What an invoice of ours comes to before tax. */
export const netOf = (ours: Pick<InvoiceRow, 'subtotalMinor' | 'discountMinor' | 'promotionalMinor'>): bigint =>
  ours.subtotalMinor - ours.discountMinor - ours.promotionalMinor
