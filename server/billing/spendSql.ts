import type { Sql } from '#db/client.ts'
import type { AppUse, PartUse } from './liveCost.ts'
import type { Used } from './terms.ts'

/** Whole hours since 1970, `[fromHour, untilHour)`. */
export type Hours = { fromHour: number; untilHour: number }

const ofRow = ({ cpu, memory, disk, egress }: Used): Used => ({ cpu, memory, disk, egress })

/** Billing's meters out of the store's, as sums. */
const SUMS = `coalesce(sum(cpu_us), 0)::bigint as cpu, coalesce(sum(memory_mib_s), 0)::bigint as memory,
  coalesce(sum(disk_mib_s + volumes_mib_s + logs_mib_s), 0)::bigint as disk, coalesce(sum(tx_bytes), 0)::bigint as egress`
const METERS = 'cpu_us, memory_mib_s, disk_mib_s, volumes_mib_s, logs_mib_s, tx_bytes'

/** An account's rows of some hours: whole UTC days from account_day, the hours at the edges from account_hour. */
const rowsOf = (sql: Sql, accountId: bigint, { fromHour, untilHour }: Hours) => {
  const [firstDay, lastDay] = [Math.ceil(fromHour / 24), Math.floor(untilHour / 24)]
  const columns = sql.unsafe(METERS)
  if (firstDay >= lastDay)
    return sql`select app, hour / 24 as day, ${columns} from account_hour
      where account_id = ${accountId} and hour >= ${fromHour} and hour < ${untilHour}`
  return sql`
    select app, day, ${columns} from account_day
      where account_id = ${accountId} and day >= ${firstDay} and day < ${lastDay}
    union all select app, hour / 24, ${columns} from account_hour
      where account_id = ${accountId} and hour >= ${fromHour} and hour < ${firstDay * 24}
    union all select app, hour / 24, ${columns} from account_hour
      where account_id = ${accountId} and hour >= ${lastDay * 24} and hour < ${untilHour}`
}

/** What each app of an account used in some hours. */
export const appUse = async (sql: Sql, accountId: bigint, hours: Hours): Promise<AppUse[]> => {
  const rows = await sql<({ app: string } & Used)[]>`
    select app, ${sql.unsafe(SUMS)} from (${rowsOf(sql, accountId, hours)}) u group by app order by app`
  return rows.map((row) => ({ app: row.app, used: ofRow(row) }))
}

/** The same a UTC day (since 1970), of the named apps each and of all others under `''`. */
export const dayUse = async (
  sql: Sql,
  accountId: bigint,
  hours: Hours,
  named: readonly string[],
): Promise<Omit<PartUse<number>, 'stretch'>[]> => {
  const rows = await sql<({ key: string; day: number } & Used)[]>`
    select case when app = any(${[...named]}::text[]) then app else '' end as key, day, ${sql.unsafe(SUMS)}
    from (${rowsOf(sql, accountId, hours)}) u group by 1, 2 order by 2, 1`
  return rows.map((row) => ({ key: row.key, part: row.day, used: ofRow(row) }))
}

/** What an account used in all, hour by hour without a hole. */
export const hourlyUse = async (sql: Sql, accountId: bigint, { fromHour, untilHour }: Hours): Promise<Used[]> => {
  const rows = await sql<({ hour: number } & Used)[]>`
    select hour, ${sql.unsafe(SUMS)} from account_hour
    where account_id = ${accountId} and hour >= ${fromHour} and hour < ${untilHour} group by hour`
  const known = new Map(rows.map((row) => [row.hour, ofRow(row)]))
  return Array.from(
    { length: Math.max(0, untilHour - fromHour) },
    (_, i) => known.get(fromHour + i) ?? { cpu: 0n, memory: 0n, disk: 0n, egress: 0n },
  )
}

/** A container of an app, by its host. Storage counts with the container it belongs to. */
export type ContainerPart = { hostId: number; host: string; containerId: string; name: string }

/** What each container of an app used in some hours, as far as the app was this account's then. */
export const containerUse = async (
  sql: Sql,
  accountId: bigint,
  app: string,
  { fromHour, untilHour }: Hours,
): Promise<Omit<PartUse<ContainerPart>, 'stretch' | 'key'>[]> => {
  const columns = sql.unsafe(METERS)
  const rows = await sql<(ContainerPart & Used)[]>`
    with mine as materialized (
      select t.host_id, t.epoch, coalesce(e.container_id, e.object_id) as container_id, e.kind, e.name, e.opened_at,
        greatest(t.from_hour, ${fromHour}::int) as f, least(t.until_hour, ${untilHour}::int) as u
      from attribution t join epoch e on e.host_id = t.host_id and e.epoch = t.epoch
      where t.account_id = ${accountId} and t.app = ${app} and t.from_hour < ${untilHour} and t.until_hour > ${fromHour}
        and (e.ended_at is null or e.ended_at >= to_timestamp(${fromHour}::int * 3600.0))
    ),
    used as (
      select m.host_id, m.container_id, ${sql.unsafe(SUMS)} from mine m cross join lateral (
        select ${columns} from usage_day d
          where d.host_id = m.host_id and d.epoch = m.epoch and d.day >= (m.f + 23) / 24 and d.day < m.u / 24
        union all select ${columns} from usage_hour h
          where h.host_id = m.host_id and h.epoch = m.epoch and h.hour >= m.f and h.hour < least(m.u, (m.f + 23) / 24 * 24)
        union all select ${columns} from usage_hour h
          where h.host_id = m.host_id and h.epoch = m.epoch
            and h.hour >= greatest(m.u / 24 * 24, (m.f + 23) / 24 * 24) and h.hour < m.u
      ) a group by 1, 2
    )
    select u.*, h.name as host, (select m.name from mine m where m.host_id = u.host_id and m.container_id = u.container_id
      order by m.kind = 'container' desc, m.opened_at desc limit 1) as name
    from used u join host h on h.id = u.host_id order by u.host_id, u.container_id`
  return rows.map(({ hostId, host, containerId, name, ...used }) => ({
    part: { hostId, host, containerId, name },
    used: ofRow(used),
  }))
}

/** Whether an account's app ever used anything. */
export const hasUsed = async (sql: Sql, accountId: bigint, app: string): Promise<boolean> => {
  const [row] = await sql`select 1 from account_hour where account_id = ${accountId} and app = ${app} limit 1`
  return row !== undefined
}
