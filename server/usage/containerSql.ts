import type { Meter } from '#agents/protocol.ts'
import type { Sql } from '#db/client.ts'
import type { Window } from '../time.ts'
import { eachMeter } from './meters.ts'
import { columnOf, hoursOf, type Amounts, type Points } from './sql.ts'

// Reads of an account's containers. What joins on many rows here is grouped or looked up by key, never joined by a
// condition: the planner takes an account for small, and would compare each row with each.

/** Newest first among the epochs of one container or storage object. */
const AGE = `row_number() over (partition by e.host_id, e.kind, e.object_id order by e.opened_at desc, t.from_hour desc)`

const RUNS = `e.ended_at is null and e.boot_id = p.boot_id and e.last_minute > p.last_minute - 5 and h.revoked_at is null`

/** Usage of the epoch `t` in its hours `[lo, hi)`: of whole days from their sums, of the rest by the hour. */
const usedBetween = (columns: string) => {
  const firstDay = '(t.lo + 23) / 24'
  const lastDay = 't.hi / 24'
  return `(
    select day * 24 as hour, ${columns} from usage_day where host_id = t.host_id and epoch = t.epoch
      and day >= ${firstDay} and day < ${lastDay}
    union all select hour, ${columns} from usage_hour where host_id = t.host_id and epoch = t.epoch
      and hour >= t.lo and hour < least(t.hi, ${firstDay} * 24)
    union all select hour, ${columns} from usage_hour where host_id = t.host_id and epoch = t.epoch
      and hour >= greatest(${lastDay}, ${firstDay}) * 24 and hour < t.hi) u`
}

/** Amounts of meters a step and container of an app. The key is `host:container id`. */
export const containerUse = async (
  sql: Sql,
  accountId: bigint,
  window: Window,
  resolution: 'hour' | 'day',
  meters: readonly Meter[],
  app: string,
  container?: { hostId: number; containerId: string },
): Promise<Points[]> => {
  const [from, until] = hoursOf(window)
  const columns = meters.map(columnOf)
  const hours = resolution === 'day' ? 24 : 1
  const read =
    resolution === 'day'
      ? usedBetween(columns.join(', '))
      : `(select hour, ${columns.join(', ')} from usage_hour where host_id = t.host_id and epoch = t.epoch
          and hour >= t.lo and hour < t.hi) u`
  return await sql<Points[]>`
    with mine as materialized (
      select t.host_id, t.epoch, coalesce(e.container_id, e.object_id) as container_id,
        greatest(${from}::int, t.from_hour) as lo, least(${until}::int, t.until_hour) as hi
      from attribution t join epoch e on e.host_id = t.host_id and e.epoch = t.epoch
      where t.account_id = ${accountId} and t.app = ${app} and t.until_hour > ${from} and t.from_hour < ${until}
        ${container ? sql`and e.host_id = ${container.hostId} and e.container_id = ${container.containerId}` : sql``}
    )
    select to_timestamp(step * ${hours}::int * 3600.0) as at, host_id || ':' || container_id as key, ${sql(columns)}
    from (
      select u.hour / ${hours}::int as step, t.host_id, t.container_id,
        ${sql.unsafe(columns.map((column) => `sum(u.${column})::bigint as ${column}`).join(', '))}
      from mine t cross join lateral ${sql.unsafe(read)} group by 1, 2, 3
    ) s order by 1, 2`
}

/** Names of the containers of an app, the newest of each, under `host:container id`. */
export const containerNames = async (sql: Sql, accountId: bigint, app: string): Promise<Map<string, string>> => {
  const rows = await sql<{ key: string; name: string }[]>`
    select distinct on (e.host_id, e.container_id) e.host_id || ':' || e.container_id as key, e.name
    from attribution t join epoch e on e.host_id = t.host_id and e.epoch = t.epoch and e.kind = 'container'
    where t.account_id = ${accountId} and t.app = ${app} order by e.host_id, e.container_id, e.opened_at desc`
  return new Map(rows.map(({ key, name }) => [key, name]))
}

/** What an app holds at present. Null where there are no two readings to take it from. */
export type AppPresent = {
  app: string
  running: number
  cpuCores: number | null
  memoryMib: number | null
  diskBytes: bigint
  logBytes: bigint
}

/** What runs and is stored now, an app of an account; storage counts whether its container runs or not. */
export const presentOfApps = async (sql: Sql, accountId: bigint, app?: string): Promise<AppPresent[]> => [
  ...(await sql<AppPresent[]>`
    with mine as materialized (
      select t.app, e.host_id, e.kind, e.boot_id, e.ended_at, e.last_minute, e.cpu_cores, e.memory_mib, e.size_bytes,
        ${sql.unsafe(AGE)} as age
      from attribution t join epoch e on e.host_id = t.host_id and e.epoch = t.epoch
      where t.account_id = ${accountId} ${app === undefined ? sql`` : sql`and t.app = ${app}`}
    )
    select app, sum(running)::int as running, sum(cpu_cores) as cpu_cores, sum(memory_mib) as memory_mib,
      sum(disk)::bigint as disk_bytes, sum(log)::bigint as log_bytes
    from (
      select e.app, 1 as running, e.cpu_cores, e.memory_mib, 0::bigint as disk, 0::bigint as log
      from mine e join host h on h.id = e.host_id join host_progress p on p.host_id = e.host_id
      where e.kind = 'container' and e.age = 1 and ${sql.unsafe(RUNS)}
      union all
      select app, 0, null, null, case when kind = 'log' then 0 else size_bytes end, case when kind = 'log' then size_bytes else 0 end
      from mine where kind <> 'container' and age = 1 and ended_at is null and size_bytes is not null
    ) x group by app order by app`),
]

