import { METERS, type Meter } from '#agents/protocol.ts'
import type { Sql } from '#db/client.ts'
import { FOREVER_HOUR, hourOf, minuteOf, type Window } from '../time.ts'
import { eachMeter, METER_COLUMNS } from './meters.ts'
import type { Resolution } from './window.ts'

/** Reads of usage. Rows of attribution say what an account may see of hosts and epochs. */

export type Amounts = Record<Meter, bigint>
export const columnOf = (meter: Meter): string => METER_COLUMNS[METERS.indexOf(meter)]!

const unitMs = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const
/** Hours of a window; it begins and ends at whole ones. */
export const hoursOf = ({ start, end }: Window) => [hourOf(start), hourOf(end.getTime() - 1) + 1] as const

/** Hours or days of a window that begins and ends at whole ones. */
export const stepsOf = ({ start, end }: Window, unit: 'hour' | 'day') =>
  [Math.floor(start.getTime() / unitMs[unit]), Math.ceil(end.getTime() / unitMs[unit])] as const

/** Amounts of the meters asked for, a step and key. */
export type Points = { at: Date; key: string } & Partial<Amounts>

/** Amounts of meters a step and app, from the accounts' hours or days. */
export const appUse = async (
  sql: Sql,
  accountId: bigint,
  window: Window,
  resolution: 'hour' | 'day',
  meters: readonly Meter[],
  app?: string,
): Promise<Points[]> => {
  const [from, until] = stepsOf(window, resolution)
  const step = sql(resolution)
  return await sql<Points[]>`
    select to_timestamp(${step} * ${unitMs[resolution] / 1000}::float8) as at, app as key, ${sql(meters.map(columnOf))}
    from ${sql(`account_${resolution}`)} where account_id = ${accountId} and ${step} >= ${from} and ${step} < ${until}
      ${app === undefined ? sql`` : sql`and app = ${app}`}
    order by 1, 2`
}

/**
 * Amounts of meters a minute, a key by app or container. Usage across minutes without a reading is spread evenly, in
 * integers. A reading more than 15 minutes before the window counts for nothing in it.
 */
export const minuteUse = async (
  sql: Sql,
  accountId: bigint,
  window: Window,
  meters: readonly Meter[],
  by: 'app' | 'container',
  app?: string,
  container?: { hostId: number; containerId: string },
): Promise<Points[]> => {
  const [from, until] = [minuteOf(window.start), minuteOf(window.end)]
  const each = (text: string) => sql.unsafe(meters.map((meter) => text.replaceAll('$', columnOf(meter))).join(', '))
  return await sql<Points[]>`
    with row as (
      select m.minute, ${each('m.$')}, m.epoch, m.host_id,
        ${by === 'app' ? sql`t.app` : sql`e.host_id || ':' || coalesce(e.container_id, e.object_id)`} as key,
        coalesce(lag(m.minute) over w, case when e.opened_at >= to_timestamp(${from - 15}::int * 60.0) then m.minute - 1 end) as before,
        ${each('coalesce(lag(m.$) over w, 0) as had_$')}
      from attribution t
      join epoch e on e.host_id = t.host_id and e.epoch = t.epoch
      join usage_minute m on m.host_id = t.host_id and m.epoch = t.epoch and m.minute >= ${from - 15} and m.minute < ${until}
      where t.account_id = ${accountId} ${app === undefined ? sql`` : sql`and t.app = ${app}`} and t.until_hour > ${hourOf(window.start)}
        ${container ? sql`and e.host_id = ${container.hostId} and e.container_id = ${container.containerId}` : sql``}
        and (e.ended_at is null or e.ended_at >= ${new Date(window.start.getTime() - 900_000)})
      window w as (partition by m.host_id, m.epoch order by m.minute)
    )
    select to_timestamp(s.minute * 60.0) as at, key,
      ${each(`sum(($ - had_$) * (s.minute - before) / (row.minute - before)
        - ($ - had_$) * (s.minute - 1 - before) / (row.minute - before))::bigint as $`)}
    from row cross join lateral generate_series(greatest(before + 1, ${from}::int), row.minute) as s (minute)
    where before is not null and row.minute >= ${from}
    group by 1, 2 order by 1, 2`
}

/** All meters of an account in a window, an app a row: of whole days from their sums, of the rest by the hour. */
export const appTotals = async (
  sql: Sql,
  accountId: bigint,
  window: Window,
  app?: string,
): Promise<({ app: string } & Amounts)[]> => {
  const [from, until] = hoursOf(window)
  const days = [Math.ceil(from / 24), Math.floor(until / 24)] as const
  const columns = sql.unsafe(eachMeter('$'))
  const own = sql`account_id = ${accountId} ${app === undefined ? sql`` : sql`and app = ${app}`}`
  return await sql<({ app: string } & Amounts)[]>`
    select app, ${sql.unsafe(eachMeter('sum($)::bigint as $'))} from (
      select app, ${columns} from account_day where ${own} and day >= ${days[0]} and day < ${days[1]}
      union all select app, ${columns} from account_hour
      where ${own} and hour >= ${from} and hour < ${Math.min(until, days[0] * 24)}
      union all select app, ${columns} from account_hour
      where ${own} and hour >= ${Math.max(...days) * 24} and hour < ${until}
    ) x group by app order by app`
}

