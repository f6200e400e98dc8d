import { boolean, index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { at, id, ref, status } from './columns.ts'
import { component } from './components.ts'
import { host } from './hosts.ts'

const impact = (name: string) => text(name, { enum: ['none', 'minor', 'major', 'critical', 'maintenance'] })

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
    /** Key of the template whose words its updates begin with. */
    template: text('template'),
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
