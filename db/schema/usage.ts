import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  check,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core'
import { at, bytea, id } from './columns.ts'
import { account } from './accounts.ts'
import { cluster } from './hosts.ts'

const count = (name: string) => bigint(name, { mode: 'bigint' }).notNull()

/** The ten meters, in the wire's order: µs, MiB·s and bytes. */
const meters = () => ({
  cpuUs: count('cpu_us'),
  throttledUs: count('throttled_us'),
  memoryMibS: count('memory_mib_s'),
  diskMibS: count('disk_mib_s'),
  volumesMibS: count('volumes_mib_s'),
  logsMibS: count('logs_mib_s'),
  rxBytes: count('rx_bytes'),
  txBytes: count('tx_bytes'),
  blockReadBytes: count('block_read_bytes'),
  blockWriteBytes: count('block_write_bytes'),
})

/** One life of a container, or one storage object. `epoch` is `epochId` of its identity. */
export const epoch = pgTable(
  'epoch',
  {
    hostId: integer('host_id').notNull(),
    epoch: bigint('epoch', { mode: 'number' }).notNull(),
    kind: text('kind', { enum: ['container', 'layer', 'volume', 'log'] }).notNull(),
    bootId: text('boot_id').notNull(),
    objectId: text('object_id').notNull(),
    startedAt: text('started_at').notNull(),
    segment: bigint('segment', { mode: 'number' }).notNull(),
    /** When the totals were zero. */
    openedAt: at('opened_at').notNull(),
    witnessed: boolean('witnessed').notNull(),
    containerId: text('container_id'),
    name: text('name').notNull(),
    image: text('image').notNull(),
    imageId: text('image_id'),
    labels: jsonb('labels').notNull(),
    limits: jsonb('limits'),
    endedAt: at('ended_at'),
    /** `EpochState` as last reported: pids, OOM kills, restarts, pressure, exit code. */
    state: jsonb('state').notNull().default({}),
    /** Present size of a storage object and when it was measured. */
    sizeBytes: bigint('size_bytes', { mode: 'bigint' }),
    sizeAt: at('size_at'),
    /** Newest minute rolled into hours. */
    lastMinute: integer('last_minute'),
    /** Of a container, means between `lastMinute` and its reading before; null where that is 5 minutes away or more. */
    cpuCores: doublePrecision('cpu_cores'),
    memoryMib: doublePrecision('memory_mib'),
    declaredAt: at('declared_at').notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.hostId, t.epoch] }),
    index('epoch_live')
      .on(t.hostId)
      .where(sql`ended_at is null`),
    index('epoch_container').on(t.hostId, t.containerId),
  ],
)

/** Whose an epoch is, in whole hours since 1970, `[fromHour, untilHour)`. Account null is "unattributed". */
export const attribution = pgTable(
  'attribution',
  {
    hostId: integer('host_id').notNull(),
    epoch: bigint('epoch', { mode: 'number' }).notNull(),
    fromHour: integer('from_hour').notNull(),
    untilHour: integer('until_hour').notNull().default(2147483647),
    accountId: bigint('account_id', { mode: 'bigint' }).references(() => account.id),
    app: text('app').notNull(),
    source: text('source', { enum: ['label', 'tenant', 'rule', 'admin', 'none'] }).notNull(),
    ruleId: bigint('rule_id', { mode: 'bigint' }),
    createdAt: at('created_at').notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.hostId, t.epoch, t.fromHour] }),
    index('attribution_account').on(t.accountId, t.app),
    index('attribution_none')
      .on(t.hostId, t.epoch)
      .where(sql`account_id is null and until_hour = 2147483647`),
  ],
)

/** Owners' workloads, known from labels. A protected app is never stopped by a command. */
export const app = pgTable(
  'app',
  {
    accountId: bigint('account_id', { mode: 'bigint' })
      .notNull()
      .references(() => account.id),
    name: text('name').notNull(),
    firstSeenAt: at('first_seen_at').notNull().defaultNow(),
    protectedAt: at('protected_at'),
    protectedBy: text('protected_by'),
  },
  (t) => [primaryKey({ columns: [t.accountId, t.name] })],
)

/** An admin's mapping of foreign labels to accounts: the lowest `priority` that matches wins. */
export const labelRule = pgTable(
  'label_rule',
  {
    id: id(),
    clusterId: bigint('cluster_id', { mode: 'bigint' }).references(() => cluster.id),
    labelKey: text('label_key').notNull(),
    /** Exact value, or with `*` for any run of characters. */
    labelValue: text('label_value').notNull(),
    accountId: bigint('account_id', { mode: 'bigint' })
      .notNull()
      .references(() => account.id),
    /** The app's name; null takes the label's value. */
    app: text('app'),
    priority: integer('priority').notNull().default(100),
    createdBy: text('created_by').notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
    removedAt: at('removed_at'),
  },
  (t) => [
    uniqueIndex('label_rule_live')
      .on(t.labelKey, t.labelValue, t.clusterId)
      .where(sql`removed_at is null`),
  ],
)

