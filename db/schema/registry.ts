import { sql, type SQL } from 'drizzle-orm'
import {
  boolean,
  check,
  customType,
  date,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core'
import { account, team } from './accounts.ts'
import { authUser } from './auth.ts'
import { at, bytea, id, minor, owner, ref } from './columns.ts'

const tsvector = customType<{ data: string }>({ dataType: () => 'tsvector' })
const permission = (name: string) => text(name, { enum: ['read', 'write', 'admin'] })
const repositoryRef = () =>
  ref('repository_id')
    .notNull()
    .references(() => repository.id, { onDelete: 'cascade' })

/**
 * A repository of images. `path` is the name in the registry, `account/name`; official ones are of the account
 * `library`. Sizes and counts are written by what records the registry's events.
 */
export const repository = pgTable(
  'repository',
  {
    id: id(),
    accountId: ref('account_id')
      .notNull()
      .references(() => account.id),
    name: text('name').notNull(),
    path: text('path').notNull().unique(),
    visibility: text('visibility', { enum: ['public', 'private'] }).notNull(),
    description: text('description').notNull().default(''),
    readme: text('readme').notNull().default(''),
    official: boolean('official').notNull().default(false),
    /** Where an admin of the platform put an official image; those without a rank follow by use. */
    officialRank: integer('official_rank'),
    createdBy: text('created_by').notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
    /** When what was asked to be deleted goes; until then it can be kept after all. */
    deleteAt: at('delete_at'),
    /** Distinct digests reachable from its manifests. */
    sizeBytes: minor('size_bytes')
      .notNull()
      .default(sql`0`),
    pulls: minor('pulls')
      .notNull()
      .default(sql`0`),
    stars: integer('stars').notNull().default(0),
    pushedAt: at('pushed_at'),
    pulledAt: at('pulled_at'),
    search: tsvector('search').generatedAlwaysAs(
      (): SQL => sql`setweight(to_tsvector('simple', translate(path, '/-_.', '    ')), 'A') ||
        setweight(to_tsvector('english', description), 'B')`,
    ),
  },
  (t) => [
    uniqueIndex('repository_name').on(t.accountId, t.name),
    index('repository_search').using('gin', t.search),
    index('repository_trigrams').using('gin', sql`path gin_trgm_ops`),
    index('repository_popular')
      .on(sql`(pulls + 20 * stars) desc`, t.id)
      .where(sql`visibility = 'public' and delete_at is null`),
    index('repository_deletes')
      .on(t.deleteAt)
      .where(sql`delete_at is not null`),
    check('repository_visibility', sql`${t.visibility} in ('public', 'private')`),
    check('repository_path', sql`length(${t.path}) <= 160 and ${t.path} ~ '^[a-z0-9._-]+/[a-z0-9._-]+$'`),
  ],
)

/** A name that a repository had: requests for it are led to the new one until another repository takes it. */
export const repositoryRedirect = pgTable(
  'repository_redirect',
  {
    path: text('path').primaryKey(),
    repositoryId: repositoryRef(),
    createdAt: at('created_at').notNull().defaultNow(),
  },
  (t) => [index('repository_redirect_to').on(t.repositoryId)],
)

/** A person with a permission on one repository, member of its account or not. */
export const repositoryCollaborator = pgTable(
  'repository_collaborator',
  {
    repositoryId: repositoryRef(),
    userId: text('user_id')
      .notNull()
      .references(() => authUser.id, { onDelete: 'cascade' }),
    permission: permission('permission').notNull(),
    addedBy: text('added_by').notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.repositoryId, t.userId] }),
    index('repository_collaborator_user').on(t.userId),
    check('repository_collaborator_permission', sql`${t.permission} in ('read', 'write', 'admin')`),
  ],
)

/** What a team of the repository's account may do with it. */
export const repositoryTeam = pgTable(
  'repository_team',
  {
    repositoryId: repositoryRef(),
    teamId: ref('team_id')
      .notNull()
      .references(() => team.id, { onDelete: 'cascade' }),
    permission: permission('permission').notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.repositoryId, t.teamId] }),
    index('repository_team_team').on(t.teamId),
    check('repository_team_permission', sql`${t.permission} in ('read', 'write', 'admin')`),
  ],
)

export const repositoryStar = pgTable(
  'repository_star',
  {
    repositoryId: repositoryRef(),
    userId: text('user_id')
      .notNull()
      .references(() => authUser.id, { onDelete: 'cascade' }),
    createdAt: at('created_at').notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.repositoryId, t.userId] }), index('repository_star_user').on(t.userId)],
)

/**
 * A robot of an account: it signs in as `account+name` with a secret of which only the SHA-256 is kept. After a rotation
 * the old secret works until `previousUntil`. `everyPermission` reaches all of the account's repositories, also ones
 * still to come (with `write` it may make them by a first push); else it reaches those of `robot_repository`.
 */
