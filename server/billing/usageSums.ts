import type { Sql } from '#db/client.ts'
import type { UsageHour } from './rated.ts'

/** Whole hours of an account, `[fromHour, untilHour)`. */
export type HoursOfAccount = { accountId: bigint; fromHour: number; untilHour: number }

type Row = { i: number; app: string; cpu: bigint; memory: bigint; disk: bigint; egress: bigint }

/** Billing's meters of a row of account_hour or account_day. */
export const billedMeters = (sql: Sql) => sql`cpu_us as cpu, memory_mib_s as memory,
  disk_mib_s + volumes_mib_s + logs_mib_s as disk, tx_bytes as egress`

/**
 * The rows of `w` (account_id, from_hour, until_hour) with what was used: whole days from account_day, the hours at the
 * edges from account_hour. The two agree by trigger, so that a year is read in days.
 */
export const usedIn = (sql: Sql) => sql`cross join lateral (
    select case when (w.from_hour + 23) / 24 < w.until_hour / 24 then (w.from_hour + 23) / 24 * 24 else w.until_hour end as head,
      case when (w.from_hour + 23) / 24 < w.until_hour / 24 then w.until_hour / 24 * 24 else w.until_hour end as tail
  ) edge
  cross join lateral (
    select d.app, ${billedMeters(sql)} from account_day d
    where d.account_id = w.account_id and d.day >= edge.head / 24 and d.day < edge.tail / 24 and edge.head < edge.tail
    union all
    select h.app, ${billedMeters(sql)} from account_hour h
    where h.account_id = w.account_id and h.hour >= w.from_hour and h.hour < edge.head
    union all
    select h.app, ${billedMeters(sql)} from account_hour h
    where h.account_id = w.account_id and h.hour >= edge.tail and h.hour < w.until_hour
  ) used`

/** What each app used in each of these windows, in their order, as one row an app under the window's first hour. */
export const usageSums = async (sql: Sql, windows: readonly HoursOfAccount[]): Promise<UsageHour[][]> => {
  const sums: UsageHour[][] = windows.map(() => [])
  if (windows.length === 0) return sums
  const rows = await sql<Row[]>`
    select w.i::int, used.app, sum(used.cpu)::bigint as cpu, sum(used.memory)::bigint as memory,
      sum(used.disk)::bigint as disk, sum(used.egress)::bigint as egress
    from unnest(${windows.map((w) => String(w.accountId))}::bigint[], ${windows.map((w) => w.fromHour)}::int[],
      ${windows.map((w) => w.untilHour)}::int[]) with ordinality as w (account_id, from_hour, until_hour, i)
    ${usedIn(sql)}
    group by 1, 2 order by 1, 2`
  for (const { i, app, ...used } of rows) sums[i - 1]!.push({ app, hour: windows[i - 1]!.fromHour, used })
  return sums
}
