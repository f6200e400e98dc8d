import { sql } from 'drizzle-orm'
import { bigint, boolean, check, index, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { at, bytea, id } from './columns.ts'
import { account } from './accounts.ts'

const hostRef = () =>
  integer('host_id')
    .notNull()
    .references(() => host.id)

/** A group of hosts under one policy: quotas, abuse, and how far container labels are believed. */
export const cluster = pgTable(
  'cluster',
  {
    id: id(),
    name: text('name').notNull().unique(),
    kind: text('kind', { enum: ['free', 'paid', 'internal'] }).notNull(),
    /** platform: only the platform creates containers; tenant: labels name apps only; signed: a label needs our signature. */
    labelTrust: text('label_trust', { enum: ['platform', 'tenant', 'signed'] })
      .notNull()
      .default('platform'),
    tenantAccountId: bigint('tenant_account_id', { mode: 'bigint' }).references(() => account.id),
    createdAt: at('created_at').notNull().defaultNow(),
  },
  (t) => [
    check('cluster_kind', sql`${t.kind} in ('free', 'paid', 'internal')`),
    check('cluster_tenant', sql`(${t.labelTrust} = 'tenant') = (${t.tenantAccountId} is not null)`),
  ],
)

/** A secret that lets `maxUses` hosts enrol until it expires. Only its SHA-256 is kept. */
export const joinToken = pgTable('join_token', {
  id: id(),
  clusterId: bigint('cluster_id', { mode: 'bigint' })
    .notNull()
    .references(() => cluster.id),
  hash: bytea('hash').notNull().unique(),
  hint: text('hint').notNull(),
  maxUses: integer('max_uses').notNull().default(1),
  uses: integer('uses').notNull().default(0),
  createdBy: text('created_by').notNull(),
  createdAt: at('created_at').notNull().defaultNow(),
  expiresAt: at('expires_at').notNull(),
  revokedAt: at('revoked_at'),
})

export const host = pgTable('host', {
  id: integer('id').primaryKey().generatedAlwaysAsIdentity(),
  name: text('name').notNull().unique(),
  clusterId: bigint('cluster_id', { mode: 'bigint' })
    .notNull()
    .references(() => cluster.id),
  /** `HostFacts` as the agent last reported them. */
  facts: jsonb('facts'),
  agentVersion: text('agent_version'),
  enrolledAt: at('enrolled_at').notNull().defaultNow(),
  revokedAt: at('revoked_at'),
  /** Marked on hosts of the simulated fleet; the UI says so. */
  simulated: boolean('simulated').notNull().default(false),
})

/** Public keys a host signs with. Rotation adds one and revokes the other after an hour. */
export const hostKey = pgTable(
  'host_key',
  {
    id: integer('id').primaryKey().generatedAlwaysAsIdentity(),
    hostId: hostRef(),
    publicKey: bytea('public_key').notNull().unique(),
    /** The join token that was spent on it, so that a repeated enrolment is harmless. */
    joinTokenId: bigint('join_token_id', { mode: 'bigint' }).references(() => joinToken.id),
    createdAt: at('created_at').notNull().defaultNow(),
    revokedAt: at('revoked_at'),
  },
  (t) => [index('host_key_host').on(t.hostId)],
)

/** How far a host's reports have come. Updated with every group of reports, so kept narrow. */
export const hostProgress = pgTable('host_progress', {
  hostId: integer('host_id').primaryKey(),
  /** Every report up to here is known. */
  contiguousSeq: bigint('contiguous_seq', { mode: 'number' }).notNull().default(0),
  maxSeq: bigint('max_seq', { mode: 'number' }).notNull().default(0),
  /** When the last report came; a host is stale three reports after it. */
  lastReportAt: at('last_report_at'),
  /** Newest minute with readings, in minutes since 1970. */
  lastMinute: integer('last_minute'),
  bootId: text('boot_id'),
  /** How far the host's wall clock is ahead of ours. */
  skewMs: bigint('skew_ms', { mode: 'number' }).notNull().default(0),
  complete: boolean('complete').notNull().default(true),
  failures: text('failures')
    .array()
    .notNull()
    .default(sql`'{}'`),
})

/** Wall time of a boot's monotonic zero: server time less monotonic time at first contact. */
export const hostBoot = pgTable(
  'host_boot',
  {
    hostId: integer('host_id').notNull(),
    bootId: text('boot_id').notNull(),
    anchorMs: bigint('anchor_ms', { mode: 'number' }).notNull(),
    /** `server` measured by us, `agent` believed where that boot never spoke to us live. */
    source: text('source', { enum: ['server', 'agent'] }).notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.hostId, t.bootId] })],
)