export type ContainerRow = {
  hostId: number
  host: string
  epoch: number
  containerId: string
  name: string
  image: string
  app: string
  running: boolean
  openedAt: Date
  endedAt: Date | null
  lives: number
  oomKills: number
  limits: { memoryMib?: number; cpuMilli?: number } | null
  /** Between its two newest minutes; null where there are none. */
  cpuCores: number | null
  memoryMib: number | null
  diskBytes: bigint
  logBytes: bigint
  /** Used in the window. */
  used: Amounts | null
}

export type ContainerFilter = {
  app?: string | undefined
  hostId?: number
  containerId?: string
  /** Part of the name. */
  text?: string | undefined
  /** Those that used most of this in the window come first; the newest where it is not given. */
  by?: Meter | undefined
  /** Before that, those that run: true unless said otherwise. */
  runningFirst?: boolean | undefined
  limit?: number
}

/**
 * The containers of an account (of one app, or one container) that run or were used in the window; `total` is how many
 * there are without the limit.
 */
export const containersOf = async (
  sql: Sql,
  accountId: bigint,
  window: Window | null,
  of: ContainerFilter = {},
): Promise<{ rows: ContainerRow[]; total: number }> => {
  const [from, until] = window ? hoursOf(window) : [0, 0]
  const like = of.text ? `%${of.text.replace(/[\\%_]/g, '\\$&')}%` : null
  const order = sql`${of.runningFirst === false ? sql`` : sql`running desc nulls last,`}
    ${of.by && window ? sql`${sql(columnOf(of.by))} desc,` : sql``} opened_at desc, b.epoch`
  const rows = await sql<
    (Omit<ContainerRow, 'epoch' | 'used'> & {
      epoch: bigint
      total: number
      bootId: string
      lastMinute: number
    } & Amounts)[]
  >`
    with mine as materialized (
      select t.app, greatest(${from}::int, t.from_hour) as lo, least(${until}::int, t.until_hour) as hi,
        e.host_id, e.epoch, e.kind, e.container_id, e.ended_at, e.size_bytes, ${sql.unsafe(AGE)} as age
      from attribution t
      join epoch e on e.host_id = t.host_id and e.epoch = t.epoch
      where t.account_id = ${accountId} ${of.app === undefined ? sql`` : sql`and t.app = ${of.app}`}
        ${of.hostId === undefined ? sql`` : sql`and t.host_id = ${of.hostId}`}
        ${of.containerId === undefined ? sql`` : sql`and e.container_id = ${of.containerId}`}
        ${window === null ? sql`` : sql`and (e.ended_at is null or e.ended_at >= ${window.start})`}
    ),
    box as materialized (
      select host_id, container_id, max(epoch) as epoch, max(app) as app, sum(lives)::int as lives,
        coalesce(sum(disk), 0)::bigint as disk_bytes, coalesce(sum(log), 0)::bigint as log_bytes,
        ${sql.unsafe(eachMeter('coalesce(sum($), 0)::bigint as $'))}
      from (
        select host_id, container_id, max(epoch) filter (where kind = 'container' and age = 1) as epoch,
          max(app) filter (where kind = 'container' and age = 1) as app,
          count(distinct epoch) filter (where kind = 'container') as lives,
          sum(size_bytes) filter (where kind not in ('container', 'log') and age = 1 and ended_at is null) as disk,
          sum(size_bytes) filter (where kind = 'log' and age = 1 and ended_at is null) as log,
          ${sql.unsafe(eachMeter('null::numeric as $'))}
        from mine group by host_id, container_id
        union all
        select t.host_id, t.container_id, null, null, null, null, null, ${sql.unsafe(eachMeter('sum(u.$)'))}
        from mine t cross join lateral ${sql.unsafe(usedBetween(eachMeter('$')))}
        where ${window !== null} and t.lo < t.hi group by t.host_id, t.container_id
      ) part group by host_id, container_id having max(epoch) is not null
    )
    select b.*, e.name, e.image, e.opened_at, e.ended_at, e.limits, h.name as host, ${sql.unsafe(RUNS)} as running,
      case when e.ended_at is null and e.last_minute > p.last_minute - 5 then e.cpu_cores end as cpu_cores,
      case when e.ended_at is null and e.last_minute > p.last_minute - 5 then e.memory_mib end as memory_mib,
      coalesce((e.state ->> 'oomKills')::int, 0) as oom_kills, count(*) over ()::int as total
    from box b
    join epoch e on e.host_id = b.host_id and e.epoch = b.epoch
    join host h on h.id = b.host_id
    left join host_progress p on p.host_id = b.host_id
    where ${like}::text is null or e.name ilike ${like}
    order by ${order} limit ${of.limit ?? 2000}`
  const total = rows[0]?.total ?? 0
  return {
    total,
    rows: rows.map((row) => ({
      ...row,
      epoch: Number(row.epoch),
      running: row.running ?? false,
      used: window ? row : null,
    })),
  }
}
