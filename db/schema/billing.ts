import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core'
import { at, bytea, id, ref } from './columns.ts'
import { account } from './accounts.ts'

/** An amount in the currency's minor units. */
const minor = (name: string) => bigint(name, { mode: 'bigint' })
/** A number the database gives out, in a table whose key begins with the account. */
const given = () => bigint('id', { mode: 'bigint' }).notNull().generatedAlwaysAsIdentity()
const owner = () => ref('account_id').notNull()

// ---- what is sold -------------------------------------------------------------------------------------------------

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

// ---- who buys -----------------------------------------------------------------------------------------------------

/** How an account is billed. Card data never comes here: the last four digits are what Stripe tells us to show. */
export const billingProfile = pgTable('billing_profile', {
  accountId: ref('account_id')
    .primaryKey()
    .references(() => account.id),
  entityId: ref('entity_id')
    .notNull()
    .references(() => legalEntity.id),
  currency: text('currency').notNull(),
  driver: text('driver', { enum: ['manual', 'stripe'] }).notNull(),
  name: text('name').notNull(),
  address: text('address').array().notNull().default([]),
  country: text('country'),
  taxId: text('tax_id'),
  /** A purchase order or the like, printed on invoices. */
  reference: text('reference'),
  /** Who gets invoices and reminders, beside the account's owners and billing members. */
  contacts: text('contacts').array().notNull().default([]),
  netDays: integer('net_days').notNull().default(14),
  /** Before tax, a billing period. */
  budgetMinor: minor('budget_minor'),
  capMinor: minor('cap_minor'),
  capAction: text('cap_action', { enum: ['notify', 'throttle', 'stop'] })
    .notNull()
    .default('notify'),
  stripeCustomerId: text('stripe_customer_id').unique(),
  /** `{brand, last4, expMonth, expYear}` as Stripe shows it. */
  card: jsonb('card'),
  updatedAt: at('updated_at').notNull().defaultNow(),
})

/** An account's plan. At most one is live; periods are half-open and follow each other without a gap. */
export const subscription = pgTable(
  'subscription',
  {
    accountId: owner(),
    id: given(),
    planVersionId: ref('plan_version_id')
      .notNull()
      .references(() => planVersion.id),
    state: text('state', { enum: ['trialing', 'active', 'past_due', 'paused', 'canceled'] }).notNull(),
    /** Licensed quantities by price key: `{"repositories": 20}`. */
    quantities: jsonb('quantities').notNull().default({}),
    startedAt: at('started_at').notNull(),
    /** The instant its months are counted from: 31 January gives 28 February, then 31 March. */
    anchorAt: at('anchor_at').notNull(),
    /** The running month of usage, also on yearly plans. */
    periodStart: at('period_start').notNull(),
    periodEnd: at('period_end').notNull(),
    /** What the flat prices are paid for; equals the period on monthly plans. */
    paidFrom: at('paid_from').notNull(),
    paidUntil: at('paid_until').notNull(),
    trialEnd: at('trial_end'),
    cancelAtPeriodEnd: boolean('cancel_at_period_end').notNull().default(false),
    canceledAt: at('canceled_at'),
    pausedAt: at('paused_at'),
    couponId: ref('coupon_id').references(() => coupon.id),
    couponUntil: at('coupon_until'),
    stripeSubscriptionId: text('stripe_subscription_id'),
  },
  (t) => [
    primaryKey({ columns: [t.accountId, t.id] }),
    uniqueIndex('subscription_live')
      .on(t.accountId)
      .where(sql`state <> 'canceled'`),
    index('subscription_due')
      .on(t.periodEnd)
      .where(sql`state <> 'canceled'`),
  ],
)

/**
 * Which terms held when: `[from, until)`, appended by every start, change, pause and end. Rating a period reads these, so
 * that a plan changed twice in a minute is billed by what was true in each second.
 */
export const subscriptionTerm = pgTable(
  'subscription_term',
  {
    accountId: owner(),
    id: given(),
    subscriptionId: ref('subscription_id').notNull(),
    planVersionId: ref('plan_version_id')
      .notNull()
      .references(() => planVersion.id),
    quantities: jsonb('quantities').notNull(),
    state: text('state', { enum: ['trialing', 'active', 'paused'] }).notNull(),
    fromAt: at('from_at').notNull(),
    untilAt: at('until_at'),
  },
  (t) => [
    primaryKey({ columns: [t.accountId, t.id] }),
    index('subscription_term_of').on(t.accountId, t.subscriptionId, t.fromAt),
  ],
)