export type Metered = {
  /** Up to where every reporting host's minutes are in; null before the first. */
  to: Date | null
  /** Hosts whose usage is still to come, silent or catching up, and since when. */
  pending: { hostId: number; host: string; since: Date }[]
  /** Hosts with reports missing between ones that came. */
  gaps: { hostId: number; host: string; reports: number }[]
}

const SILENT_MINUTES = 4

/** How far the usage of an account is known, by the hosts its containers run on. */
export const meteredTo = async (sql: Sql, accountId: bigint, now: Date): Promise<Metered> => {
  // A host whose newest minute began earlier is late; the others are only counted.
  const lateBefore = Math.ceil(now.getTime() / unitMs.minute - SILENT_MINUTES - 1)
  const hosts = await sql<
    {
      hostId: number
      host: string
      lastMinute: number | null
      missing: bigint
      fresh: number | null
      newest: number | null
    }[]
  >`
    with own as materialized (
      select p.host_id, h.name as host, p.last_minute, p.max_seq - p.contiguous_seq as missing,
        min(p.last_minute) filter (where p.last_minute >= ${lateBefore}::int) over () as fresh, max(p.last_minute) over () as newest
      from host_progress p join host h on h.id = p.host_id and h.revoked_at is null
      where p.host_id in (
        select t.host_id from attribution t join epoch e on e.host_id = t.host_id and e.epoch = t.epoch and e.ended_at is null
        where t.account_id = ${accountId} and t.until_hour = ${FOREVER_HOUR} and e.kind = 'container')
    )
    select * from own where last_minute < ${lateBefore}::int or missing > 0
    union all (select * from own limit 1)`
  const [whole] = hosts.slice(-1)
  const told = hosts.slice(0, -1)
  const to = whole?.fresh ?? whole?.newest ?? null
  const endOf = (minute: number) => new Date((minute + 1) * unitMs.minute)
  return {
    to: to === null ? null : endOf(to),
    pending: told.flatMap(({ hostId, host, lastMinute }) =>
      lastMinute !== null && lastMinute < lateBefore ? [{ hostId, host, since: endOf(lastMinute) }] : [],
    ),
    gaps: told
      .filter((h) => h.missing > 0n)
      .map((h) => ({ hostId: h.hostId, host: h.host, reports: Number(h.missing) })),
  }
}

/** Apps of an account by name, or one of them, with whether commands may touch them. */
export const appsOf = async (sql: Sql, accountId: bigint, app?: string) =>
  await sql<{ name: string; firstSeenAt: Date; protectedAt: Date | null }[]>`
    select name, first_seen_at, protected_at from app
    where account_id = ${accountId} ${app === undefined ? sql`` : sql`and name = ${app}`} order by name`

/** All meters a step and app (or container of an app), for export. */
export const exportRows = async (
  sql: Sql,
  accountId: bigint,
  window: Window,
  resolution: Exclude<Resolution, 'minute'>,
  of: { by: 'app' | 'container'; app?: string | undefined },
) => {
  const [from, until] = hoursOf(window)
  const hours = unitMs[resolution] / 3_600_000
  if (of.by === 'app') {
    return await sql<({ at: Date; app: string; container: string | null; host: string | null } & Amounts)[]>`
      select to_timestamp((hour / ${hours}::int) * ${hours}::int * 3600.0) as at, app, null as container, null as host,
        ${sql.unsafe(eachMeter('sum($)::bigint as $'))}
      from account_hour where account_id = ${accountId} and hour >= ${from} and hour < ${until}
        ${of.app === undefined ? sql`` : sql`and app = ${of.app}`}
      group by 1, 2 order by 1, 2 limit 50000`
  }
  return await sql<({ at: Date; app: string; container: string | null; host: string | null } & Amounts)[]>`
    select to_timestamp((u.hour / ${hours}::int) * ${hours}::int * 3600.0) as at, t.app,
      coalesce(e.container_id, e.object_id) as container, h.name as host, ${sql.unsafe(eachMeter('sum(u.$)::bigint as $'))}
    from attribution t
    join epoch e on e.host_id = t.host_id and e.epoch = t.epoch
    join host h on h.id = t.host_id
    join usage_hour u on u.host_id = t.host_id and u.epoch = t.epoch and u.hour >= greatest(${from}, t.from_hour)
      and u.hour < least(${until}, t.until_hour)
    where t.account_id = ${accountId} ${of.app === undefined ? sql`` : sql`and t.app = ${of.app}`}
      and t.until_hour > ${from} and t.from_hour < ${until}
    group by 1, 2, 3, 4 order by 1, 2, 3 limit 50000`
}
