import { bigint, index, integer, jsonb, numeric, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { sql } from 'drizzle-orm'
import { account } from './accounts.ts'
import { at, bytea, id, minor, owner, ref } from './columns.ts'

const none = (name: string) =>
  minor(name)
    .notNull()
    .default(sql`0`)

/**
 * A notification of the registry's as it came. Its id decides whether it is new: retries repeat it. A hint that is
 * checked against what the front has seen, never a number that is billed.
 */
export const registryEvent = pgTable(
  'registry_event',
  {
    id: text('id').primaryKey(),
    receivedAt: at('received_at').notNull().defaultNow(),
    at: at('at').notNull(),
    action: text('action').notNull(),
    repository: text('repository').notNull(),
    digest: text('digest'),
    tag: text('tag'),
    mediaType: text('media_type'),
    method: text('method').notNull().default(''),
    /** `sub` of the token. */
    actor: text('actor').notNull().default(''),
    addr: text('addr').notNull().default(''),
    raw: jsonb('raw').notNull(),
  },
  (t) => [index('registry_event_received').on(t.receivedAt), index('registry_event_repository').on(t.repository, t.at)],
)

/** A manifest that a repository holds, an index or one of its children too. */
export const registryManifest = pgTable(
  'registry_manifest',
  {
    repositoryId: ref('repository_id').notNull(),
    digest: text('digest').notNull(),
    mediaType: text('media_type').notNull(),
    /** Bytes of the manifest itself. */
    sizeBytes: minor('size_bytes').notNull(),
    /** `linux/arm64/v8` of an image whose configuration is known by its index; empty else. */
    platform: text('platform').notNull().default(''),
    recordedAt: at('recorded_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.repositoryId, t.digest] })],
)

/** What a manifest names: an index its children, an image its configuration and layers. Foreign layers are not kept here. */
export const registryReference = pgTable(
  'registry_reference',
  {
    repositoryId: ref('repository_id').notNull(),
    manifest: text('manifest').notNull(),
    digest: text('digest').notNull(),
    role: text('role', { enum: ['child', 'config', 'layer', 'subject'] }).notNull(),
    position: integer('position').notNull(),
    mediaType: text('media_type').notNull().default(''),
    platform: text('platform').notNull().default(''),
    /** As the manifest says; what counts is the blob's own size. */
    sizeBytes: minor('size_bytes').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.repositoryId, t.manifest, t.position] }),
    index('registry_reference_digest').on(t.repositoryId, t.digest),
  ],
)

/** A blob that a repository is linked to: it can be pulled from there, and no manifest need name it. */
export const registryLayer = pgTable(
  'registry_layer',
  {
    repositoryId: ref('repository_id').notNull(),
    digest: text('digest').notNull(),
    recordedAt: at('recorded_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.repositoryId, t.digest] })],
)

/** The true size of what a digest names, as the registry's storage has it. */
export const registryBlob = pgTable('registry_blob', {
  digest: text('digest').primaryKey(),
  sizeBytes: minor('size_bytes').notNull(),
  recordedAt: at('recorded_at').notNull(),
})

/**
 * What an account used since `openedAt`: totals that only grow, as an agent's. `storedByteMs` is the integral of
 * `storedBytes` up to `integratedAt`.
 */
export const registryMeter = pgTable('registry_meter', {
  accountId: owner()
    .primaryKey()
    .references(() => account.id),
  openedAt: at('opened_at').notNull(),
  storedBytes: none('stored_bytes'),
  storedByteMs: numeric('stored_byte_ms').notNull().default('0'),
  integratedAt: at('integrated_at').notNull(),
  egressBytes: none('egress_bytes'),
  ingressBytes: none('ingress_bytes'),
  pulls: none('pulls'),
  pushes: none('pushes'),
})

/** What passed the front in an hour (since 1970), and what notifications said of the same hour. */
export const registryHour = pgTable(
  'registry_hour',
  {
    accountId: owner(),
    repositoryId: ref('repository_id').notNull(),
    hour: integer('hour').notNull(),
    pulls: none('pulls'),
    pushes: none('pushes'),
    egressBytes: none('egress_bytes'),
    ingressBytes: none('ingress_bytes'),
    /** Manifests sent and taken, children of an index too: what notifications count. */
    manifestsSent: none('manifests_sent'),
    manifestsTaken: none('manifests_taken'),
    eventsSent: none('events_sent'),
    eventsTaken: none('events_taken'),
  },
  (t) => [primaryKey({ columns: [t.accountId, t.repositoryId, t.hour] }), index('registry_hour_hour').on(t.hour)],
)

/**
 * The front as a meter: the host it is enrolled as, its key (sealed) and its last report until that is stored. One row:
 * all processes count into the same totals, and one of them reports.
 */
export const registryFront = pgTable('registry_front', {
  id: id(),
  hostId: integer('host_id').notNull(),
  keyId: integer('key_id').notNull(),
  privateKeySealed: bytea('private_key_sealed').notNull(),
  bootId: text('boot_id').notNull(),
  /** When its clock read zero. */
  bootAt: at('boot_at').notNull(),
  /** The last sequence number that was given to a body. */
  seq: bigint('seq', { mode: 'number' }).notNull().default(0),
  /** That body, compressed and not known to be stored yet: a number names one body for ever. */
  pending: bytea('pending'),
  reportedAt: at('reported_at'),
})

/** A key that signs tokens. Its certificate is in the registry's bundle before it signs and after it has stopped. */
export const registryKey = pgTable('registry_key', {
  id: id(),
  certificate: bytea('certificate').notNull(),
  privateKeySealed: bytea('private_key_sealed').notNull(),
  createdAt: at('created_at').notNull(),
  /** It signs from here on, until another one does. */
  signsFrom: at('signs_from').notNull(),
  /** It is no longer in the bundle from here on. */
  endsAt: at('ends_at'),
})

/** A reading of the whole storage (or of the registry's API, where the storage is not ours to read), and what it put right. */
export const registryReconciliation = pgTable('registry_reconciliation', {
  id: id(),
  source: text('source', { enum: ['storage', 'api'] }).notNull(),
  startedAt: at('started_at').notNull(),
  finishedAt: at('finished_at'),
  startedBy: text('started_by').notNull(),
  repositories: integer('repositories').notNull().default(0),
  manifests: integer('manifests').notNull().default(0),
  /** Blobs in the storage and their bytes; null where the storage cannot be read. */
  blobs: integer('blobs'),
  physicalBytes: minor('physical_bytes'),
  /** Manifests, tags and links that storage has and we did not know of, and the other way round. */
  found: integer('found').notNull().default(0),
  gone: integer('gone').notNull().default(0),
  /** The repositories that differed, the first hundred. */
  differences: jsonb('differences').notNull().default([]),
  error: text('error'),
})

/** A garbage collection and what it freed. */
export const registryCollection = pgTable('registry_collection', {
  id: id(),
  startedAt: at('started_at').notNull(),
  finishedAt: at('finished_at'),
  startedBy: text('started_by').notNull(),
  state: text('state', { enum: ['running', 'done', 'failed'] }).notNull(),
  freedBytes: none('freed_bytes'),
  freedBlobs: integer('freed_blobs').notNull().default(0),
  /** Tags whose whole closure is there after it, and those where something is missing. */
  tagsWhole: integer('tags_whole').notNull().default(0),
  tagsBroken: text('tags_broken')
    .array()
    .notNull()
    .default(sql`'{}'`),
  stoppedMs: integer('stopped_ms').notNull().default(0),
  error: text('error'),
})