export const robot = pgTable(
  'robot',
  {
    id: id(),
    accountId: ref('account_id')
      .notNull()
      .references(() => account.id),
    name: text('name').notNull(),
    description: text('description').notNull().default(''),
    hash: bytea('hash').notNull().unique(),
    hint: text('hint').notNull(),
    previousHash: bytea('previous_hash').unique(),
    previousUntil: at('previous_until'),
    everyPermission: text('every_permission', { enum: ['read', 'write'] }),
    createdBy: text('created_by').notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
    rotatedAt: at('rotated_at'),
    expiresAt: at('expires_at'),
    lastUsedAt: at('last_used_at'),
    revokedAt: at('revoked_at'),
  },
  (t) => [
    uniqueIndex('robot_name')
      .on(t.accountId, t.name)
      .where(sql`revoked_at is null`),
  ],
)

export const robotRepository = pgTable(
  'robot_repository',
  {
    robotId: ref('robot_id')
      .notNull()
      .references(() => robot.id, { onDelete: 'cascade' }),
    repositoryId: repositoryRef(),
    permission: text('permission', { enum: ['read', 'write'] }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.robotId, t.repositoryId] }), index('robot_repository_of').on(t.repositoryId)],
)

/**
 * A tag as people see it: one row, also where it names an index of several platforms. `sizeBytes` is what one pull of
 * its first platform moves (config and layers, compressed); `platforms` are such as `linux/arm64/v8`.
 */
export const repositoryTag = pgTable(
  'repository_tag',
  {
    repositoryId: ref('repository_id').notNull(),
    name: text('name').notNull(),
    digest: text('digest').notNull(),
    mediaType: text('media_type').notNull(),
    sizeBytes: minor('size_bytes').notNull(),
    platforms: text('platforms').array().notNull(),
    pushedBy: text('pushed_by').notNull().default(''),
    pushedAt: at('pushed_at').notNull(),
    pulledAt: at('pulled_at'),
    pulls: minor('pulls')
      .notNull()
      .default(sql`0`),
  },
  (t) => [
    primaryKey({ columns: [t.repositoryId, t.name] }),
    index('repository_tag_digest').on(t.repositoryId, t.digest),
    index('repository_tag_pushed').on(t.repositoryId, t.pushedAt),
  ],
)

/**
 * What a repository did on a day (UTC) under the account it had then. `sizeBytes` is its size at the day's end, or now.
 * Charts and the limit of pulls a day are made of it.
 */
export const registryDay = pgTable(
  'registry_day',
  {
    accountId: owner(),
    repositoryId: ref('repository_id').notNull(),
    day: date('day').notNull(),
    pulls: minor('pulls')
      .notNull()
      .default(sql`0`),
    pushes: minor('pushes')
      .notNull()
      .default(sql`0`),
    egressBytes: minor('egress_bytes')
      .notNull()
      .default(sql`0`),
    sizeBytes: minor('size_bytes')
      .notNull()
      .default(sql`0`),
  },
  (t) => [
    primaryKey({ columns: [t.accountId, t.repositoryId, t.day] }),
    index('registry_day_account').on(t.accountId, t.day),
    index('registry_day_repository').on(t.repositoryId, t.day),
  ],
)

/** An account in the registry: what its new repositories are, and its size: distinct digests over its repositories. */
export const registryAccount = pgTable('registry_account', {
  accountId: owner()
    .primaryKey()
    .references(() => account.id),
  defaultVisibility: text('default_visibility', { enum: ['public', 'private'] })
    .notNull()
    .default('private'),
  sizeBytes: minor('size_bytes')
    .notNull()
    .default(sql`0`),
  updatedAt: at('updated_at').notNull().defaultNow(),
})

/** A rename or a transfer on its way: blobs are mounted under the new path, manifests put there, then names change. */
export const repositoryMove = pgTable(
  'repository_move',
  {
    id: id(),
    repositoryId: repositoryRef(),
    fromPath: text('from_path').notNull(),
    toPath: text('to_path').notNull(),
    toAccountId: ref('to_account_id')
      .notNull()
      .references(() => account.id),
    state: text('state', { enum: ['running', 'done', 'failed'] })
      .notNull()
      .default('running'),
    /** Manifests to put, and those put. */
    total: integer('total').notNull().default(0),
    done: integer('done').notNull().default(0),
    error: text('error'),
    /** Who asked, as the audit log names them. */
    asked: jsonb('asked').notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
    finishedAt: at('finished_at'),
  },
  (t) => [
    uniqueIndex('repository_move_running')
      .on(t.repositoryId)
      .where(sql`state = 'running'`),
    uniqueIndex('repository_move_to')
      .on(t.toPath)
      .where(sql`state = 'running'`),
    check('repository_move_state', sql`${t.state} in ('running', 'done', 'failed')`),
  ],
)