/** A host's own readings, a row a minute. Partitioned by day of `minute`, as usage_minute. */
export const hostMinute = pgTable(
  'host_minute',
  {
    hostId: integer('host_id').notNull(),
    minute: integer('minute').notNull(),
    /** Busy µs of all cores since boot. */
    cpuUs: bigint('cpu_us', { mode: 'number' }).notNull(),
    memoryUsedMib: integer('memory_used_mib').notNull(),
    load1Centi: integer('load1_centi').notNull(),
    rxBytes: bigint('rx_bytes', { mode: 'number' }).notNull(),
    txBytes: bigint('tx_bytes', { mode: 'number' }).notNull(),
    cpuPressureCenti: integer('cpu_pressure_centi'),
    memoryPressureCenti: integer('memory_pressure_centi'),
    ioPressureCenti: integer('io_pressure_centi'),
    /** `FileSystemReading[]`. */
    fileSystems: jsonb('file_systems').notNull(),
  },
  (t) => [primaryKey({ columns: [t.hostId, t.minute] })],
)

/** What an agent shall do, as a row with an expiry and the exact epoch it means. */
export const command = pgTable(
  'command',
  {
    id: id(),
    hostId: hostRef(),
    epoch: bigint('epoch', { mode: 'number' }).notNull(),
    containerId: text('container_id').notNull(),
    kind: text('kind').notNull(),
    args: jsonb('args').notNull().default({}),
    reason: text('reason').notNull(),
    issuedBy: text('issued_by').notNull(),
    /** The fact it follows from; the same fact never makes a second command. */
    key: text('key').notNull().unique(),
    issuedAt: at('issued_at').notNull().defaultNow(),
    expiresAt: at('expires_at').notNull(),
    deliveredAt: at('delivered_at'),
    state: text('state', { enum: ['pending', 'done', 'failed', 'refused', 'expired'] })
      .notNull()
      .default('pending'),
    detail: text('detail'),
    evidence: jsonb('evidence'),
    finishedAt: at('finished_at'),
  },
  (t) => [
    index('command_pending')
      .on(t.hostId)
      .where(sql`state = 'pending'`),
    index('command_epoch').on(t.hostId, t.epoch, t.id),
    check('command_state', sql`${t.state} in ('pending', 'done', 'failed', 'refused', 'expired')`),
  ],
)

/** Something urgent an agent saw between reports. Its id is derived from the fact. */
export const finding = pgTable(
  'finding',
  {
    hostId: integer('host_id').notNull(),
    id: text('id').notNull(),
    kind: text('kind').notNull(),
    epoch: bigint('epoch', { mode: 'number' }).notNull(),
    foundAt: at('found_at').notNull(),
    detail: jsonb('detail').notNull(),
    receivedAt: at('received_at').notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.hostId, t.id] }), index('finding_epoch').on(t.hostId, t.epoch)],
)

/** The control plane's own command-signing key; the private half is sealed with WHARF_SECRET. */
export const serverKey = pgTable('server_key', {
  id: id(),
  publicKey: bytea('public_key').notNull(),
  privateKeySealed: bytea('private_key_sealed').notNull(),
  createdAt: at('created_at').notNull().defaultNow(),
})

/** Settings an admin may change in the UI. The environment overrides them. */
export const setting = pgTable('setting', {
  key: text('key').primaryKey(),
  value: jsonb('value').notNull(),
  updatedBy: text('updated_by').notNull(),
  updatedAt: at('updated_at').notNull().defaultNow(),
})
