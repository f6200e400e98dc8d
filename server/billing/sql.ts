import type { Sql } from '#db/client.ts'
import type { Driver } from './collector.ts'

/** Reads of invoices, adjustments and what belongs to them. */

export type InvoiceState = 'draft' | 'finalized' | 'paid' | 'void' | 'uncollectible'
export type InvoiceListRow = {
  accountId: bigint
  account: string
  id: bigint
  number: string | null
  state: InvoiceState
  driver: Driver
  currency: string
  periodStart: Date
  periodEnd: Date
  totalMinor: bigint
  /** What is left to pay; zero on drafts and void ones. */
  openMinor: bigint
  createdAt: Date
  finalizedAt: Date | null
  dueAt: Date | null
  paidAt: Date | null
  isPastDue: boolean
  /** The last step of collection that was taken. */
  lastStep: string | null
}

const open = (sql: Sql) => sql`case when i.state in ('finalized', 'uncollectible')
  then i.total_minor - i.prepaid_minor - i.paid_minor - i.credited_minor else 0 end`

const listed = (sql: Sql, now: Date) => sql`
  select i.account_id, a.name as account, i.id, i.number, i.state, i.driver, i.currency, i.period_start, i.period_end,
    i.total_minor, ${open(sql)} as open_minor, i.created_at, i.finalized_at, i.due_at, i.paid_at,
    i.state = 'finalized' and i.due_at <= ${now} as is_past_due,
    (select d.step from dunning_step d where d.account_id = i.account_id and d.invoice_id = i.id
      order by d.at desc limit 1) as last_step
  from invoice i join account a on a.id = i.account_id`

/** An account's invoices, drafts too, newest first, below `before`. */
export const invoicesOf = async (
  sql: Sql,
  accountId: bigint,
  now: Date,
  page: { before?: bigint | undefined; limit: number },
): Promise<InvoiceListRow[]> =>
  await sql<InvoiceListRow[]>`${listed(sql, now)}
    where i.account_id = ${accountId} and (${page.before ?? null}::bigint is null or i.id < ${page.before ?? null})
    order by i.id desc limit ${page.limit}`

export const INVOICE_FILTERS = ['all', 'open', 'past_due', 'paid', 'draft', 'void', 'uncollectible'] as const
export type InvoiceFilter = (typeof INVOICE_FILTERS)[number]
export type Place = { at: Date; id: bigint }

/** Invoices of all accounts: drafts by when they finalize, open ones by when they are due, others the newest first. */
export const allInvoices = async (
  sql: Sql,
  now: Date,
  filter: { state: InvoiceFilter; text?: string | undefined; account?: string | undefined },
  page: { after?: Place | undefined; limit: number },
): Promise<(InvoiceListRow & { place: Date })[]> => {
  const { state, text, account } = filter
  const { after } = page
  const column =
    state === 'draft' ? 'finalize_after' : state === 'open' || state === 'past_due' ? 'due_at' : 'finalized_at'
  const place = sql`i.${sql(column)}`
  const isAscending = column !== 'finalized_at'
  const from = sql`(${after?.at ?? null}::timestamptz, ${after?.id ?? null}::bigint)`
  return await sql<(InvoiceListRow & { place: Date })[]>`
    select l.*, i.${sql(column)} as place from (${listed(sql, now)}
      where ${place} is not null and ${inState(sql, state, now)}
        and (${account ?? null}::text is null or a.name = ${account ?? null})
        and (${text ?? null}::text is null
          or strpos(lower(coalesce(i.number, '') || ' ' || a.name), lower(${text ?? ''})) > 0)
        and (${after === undefined} or ${isAscending ? sql`(${place}, i.id) > ${from}` : sql`(${place}, i.id) < ${from}`})
      order by ${isAscending ? sql`${place}, i.id` : sql`${place} desc, i.id desc`} limit ${page.limit}) l
    join invoice i on i.account_id = l.account_id and i.id = l.id
    order by ${isAscending ? sql`${place}, i.id` : sql`${place} desc, i.id desc`}`
}

const inState = (sql: Sql, state: InvoiceFilter, now: Date) => {
  switch (state) {
    case 'all':
      return sql`true`
    case 'open':
      return sql`i.state = 'finalized'`
    case 'past_due':
      return sql`i.state = 'finalized' and i.due_at <= ${now}`
    default:
      return sql`i.state = ${state}`
  }
}

export type InvoiceRow = InvoiceListRow & {
  key: string
  subscriptionId: bigint | null
  asOf: Date | null
  subtotalMinor: bigint
  discountMinor: bigint
  promotionalMinor: bigint
  taxMinor: bigint
  prepaidMinor: bigint
  paidMinor: bigint
  creditedMinor: bigint
  taxes: { name: string; percent: string; kind: string; inclusive: boolean; netMinor: string; taxMinor: string }[]
  seller: { name: string; address: string[]; taxId: string | null; email?: string } | null
  buyer: { name: string; address: string[]; taxId: string | null; reference?: string | null } | null
  paymentDetails: string
  finalizeAfter: Date | null
  digest: string | null
}

