import { sql } from 'drizzle-orm'
import { index, integer, jsonb, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { at, id, ref } from './columns.ts'

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