/** Totals since the epoch opened, as they stood at the end of `minute` (minutes since 1970). */
export const usageMinute = pgTable(
  'usage_minute',
  {
    hostId: integer('host_id').notNull(),
    minute: integer('minute').notNull(),
    epoch: bigint('epoch', { mode: 'number' }).notNull(),
    ...meters(),
  },
  (t) => [primaryKey({ columns: [t.hostId, t.epoch, t.minute] })],
)

/** What an epoch used in an hour (hours since 1970). Kept for ever; corrected by late reports. */
export const usageHour = pgTable(
  'usage_hour',
  {
    hostId: integer('host_id').notNull(),
    hour: integer('hour').notNull(),
    epoch: bigint('epoch', { mode: 'number' }).notNull(),
    ...meters(),
  },
  (t) => [primaryKey({ columns: [t.hostId, t.epoch, t.hour] }), index('usage_hour_hour').on(t.hostId, t.hour)],
)

/** What an epoch used in a UTC day (days since 1970): kept equal to its hours' sum by a trigger on usage_hour. */
export const usageDay = pgTable(
  'usage_day',
  {
    hostId: integer('host_id').notNull(),
    day: integer('day').notNull(),
    epoch: bigint('epoch', { mode: 'number' }).notNull(),
    ...meters(),
  },
  (t) => [primaryKey({ columns: [t.hostId, t.epoch, t.day] })],
)

/** What an account's app used in an hour, summed from usage_hour. Account 0 is "unattributed". */
export const accountHour = pgTable(
  'account_hour',
  {
    accountId: bigint('account_id', { mode: 'bigint' }).notNull(),
    hour: integer('hour').notNull(),
    app: text('app').notNull(),
    /** Container epochs with usage in the hour. */
    containers: integer('containers').notNull(),
    ...meters(),
  },
  (t) => [primaryKey({ columns: [t.accountId, t.hour, t.app] }), index('account_hour_hour').on(t.hour)],
)

/** What an account's app used in a UTC day (days since 1970): kept equal to its hours' sum by a trigger on account_hour. */
export const accountDay = pgTable(
  'account_day',
  {
    accountId: bigint('account_id', { mode: 'bigint' }).notNull(),
    day: integer('day').notNull(),
    app: text('app').notNull(),
    ...meters(),
  },
  (t) => [primaryKey({ columns: [t.accountId, t.day, t.app] }), index('account_day_day').on(t.day)],
)

/** Hours that new minutes touched, to be rolled. Append-only so that ingest never waits for the roll. */
export const hourDue = pgTable('hour_due', {
  id: id(),
  hostId: integer('host_id').notNull(),
  hour: integer('hour').notNull(),
})

/** Decides whether a report is new, repeated or in conflict. Never partitioned, never dropped. */
export const reportKey = pgTable(
  'report_key',
  {
    hostId: integer('host_id').notNull(),
    seq: bigint('seq', { mode: 'number' }).notNull(),
    digest: bytea('digest').notNull(),
  },
  (t) => [primaryKey({ columns: [t.hostId, t.seq] })],
)

/** Evidence: the signed bytes of a report as they came, partitioned by day of receipt. */
export const reportBody = pgTable(
  'report_body',
  {
    hostId: integer('host_id').notNull(),
    keyId: integer('key_id').notNull(),
    seq: bigint('seq', { mode: 'number' }).notNull(),
    receivedAt: at('received_at').notNull(),
    /** The signed request's time and boot-clock values: with the digest they rebuild the signed text. */
    sentMs: bigint('sent_ms', { mode: 'number' }).notNull(),
    monoMs: bigint('mono_ms', { mode: 'number' }).notNull(),
    bootId: text('boot_id').notNull(),
    signature: bytea('signature').notNull(),
    body: bytea('body').notNull(),
  },
  (t) => [primaryKey({ columns: [t.hostId, t.seq, t.receivedAt] })],
)

/** What was not taken into account, and why. Shown to operators until reviewed. */
export const quarantine = pgTable(
  'quarantine',
  {
    id: id(),
    hostId: integer('host_id').notNull(),
    seq: bigint('seq', { mode: 'number' }).notNull(),
    kind: text('kind', { enum: ['row', 'conflict'] }).notNull(),
    path: text('path').notNull(),
    reason: text('reason').notNull(),
    epoch: bigint('epoch', { mode: 'number' }),
    /** The row as sent, or the two digests of a conflict. */
    content: jsonb('content').notNull(),
    receivedAt: at('received_at').notNull().defaultNow(),
    reviewedAt: at('reviewed_at'),
    reviewedBy: text('reviewed_by'),
  },
  (t) => [
    index('quarantine_host').on(t.hostId, t.id),
    index('quarantine_open')
      .on(t.id)
      .where(sql`reviewed_at is null`),
    uniqueIndex('quarantine_once').on(t.hostId, t.seq, t.path),
  ],
)

