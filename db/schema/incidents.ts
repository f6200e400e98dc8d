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
import { authUser } from './auth.ts'
import { cluster, host } from './hosts.ts'

const status = (name: string) =>
  text(name, {
    enum: ['operational', 'degraded_performance', 'partial_outage', 'major_outage', 'under_maintenance'],
  }).notNull()
const impact = (name: string) => text(name, { enum: ['none', 'minor', 'major', 'critical', 'maintenance'] })

// ---- what can be out ----------------------------------------------------------------------------------------------

export const componentGroup = pgTable('component_group', {
  id: id(),
  name: text('name').notNull().unique(),
  position: integer('position').notNull().default(0),
})

/** A service as customers know it. Its status is what incidents and maintenances that are open make of it. */
export const component = pgTable('component', {
  id: id(),
  groupId: ref('group_id').references(() => componentGroup.id),
  /** Part of URLs and of the public API; never changes. */
  key: text('key').notNull().unique(),
  name: text('name').notNull(),
  description: text('description').notNull().default(''),
  region: text('region'),
  position: integer('position').notNull().default(0),
  status: status('status').default('operational'),
  showUptime: boolean('show_uptime').notNull().default(true),
  createdAt: at('created_at').notNull().defaultNow(),
  updatedAt: at('updated_at').notNull().defaultNow(),
  archivedAt: at('archived_at'),
})

/** Which hosts a component stands on: one host by hand, or all of a cluster whose name matches (`*` for any run). */
export const componentPlacement = pgTable(
  'component_placement',
  {
    id: id(),
    componentId: ref('component_id')
      .notNull()
      .references(() => component.id),
    hostId: integer('host_id').references(() => host.id),
    clusterId: ref('cluster_id').references(() => cluster.id),
    hostName: text('host_name'),
    createdBy: text('created_by').notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
  },
  (t) => [
    check(
      'component_placement_what',
      sql`${t.hostId} is not null or ${t.clusterId} is not null or ${t.hostName} is not null`,
    ),
    index('component_placement_component').on(t.componentId),
  ],
)

/** What a component's status was when: `[fromAt, untilAt)`, without gaps or overlaps. Bars and uptime are made of it. */
export const componentStatus = pgTable(
  'component_status',
  {
    id: id(),
    componentId: ref('component_id')
      .notNull()
      .references(() => component.id),
    status: status('status'),
    fromAt: at('from_at').notNull(),
    untilAt: at('until_at'),
    incidentId: ref('incident_id'),
  },
  (t) => [
    index('component_status_of').on(t.componentId, t.fromAt),
    uniqueIndex('component_status_now')
      .on(t.componentId)
      .where(sql`until_at is null`),
  ],
)

// ---- what happened ------------------------------------------------------------------------------------------------

/** An incident or a maintenance, shown as INC-2041. What was said of it are its updates. */
export const incident = pgTable(
  'incident',
  {
    id: id(),
    kind: text('kind', { enum: ['incident', 'maintenance'] }).notNull(),
    title: text('title').notNull(),
    state: text('state', {
      enum: [
        'draft',
        'investigating',
        'identified',
        'monitoring',
        'resolved',
        'postmortem',
        'scheduled',
        'in_progress',
        'verifying',
        'completed',
      ],
    }).notNull(),
    /** From the worst component; `impactOverride` wins. */
    impact: impact('impact').notNull().default('none'),
    impactOverride: impact('impact_override'),
    /** `everybody`, or only the customers on the affected hosts: then no public channel is touched. */
    audience: text('audience', { enum: ['everybody', 'affected'] })
      .notNull()
      .default('everybody'),
    /** A drill goes through everything without leaving the house. */
    isDrill: boolean('is_drill').notNull().default(false),
    startedAt: at('started_at').notNull(),
    detectedAt: at('detected_at').notNull(),
    acknowledgedAt: at('acknowledged_at'),
    acknowledgedBy: text('acknowledged_by'),
    resolvedAt: at('resolved_at'),
    scheduledFor: at('scheduled_for'),
    scheduledUntil: at('scheduled_until'),
    /** When the next update was promised, and whether missing it was paged. */
    nextUpdateDue: at('next_update_due'),
    missedPagedAt: at('missed_paged_at'),
    /** Markdown; published with the state `postmortem`. */
    postmortem: text('postmortem'),
    /** Notes for whoever takes over; never public. */
    handover: text('handover').notNull().default(''),
    /** The client's own id of the request that opened it: sent twice it is one incident. */
    requestId: text('request_id').unique(),
    createdBy: text('created_by').notNull(),
    createdAt: at('created_at').notNull(),
    updatedAt: at('updated_at').notNull(),
  },
  (t) => [index('incident_state').on(t.state), index('incident_started').on(t.startedAt)],
)

