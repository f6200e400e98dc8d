import { bigint, customType, text, timestamp } from 'drizzle-orm/pg-core'

/** An instant, with its time zone. */
export const at = (name: string) => timestamp(name, { withTimezone: true })
/** A number the database gives out. */
export const id = () => bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity()
/** Refers to such a number. */
export const ref = (name: string) => bigint(name, { mode: 'bigint' })
export const bytea = customType<{ data: Uint8Array }>({ dataType: () => 'bytea' })
/** An amount in a currency's minor units; also any other whole number beyond 2^53. */
export const minor = (name: string) => bigint(name, { mode: 'bigint' })
/** A number the database gives out, in a table whose key begins with the account. */
export const given = () => bigint('id', { mode: 'bigint' }).notNull().generatedAlwaysAsIdentity()
export const owner = () => ref('account_id').notNull()
/** A component's status, in Statuspage's words. */
export const status = (name: string) =>
  text(name, {
    enum: ['operational', 'degraded_performance', 'partial_outage', 'major_outage', 'under_maintenance'],
  }).notNull()
