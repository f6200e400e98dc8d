import { sql } from 'drizzle-orm'
import { index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { at, ref, minor, given, owner } from './columns.ts'

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