/** A component's part in an incident, as it stands. */
export const incidentComponent = pgTable(
  'incident_component',
  {
    incidentId: ref('incident_id')
      .notNull()
      .references(() => incident.id),
    componentId: ref('component_id')
      .notNull()
      .references(() => component.id),
    status: status('status'),
  },
  (t) => [primaryKey({ columns: [t.incidentId, t.componentId] })],
)

/** Hosts that were out, from when to when. Never told to the public. */
export const incidentHost = pgTable(
  'incident_host',
  {
    incidentId: ref('incident_id')
      .notNull()
      .references(() => incident.id),
    hostId: integer('host_id')
      .notNull()
      .references(() => host.id),
    fromAt: at('from_at').notNull(),
    untilAt: at('until_at'),
  },
  (t) => [primaryKey({ columns: [t.incidentId, t.hostId] }), index('incident_host_host').on(t.hostId)],
)

/** Whose apps were on these hosts, from when to when: what outage credits are computed from. */
export const incidentAccount = pgTable(
  'incident_account',
  {
    accountId: ref('account_id').notNull(),
    incidentId: ref('incident_id').notNull(),
    app: text('app').notNull(),
    fromAt: at('from_at').notNull(),
    untilAt: at('until_at'),
    containers: integer('containers').notNull(),
  },
  (t) => [primaryKey({ columns: [t.accountId, t.incidentId, t.app] })],
)

/** What was said, when. Append-only: a correction is a new update that names the one it corrects, a retraction too. */
export const incidentUpdate = pgTable(
  'incident_update',
  {
    id: id(),
    incidentId: ref('incident_id')
      .notNull()
      .references(() => incident.id),
    number: integer('number').notNull(),
    kind: text('kind', { enum: ['update', 'correction', 'retraction', 'reminder'] }).notNull(),
    /** Of a correction or retraction: the update it is about. */
    aboutId: ref('about_id'),
    state: text('state').notNull(),
    text: text('text').notNull(),
    /** `[{componentId, key, name, oldStatus, newStatus}]`. */
    components: jsonb('components').notNull().default([]),
    /** Hosts that are out as of this update, all of them; null where it says nothing of hosts. Never told to the public. */
    hosts: integer('hosts').array(),
    /** Text for one channel only, by channel id. */
    overrides: jsonb('overrides').notNull().default({}),
    /** Channels it was not sent to, by id. */
    skipped: jsonb('skipped').notNull().default([]),
    displayAt: at('display_at').notNull(),
    /** Deliveries start then; until then it can be taken back. */
    sendAfter: at('send_after').notNull(),
    undoneAt: at('undone_at'),
    nextUpdateMinutes: integer('next_update_minutes'),
    requestId: text('request_id').notNull().unique(),
    createdBy: text('created_by').notNull(),
    createdAt: at('created_at').notNull(),
  },
  (t) => [uniqueIndex('incident_update_number').on(t.incidentId, t.number)],
)