// ---- what is owed -------------------------------------------------------------------------------------------------

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

/** Money that came, or (negative) went back. `key` states the fact: a repeat is the same payment. */
export const payment = pgTable(
  'payment',
  {
    accountId: owner(),
    id: given(),
    invoiceId: ref('invoice_id'),
    kind: text('kind', { enum: ['payment', 'refund', 'chargeback'] }).notNull(),
    method: text('method', { enum: ['transfer', 'card', 'other'] }).notNull(),
    amountMinor: minor('amount_minor').notNull(),
    currency: text('currency').notNull(),
    key: text('key').notNull(),
    reference: text('reference').notNull().default(''),
    receivedAt: at('received_at').notNull(),
    recordedBy: text('recorded_by').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.accountId, t.id] }),
    uniqueIndex('payment_key').on(t.accountId, t.key),
    index('payment_invoice').on(t.accountId, t.invoiceId),
  ],
)

/** Credit to use up: promotional before tax, prepaid after. Its balance is derived from the ledger. */
export const creditGrant = pgTable(
  'credit_grant',
  {
    accountId: owner(),
    id: given(),
    kind: text('kind', { enum: ['prepaid', 'promotional'] }).notNull(),
    currency: text('currency').notNull(),
    amountMinor: minor('amount_minor').notNull(),
    /** Lower is used first; then what expires first, then the older. */
    priority: integer('priority').notNull().default(100),
    reason: text('reason').notNull(),
    key: text('key').notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: at('created_at').notNull(),
    expiresAt: at('expires_at'),
    expiredAt: at('expired_at'),
  },
  (t) => [primaryKey({ columns: [t.accountId, t.id] }), uniqueIndex('credit_grant_key').on(t.accountId, t.key)],
)

/** A money fact in the double-entry ledger; `key` states it. Append-only. */
export const ledgerTransaction = pgTable(
  'ledger_transaction',
  {
    accountId: owner(),
    id: given(),
    at: at('at').notNull(),
    kind: text('kind').notNull(),
    key: text('key').notNull(),
    description: text('description').notNull(),
  },
  (t) => [primaryKey({ columns: [t.accountId, t.id] }), uniqueIndex('ledger_transaction_key').on(t.accountId, t.key)],
)

/** Entries of a transaction sum to zero a currency (a deferred trigger refuses otherwise). Debits are positive. */
export const ledgerEntry = pgTable(
  'ledger_entry',
  {
    accountId: owner(),
    transactionId: ref('transaction_id').notNull(),
    position: integer('position').notNull(),
    /** `receivable`, `revenue`, `tax`, `cash`, `bad_debt`, `prepaid:GRANT`, `promotional:GRANT`, `promotion`. */
    book: text('book').notNull(),
    currency: text('currency').notNull(),
    amountMinor: minor('amount_minor').notNull(),
    invoiceId: ref('invoice_id'),
  },
  (t) => [
    primaryKey({ columns: [t.accountId, t.transactionId, t.position] }),
    index('ledger_entry_book').on(t.accountId, t.book),
  ],
)

/** A correction in a customer's favour or not, with its evidence: credits for hijacks need an admin. */
export const adjustment = pgTable(
  'adjustment',
  {
    accountId: owner(),
    id: given(),
    kind: text('kind', { enum: ['abuse', 'outage', 'late_usage', 'dispute', 'manual', 'import'] }).notNull(),
    state: text('state', { enum: ['proposed', 'approved', 'rejected', 'applied'] }).notNull(),
    /** States the fact: a window is credited once; corrections post differences under keys of their own. */
    key: text('key').notNull(),
    description: text('description').notNull(),
    currency: text('currency').notNull(),
    /** Before tax; negative is in the customer's favour. */
    amountMinor: minor('amount_minor').notNull(),
    serviceStart: at('service_start').notNull(),
    serviceEnd: at('service_end').notNull(),
    evidence: jsonb('evidence').notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: at('created_at').notNull(),
    decidedBy: text('decided_by'),
    decidedAt: at('decided_at'),
    decision: text('decision'),
    invoiceId: ref('invoice_id'),
  },
  (t) => [
    primaryKey({ columns: [t.accountId, t.id] }),
    uniqueIndex('adjustment_key').on(t.accountId, t.key),
    index('adjustment_proposed')
      .on(t.createdAt)
      .where(sql`state = 'proposed'`),
  ],
)

