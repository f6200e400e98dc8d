import type { Sql } from '#db/client.ts'
import type { Terms } from './terms.ts'

export type PlanRow = {
  id: bigint
  key: string
  name: string
  description: string
  position: number
  isPublic: boolean
  archivedAt: Date | null
}

/** Every plan, in the order customers see them, archived ones last. */
export const plans = async (sql: Sql): Promise<PlanRow[]> =>
  await sql<PlanRow[]>`select id, key, name, description, position, is_public, archived_at from plan
    order by archived_at is not null, position, id`

export type CatalogVersion = {
  id: bigint
  planId: bigint
  plan: string
  currency: string
  interval: 'month' | 'year'
  version: number
  terms: Terms
  trialDays: number
  createdBy: string
  createdAt: Date
  publishedAt: Date | null
  digest: string
  /** Live subscriptions on it. */
  customers: number
}

/** Every version of every plan, newest first within a currency and interval. */
export const versions = async (sql: Sql): Promise<CatalogVersion[]> =>
  await sql<CatalogVersion[]>`select v.id, v.plan_id, p.key as plan, v.currency, v.interval, v.version, v.terms,
      v.trial_days, v.created_by, v.created_at, v.published_at, v.digest, coalesce(n.customers, 0)::int as customers
    from plan_version v join plan p on p.id = v.plan_id
    left join (select plan_version_id, count(*) as customers from subscription where state <> 'canceled'
      group by plan_version_id) n on n.plan_version_id = v.id
    order by v.plan_id, v.currency, v.interval, v.version desc`

export type CouponRow = {
  id: bigint
  code: string
  name: string
  percent: string | null
  amountMinor: bigint | null
  currency: string | null
  duration: 'once' | 'months' | 'forever'
  months: number | null
  mostRedemptions: number | null
  redeemed: number
  expiresAt: Date | null
  createdBy: string
  createdAt: Date
  archivedAt: Date | null
}

/** Every coupon, those that hold first. */
export const coupons = async (sql: Sql): Promise<CouponRow[]> =>
  await sql<CouponRow[]>`select id, code, name, percent, amount_minor, currency, duration, months, most_redemptions,
      redeemed, expires_at, created_by, created_at, archived_at
    from coupon order by archived_at is not null, id desc limit 200`

export type Seller = {
  key: string
  name: string
  address: string[]
  country: string
  taxId: string | null
  email: string
  paymentDetails: string
  invoicePrefix: string
}

/** The legal entity that sells by default: what invoices print. */
export const defaultSeller = async (sql: Sql): Promise<Seller | undefined> => {
  const [row] = await sql<Seller[]>`select key, name, address, country, tax_id, email, payment_details, invoice_prefix
    from legal_entity where is_default`
  return row
}

export type TaxRow = {
  id: bigint
  country: string
  name: string
  kind: 'standard' | 'reverse_charge' | 'exempt'
  percent: string
  inclusive: boolean
  validFrom: Date
  validUntil: Date | null
}

/** The default seller's tax table, by country and date of effect. */
export const taxTable = async (sql: Sql): Promise<TaxRow[]> =>
  await sql<TaxRow[]>`select t.id, t.country, t.name, t.kind, t.percent, t.inclusive, t.valid_from, t.valid_until
    from tax_rate t join legal_entity e on e.id = t.entity_id and e.is_default
    order by t.country, t.kind, t.valid_from`