/**
 * A limit on one meter. The most specific wins: account+app, account, plan, for every scope.
 * Units: MiB for memory, disk and logs; bytes in the calendar month for egress; containers by number.
 */
export const quota = pgTable(
  'quota',
  {
    id: id(),
    plan: text('plan'),
    accountId: bigint('account_id', { mode: 'bigint' }).references(() => account.id),
    app: text('app'),
    scope: text('scope', { enum: ['account', 'app', 'container'] }).notNull(),
    meter: text('meter', { enum: ['memory', 'disk', 'logs', 'egress', 'containers'] }).notNull(),
    softLimit: bigint('soft_limit', { mode: 'bigint' }),
    hardLimit: bigint('hard_limit', { mode: 'bigint' }),
    graceSeconds: integer('grace_seconds').notNull().default(600),
    action: text('action', { enum: ['notice', 'throttle', 'stop', 'truncate_log'] })
      .notNull()
      .default('notice'),
    createdBy: text('created_by').notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
    removedAt: at('removed_at'),
  },
  (t) => [
    check('quota_owner', sql`(${t.plan} is null) <> (${t.accountId} is null)`),
    check('quota_app', sql`${t.app} is null or ${t.accountId} is not null`),
    uniqueIndex('quota_plan')
      .on(t.plan, t.scope, t.meter)
      .where(sql`removed_at is null and plan is not null`),
    uniqueIndex('quota_account')
      .on(t.accountId, sql`coalesce(app, '')`, t.scope, t.meter)
      .where(sql`removed_at is null and account_id is not null`),
  ],
)

/** A limit that was crossed. One open violation a subject and meter; repeats are counted in it. */
export const violation = pgTable(
  'violation',
  {
    id: id(),
    accountId: bigint('account_id', { mode: 'bigint' }).references(() => account.id),
    app: text('app'),
    /** Set for a container's own limit and for a runaway log. */
    hostId: integer('host_id'),
    epoch: bigint('epoch', { mode: 'number' }),
    quotaId: bigint('quota_id', { mode: 'bigint' }).references(() => quota.id),
    kind: text('kind', { enum: ['quota', 'runaway_log'] }).notNull(),
    meter: text('meter').notNull(),
    level: text('level', { enum: ['soft', 'hard'] }).notNull(),
    /** Which subject and meter it is about; at most one of these is not resolved. */
    subject: text('subject').notNull(),
    used: bigint('used', { mode: 'bigint' }).notNull(),
    limitValue: bigint('limit_value', { mode: 'bigint' }),
    state: text('state', { enum: ['open', 'acknowledged', 'resolved'] })
      .notNull()
      .default('open'),
    occurrences: integer('occurrences').notNull().default(1),
    openedAt: at('opened_at').notNull(),
    lastSeenAt: at('last_seen_at').notNull(),
    hardSince: at('hard_since'),
    actedAt: at('acted_at'),
    resolvedAt: at('resolved_at'),
  },
  (t) => [
    uniqueIndex('violation_open')
      .on(t.subject)
      .where(sql`state <> 'resolved'`),
    index('violation_account').on(t.accountId, t.id),
    index('violation_state').on(t.state, t.openedAt),
  ],
)

/** The life of a violation: opened, repeated, escalated, told, acted, acknowledged, resolved. */
export const violationEvent = pgTable(
  'violation_event',
  {
    id: id(),
    violationId: bigint('violation_id', { mode: 'bigint' })
      .notNull()
      .references(() => violation.id),
    at: at('at').notNull(),
    kind: text('kind').notNull(),
    actor: text('actor').notNull(),
    /** Who was told, what was done, the evidence before and after. */
    detail: jsonb('detail').notNull(),
  },
  (t) => [index('violation_event_violation').on(t.violationId, t.id)],
)

/** Evidence that must not be dropped yet: reports received in `[from, until)`, and why. */
export const evidenceHold = pgTable(
  'evidence_hold',
  {
    id: id(),
    key: text('key').notNull().unique(),
    fromAt: at('from_at').notNull(),
    untilAt: at('until_at'),
    reason: text('reason').notNull(),
    placedAt: at('placed_at').notNull().defaultNow(),
    releasedAt: at('released_at'),
  },
  (t) => [
    index('evidence_hold_live')
      .on(t.fromAt)
      .where(sql`released_at is null`),
  ],
)
