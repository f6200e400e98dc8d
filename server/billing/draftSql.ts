import type { Sql, Tx } from '#db/client.ts'
import { minor } from '../money.ts'
import type { Driver, InvoiceRef } from './collector.ts'
import type { CreditLeft, PendingAdjustment } from './invoiceInputs.ts'
import type { RatedLine } from './rated.ts'
import type { TaxRate } from './tax.ts'

export type DraftRow = {
  accountId: bigint
  id: bigint
  key: string
  driver: Driver
  currency: string
  entityId: bigint
  subscriptionId: bigint | null
  periodStart: Date
  periodEnd: Date
  createdAt: Date
  /** When its lines were computed last; null before. */
  asOf: Date | null
  netDays: number
  invoicePrefix: string
  /** The subscription's coupon. */
  coupon: { code: string; percent: string | null; amountMinor: string | null; duration: string } | null
  couponUntil: Date | null
  seller: { entity: string; name: string; address: string[]; country: string; taxId: string | null; email: string }
  buyer: { name: string; address: string[]; country: string | null; taxId: string | null; reference: string | null }
}

const refs = (invoices: readonly InvoiceRef[]) =>
  [invoices.map((one) => String(one.accountId)), invoices.map((one) => String(one.invoiceId))] as const

/**
 * Locks drafts and then their accounts' money, so that no other invoice of theirs takes the same adjustments, credit or late
 * usage. `wait: false` leaves out drafts that somebody else holds.
 */
export const lockDrafts = async (tx: Tx, invoices: readonly InvoiceRef[], wait: boolean): Promise<DraftRow[]> => {
  const [accounts, ids] = refs(invoices)
  const locked = await tx<{ accountId: bigint; id: bigint }[]>`
    select i.account_id, i.id from invoice i
    where (i.account_id, i.id) in (select * from unnest(${accounts}::bigint[], ${ids}::bigint[])) and i.state = 'draft'
    order by i.account_id, i.id for update of i ${wait ? tx`` : tx`skip locked`}`
  if (locked.length === 0) return []
  await tx`select 1 from billing_profile where account_id = any(${locked.map((row) => String(row.accountId))}::bigint[])
    order by account_id for no key update`
  return await readDrafts(
    tx,
    locked.map((row) => ({ accountId: row.accountId, invoiceId: row.id })),
  )
}

/** Drafts with what they are computed from, in the order of accounts. */
export const readDrafts = async (sql: Sql, invoices: readonly InvoiceRef[]): Promise<DraftRow[]> => {
  const [accounts, ids] = refs(invoices)
  return await sql<DraftRow[]>`
    select i.account_id, i.id, i.key, i.driver, i.currency, i.entity_id, i.subscription_id, i.period_start, i.period_end,
      i.created_at, i.as_of, p.net_days, e.invoice_prefix, s.coupon_until,
      case when c.id is not null and (c.currency is null or c.currency = i.currency) then json_build_object(
        'code', c.code, 'percent', c.percent, 'amountMinor', c.amount_minor::text, 'duration', c.duration) end as coupon,
      json_build_object('entity', e.key, 'name', e.name, 'address', e.address, 'country', e.country, 'taxId', e.tax_id,
        'email', e.email) as seller,
      json_build_object('name', p.name, 'address', p.address, 'country', p.country, 'taxId', p.tax_id,
        'reference', p.reference) as buyer
    from unnest(${accounts}::bigint[], ${ids}::bigint[]) as r (account_id, id)
    join invoice i on i.account_id = r.account_id and i.id = r.id
    join billing_profile p on p.account_id = i.account_id
    join legal_entity e on e.id = i.entity_id
    left join subscription s on s.account_id = i.account_id and s.id = i.subscription_id
    left join coupon c on c.id = s.coupon_id
    where i.state = 'draft' order by i.account_id, i.id`
}

type LineRow = Omit<RatedLine, 'amount' | 'service' | 'planVersionId'> & {
  invoiceId: bigint
  accountId: bigint
  planVersionId: bigint | null
  amountMinor: bigint
  serviceStart: Date
  serviceEnd: Date
}

/** The lines of drafts that were given when they were made, by account: what computing never touches. */
export const givenLines = async (sql: Sql, drafts: readonly DraftRow[]): Promise<Map<bigint, RatedLine[]>> => {
  const rows = await sql<LineRow[]>`
    select l.account_id, l.kind, l.description, l.plan_version_id, l.price, l.meter, l.app, l.quantity, l.unit_amount,
      l.exact, l.amount_minor, l.service_start, l.service_end, l.detail
    from unnest(${drafts.map((d) => String(d.accountId))}::bigint[], ${drafts.map((d) => String(d.id))}::bigint[]) as r (a, i)
    join invoice_line l on l.account_id = r.a and l.invoice_id = r.i and l.kind in ('flat', 'proration', 'manual')
    order by l.account_id, l.invoice_id, l.position`
  const given = new Map<bigint, RatedLine[]>()
  for (const { accountId, amountMinor, serviceStart, serviceEnd, planVersionId, ...line } of rows) {
    const lines = given.get(accountId) ?? []
    lines.push({
      ...line,
      planVersionId: planVersionId === null ? null : String(planVersionId),
      amount: minor(amountMinor),
      service: { start: serviceStart, end: serviceEnd },
    })
    given.set(accountId, lines)
  }
  return given
}