/** A customer's question about a line, and the replay with a corrected input beside the original. */
export const billingDispute = pgTable(
  'billing_dispute',
  {
    accountId: owner(),
    id: given(),
    invoiceId: ref('invoice_id').notNull(),
    /** Null asks about the whole invoice. */
    position: integer('position'),
    question: text('question').notNull(),
    state: text('state', { enum: ['open', 'upheld', 'rejected'] }).notNull(),
    openedBy: text('opened_by').notNull(),
    openedAt: at('opened_at').notNull(),
    /** The corrected input and what it gives, as last replayed. */
    replay: jsonb('replay'),
    answer: text('answer'),
    closedBy: text('closed_by'),
    closedAt: at('closed_at'),
  },
  (t) => [
    primaryKey({ columns: [t.accountId, t.id] }),
    index('billing_dispute_open')
      .on(t.openedAt)
      .where(sql`state = 'open'`),
  ],
)

/** What a running period has cost so far: the base of budgets' alerts and of caps. */
export const spendState = pgTable(
  'spend_state',
  {
    accountId: owner(),
    periodStart: at('period_start').notNull(),
    spentMinor: minor('spent_minor').notNull(),
    computedAt: at('computed_at').notNull(),
    /** The greatest share of the budget that was told: 0, 50, 80 or 100. */
    toldPercent: integer('told_percent').notNull().default(0),
    capCrossedAt: at('cap_crossed_at'),
    cappedAt: at('capped_at'),
    liftedAt: at('lifted_at'),
  },
  (t) => [primaryKey({ columns: [t.accountId, t.periodStart] })],
)

/** Steps of collection on an unpaid invoice, each once: failed, reminded, grace, suspended, restored. Append-only. */
export const dunningStep = pgTable(
  'dunning_step',
  {
    accountId: owner(),
    invoiceId: ref('invoice_id').notNull(),
    step: text('step').notNull(),
    at: at('at').notNull(),
    detail: jsonb('detail').notNull().default({}),
  },
  (t) => [primaryKey({ columns: [t.accountId, t.invoiceId, t.step] })],
)

// ---- Stripe -------------------------------------------------------------------------------------------------------

/** Every webhook as it came, once an event id; what it is about is fetched anew before anything is done. */
export const stripeEvent = pgTable(
  'stripe_event',
  {
    id: text('id').primaryKey(),
    type: text('type').notNull(),
    objectId: text('object_id'),
    body: jsonb('body').notNull(),
    receivedAt: at('received_at').notNull(),
    processedAt: at('processed_at'),
    lastError: text('last_error'),
  },
  (t) => [
    index('stripe_event_open')
      .on(t.receivedAt)
      .where(sql`processed_at is null`),
  ],
)

/** Calls to Stripe to make, each with a key from the fact it states: repeating is harmless. */
export const stripeCall = pgTable(
  'stripe_call',
  {
    id: id(),
    accountId: ref('account_id').notNull(),
    kind: text('kind').notNull(),
    key: text('key').notNull().unique(),
    payload: jsonb('payload').notNull(),
    state: text('state', { enum: ['pending', 'done', 'failed'] }).notNull(),
    attempts: integer('attempts').notNull().default(0),
    result: jsonb('result'),
    lastError: text('last_error'),
    createdAt: at('created_at').notNull(),
    finishedAt: at('finished_at'),
  },
  (t) => [
    index('stripe_call_open')
      .on(t.id)
      .where(sql`state = 'pending'`),
  ],
)

/** What the nightly comparison with Stripe found; `resolvedAt` once a later one no longer finds it. */
export const stripeDrift = pgTable(
  'stripe_drift',
  {
    id: id(),
    accountId: ref('account_id'),
    kind: text('kind').notNull(),
    objectId: text('object_id').notNull(),
    ours: text('ours'),
    theirs: text('theirs'),
    foundAt: at('found_at').notNull(),
    lastSeenAt: at('last_seen_at').notNull(),
    resolvedAt: at('resolved_at'),
  },
  (t) => [
    uniqueIndex('stripe_drift_open')
      .on(t.kind, t.objectId)
      .where(sql`resolved_at is null`),
  ],
)
