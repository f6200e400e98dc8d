import { sql } from 'drizzle-orm'
import { bigint, boolean, index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { at, bytea, ref, minor, given, owner } from './columns.ts'
import { legalEntity } from './catalog.ts'

/** An invoice. Finalized it never changes but for its state and what was paid (a trigger refuses). */
export const invoice = pgTable(
  'invoice',
  {
    accountId: owner(),
    id: given(),
    entityId: ref('entity_id')
      .notNull()
      .references(() => legalEntity.id),
    subscriptionId: ref('subscription_id'),
    driver: text('driver', { enum: ['manual', 'stripe'] }).notNull(),
    number: text('number'),
    state: text('state', { enum: ['draft', 'finalized', 'paid', 'void', 'uncollectible'] }).notNull(),
    /** States the fact it bills, such as `period:SUBSCRIPTION:START`: made twice it is one invoice. */
    key: text('key').notNull(),
    currency: text('currency').notNull(),
    periodStart: at('period_start').notNull(),
    periodEnd: at('period_end').notNull(),
    /** Until when reports were taken into account; pinned when it is finalized. */
    asOf: at('as_of'),
    subtotalMinor: minor('subtotal_minor')
      .notNull()
      .default(sql`0`),
    discountMinor: minor('discount_minor')
      .notNull()
      .default(sql`0`),
    /** Promotional credit, before tax. */
    promotionalMinor: minor('promotional_minor')
      .notNull()
      .default(sql`0`),
    taxMinor: minor('tax_minor')
      .notNull()
      .default(sql`0`),
    totalMinor: minor('total_minor')
      .notNull()
      .default(sql`0`),
    /** Prepaid credit, after tax. */
    prepaidMinor: minor('prepaid_minor')
      .notNull()
      .default(sql`0`),
    paidMinor: minor('paid_minor')
      .notNull()
      .default(sql`0`),
    /** What credit notes took off it. */
    creditedMinor: minor('credited_minor')
      .notNull()
      .default(sql`0`),
    /** `[{name, percent, kind, inclusive, netMinor, taxMinor}]`. */
    taxes: jsonb('taxes').notNull().default([]),
    /** Names and addresses of both sides as they were when it was finalized. */
    seller: jsonb('seller'),
    buyer: jsonb('buyer'),
    createdAt: at('created_at').notNull(),
    /** A draft waits for the hosts' reports until then. */
    finalizeAfter: at('finalize_after'),
    finalizedAt: at('finalized_at'),
    dueAt: at('due_at'),
    paidAt: at('paid_at'),
    closedAt: at('closed_at'),
    /** SHA-256 of the canonical text of everything it says: what replay must give again. */
    digest: text('digest'),
    stripeInvoiceId: text('stripe_invoice_id'),
    /** The newest Stripe state applied: transitions are monotonic. */
    stripeState: text('stripe_state'),
  },
  (t) => [
    primaryKey({ columns: [t.accountId, t.id] }),
    uniqueIndex('invoice_key').on(t.accountId, t.key),
    uniqueIndex('invoice_number').on(t.accountId, t.number),
    index('invoice_draft')
      .on(t.finalizeAfter)
      .where(sql`state = 'draft'`),
    index('invoice_open')
      .on(t.dueAt)
      .where(sql`state = 'finalized'`),
    index('invoice_finalized').on(t.finalizedAt),
    index('invoice_stripe').on(t.stripeInvoiceId),
  ],
)

/** A line: what, how much, over which time, at which price. Amounts are before discount and tax. */
export const invoiceLine = pgTable(
  'invoice_line',
  {
    accountId: owner(),
    invoiceId: ref('invoice_id').notNull(),
    position: integer('position').notNull(),
    kind: text('kind', {
      enum: ['flat', 'usage', 'minimum', 'proration', 'late', 'adjustment', 'manual'],
    }).notNull(),
    description: text('description').notNull(),
    planVersionId: ref('plan_version_id'),
    /** The price's key within its plan version. */
    price: text('price'),
    meter: text('meter'),
    app: text('app'),
    /** Base units (µs, MiB·s, bytes, pieces). */
    quantity: minor('quantity'),
    unitAmount: text('unit_amount'),
    /** The exact amount in minor units before the one rounding, as a fraction or decimal. */
    exact: text('exact').notNull(),
    amountMinor: minor('amount_minor').notNull(),
    serviceStart: at('service_start').notNull(),
    serviceEnd: at('service_end').notNull(),
    adjustmentId: ref('adjustment_id'),
    detail: jsonb('detail').notNull().default({}),
  },
  (t) => [primaryKey({ columns: [t.accountId, t.invoiceId, t.position] })],
)

/** Everything an invoice was computed from, deflated canonical JSON: replaying it gives the same bytes. */
export const invoiceInput = pgTable(
  'invoice_input',
  { accountId: owner(), invoiceId: ref('invoice_id').notNull(), body: bytea('body').notNull() },
  (t) => [primaryKey({ columns: [t.accountId, t.invoiceId] })],
)

/** The reports that bracket an invoice's windows: what proves its usage. */
export const invoicePin = pgTable(
  'invoice_pin',
  {
    accountId: owner(),
    invoiceId: ref('invoice_id').notNull(),
    hostId: integer('host_id').notNull(),
    seq: bigint('seq', { mode: 'number' }).notNull(),
    digest: bytea('digest').notNull(),
    receivedAt: at('received_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.accountId, t.invoiceId, t.hostId, t.seq] })],
)

/**
 * What proves an invoice's usage, found once after it was finalized: `WindowEvidence` of server/billing/evidence.ts, deflated
 * canonical JSON. The reports it points at are `invoice_pin`.
 */
export const invoiceEvidence = pgTable(
  'invoice_evidence',
  {
    accountId: owner(),
    invoiceId: ref('invoice_id').notNull(),
    body: bytea('body').notNull(),
    /** Whether what the reports prove is what was billed. */
    agrees: boolean('agrees').notNull(),
    /** Apps and meters for which it is not, a line each. */
    apart: text('apart').array().notNull().default([]),
    sealedAt: at('sealed_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.accountId, t.invoiceId] })],
)

/** What an account was billed for of a closed window: the base that late usage is measured against. */
export const billedUsage = pgTable(
  'billed_usage',
  {
    accountId: owner(),
    fromHour: integer('from_hour').notNull(),
    untilHour: integer('until_hour').notNull(),
    app: text('app').notNull(),
    meter: text('meter').notNull(),
    planVersionId: ref('plan_version_id').notNull(),
    quantity: minor('quantity').notNull(),
  },
  (t) => [primaryKey({ columns: [t.accountId, t.fromHour, t.app, t.meter] })],
)

/**
 * A closed window of usage: a stretch of one plan version in a period, with the terms' place in it. What its hours come to
 * later is measured against `billed_usage` of it, also where nothing had been used.
 */
export const billedWindow = pgTable(
  'billed_window',
  {
    accountId: owner(),
    fromHour: integer('from_hour').notNull(),
    untilHour: integer('until_hour').notNull(),
    planVersionId: ref('plan_version_id').notNull(),
    state: text('state', { enum: ['trialing', 'active', 'paused'] }).notNull(),
    startAt: at('start_at').notNull(),
    endAt: at('end_at').notNull(),
    periodStart: at('period_start').notNull(),
    periodEnd: at('period_end').notNull(),
    invoiceId: ref('invoice_id').notNull(),
  },
  (t) => [primaryKey({ columns: [t.accountId, t.fromHour] })],
)

/** Money given back on a finalized invoice. Numbered like invoices; it never changes. */
export const creditNote = pgTable(
  'credit_note',
  {
    accountId: owner(),
    id: given(),
    invoiceId: ref('invoice_id').notNull(),
    number: text('number').notNull(),
    key: text('key').notNull(),
    reason: text('reason').notNull(),
    /** `[{position, description, amountMinor}]`; positive takes off. */
    lines: jsonb('lines').notNull(),
    netMinor: minor('net_minor').notNull(),
    taxMinor: minor('tax_minor').notNull(),
    totalMinor: minor('total_minor').notNull(),
    /** Where the money went: off what is open, back as prepaid credit, or refunded. */
    settledAs: text('settled_as', { enum: ['open_balance', 'credit', 'refund'] }).notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: at('created_at').notNull(),
    stripeCreditNoteId: text('stripe_credit_note_id'),
  },
  (t) => [
    primaryKey({ columns: [t.accountId, t.id] }),
    uniqueIndex('credit_note_key').on(t.accountId, t.key),
    uniqueIndex('credit_note_number').on(t.accountId, t.number),
  ],
)
