import type { Sql, Tx } from '#db/client.ts'
import { MINUTES_PER_HOUR } from '../time.ts'

const KEY = 'usage.minutes_from'
/** Rolling holds this shared; dropping minutes holds it alone. */
const LOCK = 7_244_990

/**
 * The minute since 1970 from which on all minutes are kept; 0 where none was ever dropped. Hours before it are closed:
 * they are not computed again, as what they were computed from is gone. Holds the horizon still until `tx` ends.
 */
export const minutesKeptFrom = async (tx: Tx): Promise<number> => {
  await tx`select pg_advisory_xact_lock_shared(${LOCK})`
  return keptFrom(tx)
}

/**
 * Closes the hours before `minute`, so that their minutes may be dropped in the same transaction. Gives the minute up to
 * which they may: an earlier one where hours still wait to be rolled, always a whole hour.
 */
export const closeMinutesBefore = async (tx: Tx, minute: number): Promise<number> => {
  await tx`select pg_advisory_xact_lock(${LOCK})`
  const [due] = await tx<{ hour: number | null }[]>`select min(hour) as hour from hour_due`
  // A gap that ends in a waiting hour may begin in the one before.
  const waiting = due?.hour == null ? minute : (due.hour - 1) * MINUTES_PER_HOUR
  const known = await keptFrom(tx)
  const from = Math.max(known, Math.floor(Math.min(minute, waiting) / MINUTES_PER_HOUR) * MINUTES_PER_HOUR)
  await tx`insert into setting (key, value, updated_by) values (${KEY}, to_jsonb(${from}::int), 'usage')
    on conflict (key) do update set value = excluded.value, updated_at = now()`
  return from
}

const keptFrom = async (sql: Sql): Promise<number> => {
  const [row] = await sql<{ minute: number }[]>`select (value #>> '{}')::int as minute from setting where key = ${KEY}`
  return row?.minute ?? 0
}
