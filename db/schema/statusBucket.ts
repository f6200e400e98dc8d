import { bigint, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core'
import { at } from './columns.ts'

/** The object store that the status page is copied to; no row, or one with id 1. */
export const statusBucket = pgTable('status_bucket', {
  id: integer('id').primaryKey(),
  /** `https://s3.eu-central-1.amazonaws.com`; objects are at ENDPOINT/BUCKET/PREFIX/PATH. */
  endpoint: text('endpoint').notNull(),
  region: text('region').notNull(),
  bucket: text('bucket').notNull(),
  prefix: text('prefix').notNull().default(''),
  accessKey: text('access_key').notNull(),
  sealedSecret: text('sealed_secret').notNull(),
  /** What is there: the digest of each file by its path. */
  files: jsonb('files').notNull().default({}),
  revision: bigint('revision', { mode: 'bigint' }),
  uploadedAt: at('uploaded_at'),
  lastError: text('last_error'),
  failingSince: at('failing_since'),
  /** Until then one process copies, and others wait. */
  busyUntil: at('busy_until'),
  changedBy: text('changed_by').notNull(),
  changedAt: at('changed_at').notNull(),
})
