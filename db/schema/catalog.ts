import { sql } from 'drizzle-orm'
import { boolean, check, integer, jsonb, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { at, id, ref, minor } from './columns.ts'

/** Who sells: the name, address and tax id on invoices, and whose numbers run without a gap. */
export const legalEntity = pgTable('legal_entity', {
  id: id(),
  key: text('key').notNull().unique(),
  name: text('name').notNull(),
  /** Lines of the postal address. */
  address: text('address').array().notNull(),
  /** ISO 3166-1 alpha-2. */
  country: text('country').notNull(),
  taxId: text('tax_id'),
  email: text('email').notNull(),
  /** How to pay by transfer: printed on invoices. */
  paymentDetails: text('payment_details').notNull().default(''),
  invoicePrefix: text('invoice_prefix').notNull(),
  isDefault: boolean('is_default').notNull().default(false),
})

/** The last number given out a legal entity and series; taken in the finalizing transaction, so there are no gaps. */
export const numberSeries = pgTable(
  'number_series',
  {
    entityId: ref('entity_id')
      .notNull()
      .references(() => legalEntity.id),
    series: text('series', { enum: ['invoice', 'credit_note'] }).notNull(),
    year: integer('year').notNull(),
    last: integer('last').notNull().default(0),
  },
  (t) => [primaryKey({ columns: [t.entityId, t.series, t.year] })],
)

/** A tax rate with its dates of effect. `country` is the customer's; reverse charge needs a tax id. */
export const taxRate = pgTable(
  'tax_rate',
  {
    id: id(),
    entityId: ref('entity_id')
      .notNull()
      .references(() => legalEntity.id),
    country: text('country').notNull(),
    name: text('name').notNull(),
    kind: text('kind', { enum: ['standard', 'reverse_charge', 'exempt'] }).notNull(),
    /** Percent as a decimal: `21`, `7.7`. */
    percent: text('percent').notNull(),
    inclusive: boolean('inclusive').notNull().default(false),
    validFrom: at('valid_from').notNull(),
    validUntil: at('valid_until'),
  },
  (t) => [uniqueIndex('tax_rate_valid').on(t.entityId, t.country, t.kind, t.validFrom)],
)

/** What is offered: Free, Team, Business, Cloud. `key` is the account's plan, which quotas refer to. */
export const plan = pgTable('plan', {
  id: id(),
  key: text('key').notNull().unique(),
  name: text('name').notNull(),
  description: text('description').notNull().default(''),
  position: integer('position').notNull().default(0),
  /** Whether customers may choose it themselves. */
  isPublic: boolean('is_public').notNull().default(true),
  archivedAt: at('archived_at'),
})

/**
 * One version of a plan in one currency and interval. Published, it never changes (a trigger refuses): customers stay on
 * theirs until they are moved. `terms` is `PriceVersion` of `server/billing/terms.ts`: prices, minimum, entitlements, promise.
 */
export const planVersion = pgTable(
  'plan_version',
  {
    id: id(),
    planId: ref('plan_id')
      .notNull()
      .references(() => plan.id),
    currency: text('currency').notNull(),
    interval: text('interval', { enum: ['month', 'year'] }).notNull(),
    version: integer('version').notNull(),
    terms: jsonb('terms').notNull(),
    trialDays: integer('trial_days').notNull().default(0),
    createdBy: text('created_by').notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
    /** Null while it is a draft. The newest published one is what new customers get. */
    publishedAt: at('published_at'),
    /** SHA-256 of the terms' canonical text, so that an invoice can name exactly what it was rated by. */
    digest: text('digest').notNull(),
  },
  (t) => [uniqueIndex('plan_version_number').on(t.planId, t.currency, t.interval, t.version)],
)

/** Money off: a percentage or an amount, once, for some months, or for ever. */
export const coupon = pgTable(
  'coupon',
  {
    id: id(),
    code: text('code').notNull().unique(),
    name: text('name').notNull(),
    percent: text('percent'),
    amountMinor: minor('amount_minor'),
    currency: text('currency'),
    duration: text('duration', { enum: ['once', 'months', 'forever'] }).notNull(),
    months: integer('months'),
    mostRedemptions: integer('most_redemptions'),
    redeemed: integer('redeemed').notNull().default(0),
    expiresAt: at('expires_at'),
    createdBy: text('created_by').notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
    archivedAt: at('archived_at'),
  },
  (t) => [
    check('coupon_value', sql`(${t.percent} is null) <> (${t.amountMinor} is null)`),
    check('coupon_redemptions', sql`${t.mostRedemptions} is null or ${t.redeemed} <= ${t.mostRedemptions}`),
  ],
)
