import { sql } from 'drizzle-orm'
import { boolean, index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { at, ref, minor, given, owner } from './columns.ts'
import { account } from './accounts.ts'
import { coupon, legalEntity, planVersion } from './catalog.ts'

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
