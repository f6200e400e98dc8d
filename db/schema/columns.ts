import { bigint, customType, timestamp } from 'drizzle-orm/pg-core'

/** An instant, with its time zone. */
export const at = (name: string) => timestamp(name, { withTimezone: true })
/** A number the database gives out. */
export const id = () => bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity()
/** Refers to such a number. */
export const ref = (name: string) => bigint(name, { mode: 'bigint' })
export const bytea = customType<{ data: Uint8Array }>({ dataType: () => 'bytea' })
