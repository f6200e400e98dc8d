import { sql } from 'drizzle-orm'
import { boolean, index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { at, id, ref } from './columns.ts'
import { incidentUpdate } from './incidents.ts'

/** A place updates go to. `settings` is its adapter's; what is secret in it is sealed apart. */
export const channel = pgTable('channel', {
  id: id(),
  kind: text('kind').notNull(),
  name: text('name').notNull(),
  isPublic: boolean('is_public').notNull().default(true),
  settings: jsonb('settings').notNull(),
  sealedSecret: text('sealed_secret'),
  position: integer('position').notNull().default(0),
  enabled: boolean('enabled').notNull().default(true),
  /** As last tried: what is wrong, in words, and since when. */
  health: text('health', { enum: ['unknown', 'ok', 'failing', 'unauthorized'] })
    .notNull()
    .default('unknown'),
  healthDetail: text('health_detail'),
  healthAt: at('health_at'),
  /** The destination asked to wait until then. */
  waitUntil: at('wait_until'),
  createdBy: text('created_by').notNull(),
  createdAt: at('created_at').notNull().defaultNow(),
  removedAt: at('removed_at'),
})

/** Somebody who asked to be told. Links in what they get are signed with WHARF_SECRET; nothing of them is kept. */
export const subscriber = pgTable(
  'subscriber',
  {
    id: id(),
    kind: text('kind', { enum: ['email', 'webhook', 'slack'] }).notNull(),
    /** The address as people read it, normalised: of a Slack webhook without the part that is secret. */
    address: text('address').notNull(),
    /** Of Slack: which channel and where its API is; of a webhook of Slack nothing. */
    settings: jsonb('settings').notNull().default({}),
    /** A webhook's signing secret; Slack's token or webhook URL. */
    sealedSecret: text('sealed_secret'),
    /** Keys of components; null is all. */
    components: text('components').array(),
    createdBy: text('created_by').notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
    /** When they were last asked to confirm, or told that they are subscribed already. */
    askedAt: at('asked_at'),
    confirmedAt: at('confirmed_at'),
    unsubscribedAt: at('unsubscribed_at'),
    /** Sent nothing any more until they confirm anew: it came back. */
    quarantinedAt: at('quarantined_at'),
    quarantineReason: text('quarantine_reason'),
    bounces: integer('bounces').notNull().default(0),
  },
  (t) => [
    uniqueIndex('subscriber_address')
      .on(t.kind, t.address)
      .where(sql`unsubscribed_at is null`),
    index('subscriber_told')
      .on(t.id)
      .where(sql`confirmed_at is not null and unsubscribed_at is null and quarantined_at is null`),
  ],
)

/** The frozen text of an update for all subscribers of a kind; what differs between them is their own links. */
export const subscriberText = pgTable(
  'subscriber_text',
  {
    updateId: ref('update_id')
      .notNull()
      .references(() => incidentUpdate.id),
    kind: text('kind').notNull(),
    body: jsonb('body').notNull(),
  },
  (t) => [primaryKey({ columns: [t.updateId, t.kind] })],
)

/** One update for one target, with its frozen text: every retry sends the same bytes. */
export const delivery = pgTable(
  'delivery',
  {
    id: id(),
    // Without foreign keys: an update may have ten thousand, checked one by one while somebody waits. Neither an update nor
    // a subscriber who was sent something is ever deleted.
    updateId: ref('update_id').notNull(),
    incidentId: ref('incident_id').notNull(),
    channelId: ref('channel_id').references(() => channel.id),
    subscriberId: ref('subscriber_id'),
    /** Of a mail to somebody who answers for an affected account: their address as it was when this was posted. */
    recipient: text('recipient'),
    /** `channel:7`, `subscriber:1204`, `customer:USER`, `status`, `banner`. */
    target: text('target').notNull(),
    action: text('action', { enum: ['post', 'edit', 'delete'] }).notNull(),
    body: jsonb('body').notNull(),
    /** Sent as the idempotency key where the channel takes one. */
    key: text('key').notNull(),
    state: text('state', {
      enum: ['pending', 'sending', 'delivered', 'retryable', 'permanent', 'unknown', 'superseded', 'skipped'],
    }).notNull(),
    attempts: integer('attempts').notNull().default(0),
    nextAt: at('next_at'),
    /** When a worker took it; a `sending` one that is old was interrupted and is unknown. */
    takenAt: at('taken_at'),
    /** `{id, url, …}`: what the channel answered. */
    receipt: jsonb('receipt'),
    lastError: text('last_error'),
    acceptedAt: at('accepted_at'),
    createdAt: at('created_at').notNull(),
  },
  (t) => [
    uniqueIndex('delivery_once').on(t.updateId, t.target, t.action),
    index('delivery_due')
      .on(t.nextAt)
      .where(sql`state in ('pending', 'retryable', 'sending', 'unknown')`),
    index('delivery_target').on(t.target, t.incidentId, t.id),
    index('delivery_recipient')
      .on(t.incidentId)
      .where(sql`recipient is not null`),
  ],
)

/** Each try of a delivery. Append-only. */
export const deliveryAttempt = pgTable(
  'delivery_attempt',
  {
    deliveryId: ref('delivery_id').notNull(),
    number: integer('number').notNull(),
    at: at('at').notNull(),
    outcome: text('outcome').notNull(),
    detail: text('detail').notNull().default(''),
    tookMs: integer('took_ms').notNull(),
  },
  (t) => [primaryKey({ columns: [t.deliveryId, t.number] })],
)
