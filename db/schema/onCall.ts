import { sql } from 'drizzle-orm'
import { bigint, boolean, index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { at, bytea, id, ref } from './columns.ts'
import { account } from './accounts.ts'
import { authUser } from './auth.ts'
import { incident, incidentUpdate } from './incidents.ts'

/** An alert from outside or of our own. Upserted on (source, fingerprint, start): sent twice it is one. */
export const alert = pgTable(
  'alert',
  {
    id: id(),
    source: text('source').notNull(),
    fingerprint: text('fingerprint').notNull(),
    startsAt: at('starts_at').notNull(),
    endsAt: at('ends_at'),
    severity: text('severity', { enum: ['info', 'warning', 'critical'] }).notNull(),
    title: text('title').notNull(),
    labels: jsonb('labels').notNull(),
    annotations: jsonb('annotations').notNull(),
    link: text('link'),
    hostIds: integer('host_ids').array().notNull().default([]),
    /** Alerts of one source and group page once, and share one incident. */
    groupKey: text('group_key').notNull().default(''),
    incidentId: ref('incident_id').references(() => incident.id),
    silencedBy: ref('silenced_by'),
    acknowledgedAt: at('acknowledged_at'),
    acknowledgedBy: text('acknowledged_by'),
    receivedAt: at('received_at').notNull(),
    lastSeenAt: at('last_seen_at').notNull(),
  },
  (t) => [
    uniqueIndex('alert_once').on(t.source, t.fingerprint, t.startsAt),
    index('alert_firing')
      .on(t.id)
      .where(sql`ends_at is null`),
    index('alert_received').on(t.receivedAt),
  ],
)

/** Alerts whose labels match all of these are kept, and wake nobody. */
export const silence = pgTable('silence', {
  id: id(),
  matchers: jsonb('matchers').notNull(),
  startsAt: at('starts_at').notNull(),
  endsAt: at('ends_at').notNull(),
  comment: text('comment').notNull(),
  createdBy: text('created_by').notNull(),
  createdAt: at('created_at').notNull().defaultNow(),
  endedAt: at('ended_at'),
})

/** Where alerts come from outside: a token a source, good for sending alerts and nothing else. */
export const alertSource = pgTable('alert_source', {
  id: id(),
  name: text('name').notNull().unique(),
  tokenHash: bytea('token_hash').notNull().unique(),
  createdBy: text('created_by').notNull(),
  createdAt: at('created_at').notNull().defaultNow(),
  lastUsedAt: at('last_used_at'),
  removedAt: at('removed_at'),
})

/** A dead man's switch: something outside that calls every so often; when it does not, people are paged. */
export const heartbeat = pgTable('heartbeat', {
  id: id(),
  name: text('name').notNull().unique(),
  tokenHash: bytea('token_hash').notNull().unique(),
  everyMinutes: integer('every_minutes').notNull(),
  graceMinutes: integer('grace_minutes').notNull(),
  /** Null until the first call: what never called is not missed. */
  lastAt: at('last_at'),
  /** Since when it is missed. */
  missedAt: at('missed_at'),
  createdBy: text('created_by').notNull(),
  createdAt: at('created_at').notNull().defaultNow(),
  removedAt: at('removed_at'),
})

/** When paging was last seen to work, for whoever watches it from outside. One row. */
export const pagingWatch = pgTable('paging_watch', {
  id: integer('id').primaryKey(),
  at: at('at').notNull(),
})

/** Who is on call when. `layers` and their rotations are `Schedule` of `server/incidents/schedule.ts`, in its own time zone. */
export const onCallSchedule = pgTable('on_call_schedule', {
  id: id(),
  name: text('name').notNull().unique(),
  timeZone: text('time_zone').notNull(),
  layers: jsonb('layers').notNull(),
  updatedBy: text('updated_by').notNull(),
  updatedAt: at('updated_at').notNull().defaultNow(),
  removedAt: at('removed_at'),
})

/** Somebody takes `[fromAt, untilAt)`, whatever the rotation says. */
export const onCallOverride = pgTable(
  'on_call_override',
  {
    id: id(),
    scheduleId: ref('schedule_id')
      .notNull()
      .references(() => onCallSchedule.id),
    userId: text('user_id')
      .notNull()
      .references(() => authUser.id, { onDelete: 'cascade' }),
    fromAt: at('from_at').notNull(),
    untilAt: at('until_at').notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
    removedAt: at('removed_at'),
  },
  (t) => [index('on_call_override_of').on(t.scheduleId, t.fromAt)],
)

/** Steps, each `{afterMinutes, targets: [{schedule} | {user}]}`; the last repeats until somebody acknowledges. */
export const escalationPolicy = pgTable('escalation_policy', {
  id: id(),
  name: text('name').notNull().unique(),
  steps: jsonb('steps').notNull(),
  repeatMinutes: integer('repeat_minutes').notNull().default(5),
  /** Matchers on an alert's labels; the first policy by position that matches pages. */
  matchers: jsonb('matchers').notNull().default([]),
  position: integer('position').notNull().default(100),
  updatedBy: text('updated_by').notNull(),
  updatedAt: at('updated_at').notNull().defaultNow(),
  removedAt: at('removed_at'),
})

/** How a person is reached. `settings` and the sealed secret are its kind's own; `address` is what people tell it by. */
export const contactMethod = pgTable(
  'contact_method',
  {
    id: id(),
    userId: text('user_id')
      .notNull()
      .references(() => authUser.id, { onDelete: 'cascade' }),
    kind: text('kind').notNull(),
    address: text('address').notNull(),
    settings: jsonb('settings').notNull().default({}),
    sealedSecret: text('sealed_secret'),
    position: integer('position').notNull().default(0),
    createdAt: at('created_at').notNull().defaultNow(),
    removedAt: at('removed_at'),
  },
  (t) => [index('contact_method_user').on(t.userId)],
)

/** A person is being woken until somebody acknowledges. */
export const page = pgTable(
  'page',
  {
    id: id(),
    /** States the fact: an alert, or a promise that was missed. */
    key: text('key').notNull().unique(),
    title: text('title').notNull(),
    body: text('body').notNull().default(''),
    /** Of alerts: the source and group it stands for. */
    groupKey: text('group_key'),
    alertId: ref('alert_id').references(() => alert.id),
    incidentId: ref('incident_id').references(() => incident.id),
    policyId: ref('policy_id').references(() => escalationPolicy.id),
    isDrill: boolean('is_drill').notNull().default(false),
    state: text('state', { enum: ['open', 'acknowledged', 'resolved'] }).notNull(),
    /** The policy's step that comes next, and how many rounds of messages went out. */
    step: integer('step').notNull().default(0),
    round: integer('round').notNull().default(0),
    nextAt: at('next_at'),
    openedAt: at('opened_at').notNull(),
    acknowledgedAt: at('acknowledged_at'),
    acknowledgedBy: text('acknowledged_by'),
    resolvedAt: at('resolved_at'),
  },
  (t) => [
    index('page_due')
      .on(t.nextAt)
      .where(sql`state = 'open'`),
    index('page_incident').on(t.incidentId),
  ],
)

/** One message to one person about a page, with its result. */
export const pageMessage = pgTable(
  'page_message',
  {
    id: id(),
    pageId: ref('page_id')
      .notNull()
      .references(() => page.id),
    round: integer('round').notNull(),
    userId: text('user_id').notNull(),
    contactId: ref('contact_id'),
    kind: text('kind').notNull(),
    address: text('address').notNull(),
    state: text('state', { enum: ['pending', 'sent', 'failed', 'skipped'] }).notNull(),
    detail: text('detail').notNull().default(''),
    attempts: integer('attempts').notNull().default(0),
    /** When it is tried; null once it is sent or given up. */
    nextAt: at('next_at'),
    createdAt: at('created_at').notNull(),
    sentAt: at('sent_at'),
  },
  (t) => [
    uniqueIndex('page_message_once').on(t.pageId, t.round, t.userId, t.kind, t.address),
    index('page_message_due')
      .on(t.nextAt)
      .where(sql`state = 'pending'`),
  ],
)

/** The status page's own words: name, logo, domain, where it is written to. One row. */
export const statusPage = pgTable('status_page', {
  id: integer('id').primaryKey(),
  settings: jsonb('settings').notNull(),
  /** Grows with every change that the page shows; what was rendered names it. */
  revision: bigint('revision', { mode: 'bigint' }).notNull(),
  renderedRevision: bigint('rendered_revision', { mode: 'bigint' }),
  renderedAt: at('rendered_at'),
  lastError: text('last_error'),
})

/** Accounts that closed the banner of an update. */
export const bannerClosed = pgTable(
  'banner_closed',
  {
    userId: text('user_id')
      .notNull()
      .references(() => authUser.id, { onDelete: 'cascade' }),
    updateId: ref('update_id')
      .notNull()
      .references(() => incidentUpdate.id),
    accountId: ref('account_id')
      .notNull()
      .references(() => account.id),
    at: at('at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.userId, t.updateId, t.accountId] })],
)