/** Approved adjustments that wait for an invoice of that currency, and those a draft holds already; locked, oldest first. */
export const pendingAdjustments = async (
  sql: Sql,
  drafts: readonly DraftRow[],
  lock: boolean,
): Promise<Map<bigint, PendingAdjustment[]>> => {
  const rows = await sql<
    (Omit<PendingAdjustment, 'id' | 'service'> &
      Record<'id' | 'accountId', bigint> &
      Record<'serviceStart' | 'serviceEnd', Date>)[]
  >`
    select a.account_id, a.id, a.kind, a.description, a.amount_minor, a.service_start, a.service_end
    from unnest(${drafts.map((d) => String(d.accountId))}::bigint[], ${drafts.map((d) => String(d.id))}::bigint[],
      ${drafts.map((d) => d.currency)}::text[]) as r (account_id, invoice_id, currency)
    join adjustment a on a.account_id = r.account_id and a.currency = r.currency
      and (a.state = 'approved' or (a.state = 'applied' and a.invoice_id = r.invoice_id))
    order by a.account_id, a.id ${lock ? sql`for update of a` : sql``}`
  const pending = new Map<bigint, PendingAdjustment[]>()
  for (const { accountId, id, serviceStart, serviceEnd, ...one } of rows) {
    const adjustments = pending.get(accountId) ?? []
    adjustments.push({ ...one, id: String(id), service: { start: serviceStart, end: serviceEnd } })
    pending.set(accountId, adjustments)
  }
  return pending
}

/** What is left of the accounts' grants that hold at `at`, in the order in which they are used. */
export const creditsLeft = async (
  sql: Sql,
  accountIds: readonly bigint[],
  at: Date,
): Promise<Map<bigint, (CreditLeft & { currency: string })[]>> => {
  const rows = await sql<(Omit<CreditLeft, 'id'> & { id: bigint; accountId: bigint; currency: string })[]>`
    select g.account_id, g.id, g.kind, g.currency, g.expires_at, coalesce(b.left_minor, 0) as left_minor
    from credit_grant g cross join lateral (
      select -sum(e.amount_minor)::bigint as left_minor from ledger_entry e
      where e.account_id = g.account_id and e.book = g.kind || ':' || g.id
    ) b
    where g.account_id = any(${accountIds.map(String)}::bigint[]) and g.expired_at is null
      and (g.expires_at is null or g.expires_at > ${at})
    order by g.account_id, g.priority, g.expires_at nulls last, g.id`
  const credits = new Map<bigint, (CreditLeft & { currency: string })[]>()
  for (const { accountId, id, ...credit } of rows) {
    const left = credits.get(accountId) ?? []
    left.push({ ...credit, id: String(id) })
    credits.set(accountId, left)
  }
  return credits
}

/** Promotional credit that other computed drafts of an account will use. */
export const reservedPromotional = async (sql: Sql, drafts: readonly DraftRow[]): Promise<Map<bigint, bigint>> => {
  const rows = await sql<{ accountId: bigint; reserved: bigint }[]>`
    select i.account_id, sum(i.promotional_minor)::bigint as reserved
    from unnest(${drafts.map((d) => String(d.accountId))}::bigint[], ${drafts.map((d) => String(d.id))}::bigint[]) as r (a, i)
    join invoice i on i.account_id = r.a and i.id <> r.i and i.state = 'draft' and i.promotional_minor > 0
    group by 1`
  return new Map(rows.map((row) => [row.accountId, row.reserved]))
}

/** The tax tables of legal entities. */
export const taxTables = async (sql: Sql, entityIds: readonly bigint[]): Promise<Map<bigint, TaxRate[]>> => {
  const rows = await sql<(TaxRate & { entityId: bigint })[]>`
    select entity_id, country, name, kind, percent, inclusive, valid_from, valid_until from tax_rate
    where entity_id = any(${[...new Set(entityIds)].map(String)}::bigint[]) order by entity_id, country, kind, valid_from`
  const tables = new Map<bigint, TaxRate[]>()
  for (const { entityId, ...rate } of rows) tables.set(entityId, [...(tables.get(entityId) ?? []), rate])
  return tables
}