/** One invoice by its number or id. */
export const invoiceBy = async (
  sql: Sql,
  accountId: bigint,
  by: { number: string } | { id: bigint },
  now: Date,
): Promise<InvoiceRow | undefined> => {
  const [row] = await sql<InvoiceRow[]>`
    select i.account_id, a.name as account, i.id, i.number, i.state, i.driver, i.currency, i.period_start, i.period_end,
      i.total_minor, ${open(sql)} as open_minor, i.created_at, i.finalized_at, i.due_at, i.paid_at,
      i.state = 'finalized' and i.due_at <= ${now} as is_past_due, null as last_step, i.key, i.subscription_id, i.as_of,
      i.subtotal_minor, i.discount_minor, i.promotional_minor, i.tax_minor, i.prepaid_minor, i.paid_minor,
      i.credited_minor, i.taxes, i.seller, i.buyer, e.payment_details, i.finalize_after, i.digest
    from invoice i join account a on a.id = i.account_id join legal_entity e on e.id = i.entity_id
    where i.account_id = ${accountId} and ${'number' in by ? sql`i.number = ${by.number}` : sql`i.id = ${by.id}`}`
  return row
}

export type LineRow = {
  position: number
  kind: 'flat' | 'usage' | 'minimum' | 'proration' | 'late' | 'adjustment' | 'manual'
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

/** An invoice's lines in their places. */
export const linesOf = async (sql: Sql, accountId: bigint, invoiceId: bigint): Promise<LineRow[]> =>
  await sql<
    LineRow[]
  >`select position, kind, description, plan_version_id, price, meter, app, quantity, unit_amount, exact,
      amount_minor, service_start, service_end, adjustment_id, detail
    from invoice_line where account_id = ${accountId} and invoice_id = ${invoiceId} order by position`

export type PaymentRow = {
  id: bigint
  kind: 'payment' | 'refund' | 'chargeback'
  method: 'transfer' | 'card' | 'other'
  amountMinor: bigint
  reference: string
  receivedAt: Date
  recordedBy: string
}
export type CreditNoteRow = {
  id: bigint
  number: string
  reason: string
  totalMinor: bigint
  settledAs: 'open_balance' | 'credit' | 'refund'
  createdBy: string
  createdAt: Date
}
export type StepRow = { step: string; at: Date; detail: Record<string, unknown> }

/** What happened to an invoice since: money, credit notes, steps of collection. */
export const historyOf = async (sql: Sql, accountId: bigint, invoiceId: bigint) => {
  const [payments, creditNotes, steps] = await Promise.all([
    sql<PaymentRow[]>`select id, kind, method, amount_minor, reference, received_at, recorded_by from payment
      where account_id = ${accountId} and invoice_id = ${invoiceId} order by id`,
    sql<CreditNoteRow[]>`select id, number, reason, total_minor, settled_as, created_by, created_at from credit_note
      where account_id = ${accountId} and invoice_id = ${invoiceId} order by id`,
    sql<StepRow[]>`select step, at, detail from dunning_step
      where account_id = ${accountId} and invoice_id = ${invoiceId} order by at, step`,
  ])
  return { payments, creditNotes, steps }
}

export const ADJUSTMENT_STATES = ['proposed', 'approved', 'rejected', 'applied'] as const
export type AdjustmentRow = {
  accountId: bigint
  account: string
  id: bigint
  kind: 'abuse' | 'outage' | 'late_usage' | 'dispute' | 'manual' | 'import'
  state: (typeof ADJUSTMENT_STATES)[number]
  description: string
  currency: string
  amountMinor: bigint
  serviceStart: Date
  serviceEnd: Date
  evidence: unknown
  createdBy: string
  createdAt: Date
  decidedBy: string | null
  decidedAt: Date | null
  decision: string | null
  invoiceId: bigint | null
  invoice: string | null
}

/** Adjustments of one account or of all, newest first, below `before`. */
export const adjustmentsOf = async (
  sql: Sql,
  filter: { accountId?: bigint; account?: string | undefined; state?: AdjustmentRow['state'] | undefined },
  page: { before?: bigint | undefined; limit: number },
): Promise<AdjustmentRow[]> =>
  await sql<AdjustmentRow[]>`
    select t.account_id, a.name as account, t.id, t.kind, t.state, t.description, t.currency, t.amount_minor,
      t.service_start, t.service_end, t.evidence, t.created_by, t.created_at, t.decided_by, t.decided_at, t.decision,
      t.invoice_id, i.number as invoice
    from adjustment t join account a on a.id = t.account_id
      left join invoice i on i.account_id = t.account_id and i.id = t.invoice_id
    where (${filter.accountId ?? null}::bigint is null or t.account_id = ${filter.accountId ?? null})
      and (${filter.account ?? null}::text is null or a.name = ${filter.account ?? null})
      and (${filter.state ?? null}::text is null or t.state = ${filter.state ?? null})
      and (${page.before ?? null}::bigint is null or t.id < ${page.before ?? null})
    order by t.id desc limit ${page.limit}`

export type Totals = { currency: string; openMinor: bigint; open: number; pastDueMinor: bigint; pastDue: number }

/** What is open and past due, a currency a row, and how many drafts and proposals wait. */
export const collectionTotals = async (sql: Sql, now: Date) => {
  const [totals, [waiting]] = await Promise.all([
    sql<Totals[]>`select i.currency, sum(${open(sql)})::bigint as open_minor, count(*)::int as open,
        coalesce(sum(${open(sql)}) filter (where i.due_at <= ${now}), 0)::bigint as past_due_minor,
        count(*) filter (where i.due_at <= ${now})::int as past_due
      from invoice i where i.state = 'finalized' group by 1 order by 2 desc`,
    sql<{ drafts: number; proposed: number }[]>`select
      (select count(*)::int from invoice where state = 'draft') as drafts,
      (select count(*)::int from adjustment where state = 'proposed') as proposed`,
  ])
  return { totals: [...totals], drafts: waiting?.drafts ?? 0, proposed: waiting?.proposed ?? 0 }
}
