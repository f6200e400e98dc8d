import { sql } from 'drizzle-orm'
import { bigint, check, index, integer, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { at, id } from './columns.ts'
import { account } from './accounts.ts'
import { authUser } from './auth.ts'

/** Something its audience should know. `key` states the fact, so that telling it twice is one notice. */
export const notice = pgTable(
  'notice',
  {
    id: id(),
    audience: text('audience', { enum: ['account', 'operators'] }).notNull(),
    accountId: bigint('account_id', { mode: 'bigint' }).references(() => account.id),
    severity: text('severity', { enum: ['info', 'warning', 'critical'] }).notNull(),
    kind: text('kind').notNull(),
    title: text('title').notNull(),
    body: text('body').notNull(),
    /** Path in the product where something can be done about it. */
    href: text('href'),
    key: text('key').notNull().unique(),
    createdAt: at('created_at').notNull().defaultNow(),
    resolvedAt: at('resolved_at'),
  },
  (t) => [
    index('notice_account').on(t.accountId, t.id),
    index('notice_operators')
      .on(t.id)
      .where(sql`audience = 'operators'`),
    check('notice_audience', sql`(${t.audience} = 'account') = (${t.accountId} is not null)`),
  ],
)

export const noticeRead = pgTable(
  'notice_read',
  {
    noticeId: bigint('notice_id', { mode: 'bigint' })
      .notNull()
      .references(() => notice.id, { onDelete: 'cascade' }),
    userId: text('user_id')
      .notNull()
      .references(() => authUser.id, { onDelete: 'cascade' }),
    readAt: at('read_at').notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.noticeId, t.userId] })],
)

/** Mail to send, or, without SMTP_URL, to be read by operators on the outbox page. */
export const mail = pgTable(
  'mail',
  {
    id: id(),
    recipient: text('recipient').notNull(),
    subject: text('subject').notNull(),
    body: text('body').notNull(),
    key: text('key').notNull().unique(),
    createdAt: at('created_at').notNull().defaultNow(),
    sentAt: at('sent_at'),
    attempts: integer('attempts').notNull().default(0),
    lastError: text('last_error'),
  },
  (t) => [index('mail_created').on(t.createdAt)],
)

/** Where an account wants events posted (Standard Webhooks). The secret is sealed. */
export const webhookEndpoint = pgTable(
  'webhook_endpoint',
  {
    id: id(),
    accountId: bigint('account_id', { mode: 'bigint' })
      .notNull()
      .references(() => account.id),
    url: text('url').notNull(),
    /** Event types it wants, such as `invoice.paid`. */
    types: text('types').array().notNull(),
    /** Narrows events to one subject, such as a repository; null takes all of the account's. */
    subject: text('subject'),
    sealedSecret: text('sealed_secret').notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
    disabledAt: at('disabled_at'),
    disabledReason: text('disabled_reason'),
    removedAt: at('removed_at'),
  },
  (t) => [index('webhook_endpoint_account').on(t.accountId)],
)

/** One event for one endpoint, with its frozen body; `key` states the fact. */
export const webhookDelivery = pgTable(
  'webhook_delivery',
  {
    id: id(),
    endpointId: bigint('endpoint_id', { mode: 'bigint' })
      .notNull()
      .references(() => webhookEndpoint.id),
    type: text('type').notNull(),
    key: text('key').notNull(),
    body: text('body').notNull(),
    state: text('state', { enum: ['pending', 'delivered', 'failed'] })
      .notNull()
      .default('pending'),
    attempts: integer('attempts').notNull().default(0),
    status: integer('status'),
    lastError: text('last_error'),
    createdAt: at('created_at').notNull().defaultNow(),
    nextAt: at('next_at'),
    finishedAt: at('finished_at'),
  },
  (t) => [
    uniqueIndex('webhook_delivery_key').on(t.endpointId, t.key),
    index('webhook_delivery_endpoint').on(t.endpointId, t.id),
  ],
)
