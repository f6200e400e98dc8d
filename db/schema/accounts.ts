import { sql } from 'drizzle-orm'
import { check, index, jsonb, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { at, bytea, id, ref } from './columns.ts'
import { authUser } from './auth.ts'

/** Who owns apps and pays: a user or an organization. `name` is a Docker path component. */
export const account = pgTable(
  'account',
  {
    id: id(),
    name: text('name').notNull().unique(),
    kind: text('kind', { enum: ['user', 'organization'] }).notNull(),
    displayName: text('display_name').notNull(),
    plan: text('plan').notNull().default('free'),
    createdAt: at('created_at').notNull().defaultNow(),
    closedAt: at('closed_at'),
  },
  (t) => [
    check(
      'account_name',
      sql`${t.name} ~ '^[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*$' and length(${t.name}) between 2 and 64`,
    ),
    check('account_kind', sql`${t.kind} in ('user', 'organization')`),
  ],
)

/** A user's own account has that user as its one owner. */
export const accountMember = pgTable(
  'account_member',
  {
    accountId: ref('account_id')
      .notNull()
      .references(() => account.id),
    userId: text('user_id')
      .notNull()
      .references(() => authUser.id, { onDelete: 'cascade' }),
    role: text('role', { enum: ['owner', 'admin', 'billing', 'member'] }).notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.accountId, t.userId] }),
    index('account_member_user').on(t.userId),
    check('account_member_role', sql`${t.role} in ('owner', 'admin', 'billing', 'member')`),
  ],
)

export const accountInvitation = pgTable(
  'account_invitation',
  {
    id: id(),
    accountId: ref('account_id')
      .notNull()
      .references(() => account.id),
    email: text('email').notNull(),
    role: text('role', { enum: ['owner', 'admin', 'billing', 'member'] }).notNull(),
    tokenHash: bytea('token_hash').notNull().unique(),
    invitedBy: text('invited_by').notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
    expiresAt: at('expires_at').notNull(),
    acceptedAt: at('accepted_at'),
    revokedAt: at('revoked_at'),
  },
  (t) => [
    uniqueIndex('account_invitation_open')
      .on(t.accountId, t.email)
      .where(sql`accepted_at is null and revoked_at is null`),
  ],
)

export const team = pgTable(
  'team',
  {
    id: id(),
    accountId: ref('account_id')
      .notNull()
      .references(() => account.id),
    name: text('name').notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
  },
  (t) => [uniqueIndex('team_name').on(t.accountId, t.name)],
)

export const teamMember = pgTable(
  'team_member',
  {
    teamId: ref('team_id')
      .notNull()
      .references(() => team.id, { onDelete: 'cascade' }),
    userId: text('user_id')
      .notNull()
      .references(() => authUser.id, { onDelete: 'cascade' }),
  },
  (t) => [primaryKey({ columns: [t.teamId, t.userId] })],
)

/** Suspension is the set of holds that are not lifted; each keeps its reason for ever. */
export const accountHold = pgTable(
  'account_hold',
  {
    id: id(),
    accountId: ref('account_id')
      .notNull()
      .references(() => account.id),
    kind: text('kind', { enum: ['billing', 'abuse', 'admin'] }).notNull(),
    reason: text('reason').notNull(),
    placedBy: text('placed_by').notNull(),
    placedAt: at('placed_at').notNull().defaultNow(),
    liftedBy: text('lifted_by'),
    liftedAt: at('lifted_at'),
  },
  (t) => [
    uniqueIndex('account_hold_active')
      .on(t.accountId, t.kind)
      .where(sql`lifted_at is null`),
    check('account_hold_kind', sql`${t.kind} in ('billing', 'abuse', 'admin')`),
  ],
)

export const platformRole = pgTable(
  'platform_role',
  {
    userId: text('user_id')
      .notNull()
      .references(() => authUser.id, { onDelete: 'cascade' }),
    role: text('role', { enum: ['operator', 'admin'] }).notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.role] }),
    check('platform_role_role', sql`${t.role} in ('operator', 'admin')`),
  ],
)

/**
 * An API token: `wharf_` + 30 random characters + CRC32; only its SHA-256 is kept. It acts for its
 * user within `scopes`, on one account where `accountId` is set. A token without a user is a robot
 * (the first operator's token).
 */
export const apiToken = pgTable(
  'api_token',
  {
    id: id(),
    userId: text('user_id').references(() => authUser.id, { onDelete: 'cascade' }),
    accountId: ref('account_id').references(() => account.id),
    name: text('name').notNull(),
    hash: bytea('hash').notNull().unique(),
    hint: text('hint').notNull(),
    scopes: text('scopes').array().notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
    expiresAt: at('expires_at'),
    lastUsedAt: at('last_used_at'),
    revokedAt: at('revoked_at'),
  },
  (t) => [index('api_token_user').on(t.userId), index('api_token_account').on(t.accountId)],
)

/** Who did what, to what, from where, with the state before and after. Append-only by trigger. */
export const auditEvent = pgTable(
  'audit_event',
  {
    id: id(),
    at: at('at').notNull().defaultNow(),
    actorKind: text('actor_kind', { enum: ['user', 'token', 'agent', 'system'] }).notNull(),
    actorId: text('actor_id').notNull(),
    actorLabel: text('actor_label').notNull(),
    action: text('action').notNull(),
    subjectKind: text('subject_kind').notNull(),
    subjectId: text('subject_id').notNull(),
    accountId: ref('account_id'),
    before: jsonb('before'),
    after: jsonb('after'),
    ip: text('ip'),
    userAgent: text('user_agent'),
    requestId: text('request_id'),
  },
  (t) => [
    index('audit_event_at').on(t.at),
    index('audit_event_account').on(t.accountId, t.id),
    index('audit_event_subject').on(t.subjectKind, t.subjectId, t.id),
    index('audit_event_actor').on(t.actorId, t.id),
    index('audit_event_action').on(t.action, t.id),
  ],
)

/**
 * What an account may have: `private_repositories`, `storage_mib`, `pulls_a_day` and the like; null is without limit.
 * Written by whoever sells it, read by whoever grants it.
 */
export const entitlement = pgTable(
  'entitlement',
  {
    accountId: ref('account_id')
      .notNull()
      .references(() => account.id),
    key: text('key').notNull(),
    value: ref('value'),
    /** What gave it, such as `plan:team`. */
    source: text('source').notNull(),
    updatedAt: at('updated_at').notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.accountId, t.key] })],
)
