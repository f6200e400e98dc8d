import type { Pool, Tx } from '#db/client.ts'
import type { Context } from '../context.ts'
import { log } from '../log.ts'
import { DAY_MS, MINUTES_PER_DAY } from '../time.ts'
import { isHeld } from './evidenceHolds.ts'
import { closeMinutesBefore } from './horizon.ts'

/** The tables kept in a partition a day, and for how many days. */
type Daily = { table: string; column: string; bound: (day: number) => string; keepDays: number }

/** Late reports reach back as far as agents keep them; jobs may rest for a long weekend. */
const DAYS_BACK = 3
const DAYS_AHEAD = 4
const LOCK = 7_244_982

const dailies = (minutesDays: number, evidenceDays: number): Daily[] => [
  { table: 'usage_minute', column: 'minute', bound: (day) => String(day * MINUTES_PER_DAY), keepDays: minutesDays },
  { table: 'host_minute', column: 'minute', bound: (day) => String(day * MINUTES_PER_DAY), keepDays: minutesDays },
  {
    table: 'report_body',
    column: 'received_at',
    bound: (day) => `'${new Date(day * DAY_MS).toISOString()}'`,
    keepDays: evidenceDays,
  },
]

const dayName = (day: number) => new Date(day * DAY_MS).toISOString().slice(0, 10).replaceAll('-', '')

/**
 * Makes the partitions of the days around `now` and drops those past retention whose hours are all
 * rolled and whose reports nobody holds. Safe to repeat and from several processes: one works, the others pass.
 */
export const keepPartitions = async (ctx: Context): Promise<void> => {
  const { sql, env, now } = ctx
  const today = Math.floor(now.getTime() / DAY_MS)
  for (const daily of dailies(env.WHARF_MINUTES_DAYS, env.WHARF_EVIDENCE_DAYS)) {
    const existing = await partitionDays(sql, daily.table)
    for (let day = today - DAYS_BACK; day <= today + DAYS_AHEAD; day++) {
      if (!existing.has(day)) await locked(sql, (tx) => makePartition(tx, daily, day))
    }
    for (const day of existing) {
      if (day < today - daily.keepDays) await locked(sql, (tx) => dropPartition(tx, daily, day))
    }
  }
}

const locked = async (sql: Pool, work: (tx: Tx) => Promise<void>) => {
  await sql.begin(async (tx) => {
    const [row] = await tx<{ mine: boolean }[]>`select pg_try_advisory_xact_lock(${LOCK}) as mine`
    if (row?.mine) await work(tx)
  })
}

const partitionDays = async (sql: Pool, table: string): Promise<Set<number>> => {
  const rows = await sql<{ name: string }[]>`
    select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = ${table}::regclass and c.relname ~ '_\\d{8}$'`
  return new Set(
    rows.map(({ name }) => {
      const digits = name.slice(-8)
      return Date.UTC(Number(digits.slice(0, 4)), Number(digits.slice(4, 6)) - 1, Number(digits.slice(6))) / DAY_MS
    }),
  )
}

const makePartition = async (tx: Tx, { table, column, bound }: Daily, day: number) => {
  const name = `${table}_${dayName(day)}`
  const [from, to] = [bound(day), bound(day + 1)]
  const [exists] = await tx`select 1 from pg_class where relname = ${name}`
  if (exists) return
  await tx.unsafe(`create table ${name} (like ${table} including defaults including storage)`)
  if (table === 'report_body') await tx.unsafe(`alter table ${name} set (toast_tuple_target = 8160)`)
  // What came for that day before it had a partition was kept in the rest; it belongs here now.
  await tx.unsafe(`with moved as (delete from ${table}_rest where ${column} >= ${from} and ${column} < ${to} returning *)
    insert into ${name} select * from moved`)
  await tx.unsafe(`alter table ${table} attach partition ${name} for values from (${from}) to (${to})`)
}

const dropPartition = async (tx: Tx, { table }: Daily, day: number) => {
  // Hours whose minutes go are closed with them, in the same transaction.
  const end = (day + 1) * MINUTES_PER_DAY
  // Held until what it proves is billed and undisputed; asked again every hour.
  if (table === 'report_body' && (await isHeld(tx, new Date(day * DAY_MS), new Date((day + 1) * DAY_MS)))) return
  if (table === 'usage_minute' && (await closeMinutesBefore(tx, end)) < end) return
  await tx.unsafe(`drop table if exists ${table}_${dayName(day)}`)
  log.info({ table, day: dayName(day) }, 'dropped a partition past retention')
}