/** What the person on call writes while it is not yet posted; one an incident and person. */
export const incidentDraft = pgTable(
  'incident_draft',
  {
    incidentId: ref('incident_id')
      .notNull()
      .references(() => incident.id),
    author: text('author').notNull(),
    content: jsonb('content').notNull(),
    savedAt: at('saved_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.incidentId, t.author] })],
)

/** Words to begin with; `{{host}}`, `{{component}}`, `{{region}}` and the like are filled in. */
export const incidentTemplate = pgTable('incident_template', {
  id: id(),
  key: text('key').notNull().unique(),
  name: text('name').notNull(),
  kind: text('kind', { enum: ['incident', 'maintenance'] }).notNull(),
  title: text('title').notNull(),
  texts: jsonb('texts').notNull(),
  nextUpdateMinutes: integer('next_update_minutes').notNull().default(30),
  updatedBy: text('updated_by').notNull(),
  updatedAt: at('updated_at').notNull().defaultNow(),
  archivedAt: at('archived_at'),
})

// ---- who is told --------------------------------------------------------------------------------------------------

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

/** Somebody who asked to be told. */
export const subscriber = pgTable(
  'subscriber',
  {
    id: id(),
    kind: text('kind', { enum: ['email', 'webhook', 'slack'] }).notNull(),
    /** The address, normalised. */
    address: text('address').notNull(),
    sealedSecret: text('sealed_secret'),
    /** Keys of components; null is all. */
    components: text('components').array(),
    /** Hash of the secret in its confirm and unsubscribe links. */
    tokenHash: bytea('token_hash').notNull().unique(),
    createdAt: at('created_at').notNull().defaultNow(),
    confirmedAt: at('confirmed_at'),
    unsubscribedAt: at('unsubscribed_at'),
    quarantinedAt: at('quarantined_at'),
    quarantineReason: text('quarantine_reason'),
    bounces: integer('bounces').notNull().default(0),
  },
  (t) => [
    uniqueIndex('subscriber_address')
      .on(t.kind, t.address)
      .where(sql`unsubscribed_at is null`),
  ],
)

/** One update for one target, with its frozen text: every retry sends the same bytes. */
export const delivery = pgTable(
  'delivery',
  {
    id: id(),
    updateId: ref('update_id')
      .notNull()
      .references(() => incidentUpdate.id),
    incidentId: ref('incident_id').notNull(),
    channelId: ref('channel_id').references(() => channel.id),
    subscriberId: ref('subscriber_id').references(() => subscriber.id),
    /** `channel:7`, `subscriber:1204`, `status`, `banner`. */
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

// ---- who is woken -------------------------------------------------------------------------------------------------

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

/** Where alerts from outside come in beside Alertmanager: a secret a source. */
export const alertSource = pgTable('alert_source', {
  id: id(),
  name: text('name').notNull().unique(),
  tokenHash: bytea('token_hash').notNull().unique(),
  createdBy: text('created_by').notNull(),
  createdAt: at('created_at').notNull().defaultNow(),
  lastUsedAt: at('last_used_at'),
  removedAt: at('removed_at'),
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

/** How a person is reached: an e-mail address, a Slack or Telegram id, a webhook, a PagerDuty key. */
export const contactMethod = pgTable(
  'contact_method',
  {
    id: id(),
    userId: text('user_id')
      .notNull()
      .references(() => authUser.id, { onDelete: 'cascade' }),
    kind: text('kind', { enum: ['email', 'webhook', 'slack', 'telegram', 'pagerduty'] }).notNull(),
    address: text('address').notNull(),
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
    alertId: ref('alert_id').references(() => alert.id),
    incidentId: ref('incident_id').references(() => incident.id),
    policyId: ref('policy_id').references(() => escalationPolicy.id),
    isDrill: boolean('is_drill').notNull().default(false),
    state: text('state', { enum: ['open', 'acknowledged', 'resolved'] }).notNull(),
    step: integer('step').notNull().default(0),
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
    state: text('state', { enum: ['pending', 'sent', 'failed'] }).notNull(),
    detail: text('detail').notNull().default(''),
    attempts: integer('attempts').notNull().default(0),
    createdAt: at('created_at').notNull(),
    sentAt: at('sent_at'),
  },
  (t) => [uniqueIndex('page_message_once').on(t.pageId, t.round, t.userId, t.kind, t.address)],
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
