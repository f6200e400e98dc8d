import type { Sql } from '#db/client.ts'
import { DAY_MS, FOREVER_HOUR } from '../time.ts'
import type { AccountPlan, Egress, Holding } from './holding.ts'

/** Readings this old, as the host's own minutes go, mean that the container is gone. */
const GONE_AFTER_MINUTES = 5

/** Open accounts with their plan. */
export const accountPlans = async (sql: Sql): Promise<AccountPlan[]> =>
  await sql<AccountPlan[]>`select id, name, plan from account where closed_at is null order by id`

/**
 * What every owned container holds at present: memory on average between its two newest minutes, the present sizes of
 * its layer and volumes (`disk`) and of its log. Of a silent host, what was last known.
 */
export const holdings = async (sql: Sql): Promise<Holding[]> => {
  type Row = { accountId: bigint; app: string; hostId: number; containerId: string }
  const running = await sql<(Row & { epoch: bigint; name: string; openedAt: Date; memory: bigint | null })[]>`
    select t.account_id, t.app, e.host_id, e.container_id, e.epoch, e.name, e.opened_at, used.memory
    from host_progress p
    join host h on h.id = p.host_id and h.revoked_at is null
    join epoch e on e.host_id = p.host_id and e.ended_at is null and e.kind = 'container' and e.boot_id = p.boot_id
      and e.last_minute > p.last_minute - ${GONE_AFTER_MINUTES}::int
    join attribution t on t.host_id = e.host_id and t.epoch = e.epoch and t.until_hour = ${FOREVER_HOUR}
      and t.account_id is not null
    left join lateral (
      select case when count(*) = 2 then (max(m.total) - min(m.total)) / (60 * (max(m.minute) - min(m.minute)))
        else max(m.total) / greatest(1, (max(m.minute) + 1) * 60 - floor(extract(epoch from e.opened_at))::bigint) end as memory
      from (
        select minute, memory_mib_s as total from usage_minute u
        where u.host_id = e.host_id and u.epoch = e.epoch
          and u.minute > p.last_minute - ${GONE_AFTER_MINUTES}::int and u.minute <= p.last_minute
        order by minute desc limit 2
      ) m
    ) used on true`
  const stored = await sql<(Row & { name: string; disk: bigint; logs: bigint })[]>`
    select t.account_id, t.app, s.host_id, s.container_id, min(s.name) as name,
      coalesce(sum(s.size_bytes) filter (where s.kind <> 'log'), 0)::bigint / 1048576 as disk,
      coalesce(sum(s.size_bytes) filter (where s.kind = 'log'), 0)::bigint / 1048576 as logs
    from (
      select distinct on (e.host_id, e.kind, e.object_id) e.host_id, e.epoch, e.kind, e.name,
        coalesce(e.container_id, e.object_id) as container_id, e.size_bytes, e.ended_at
      from host_progress p
      join host h on h.id = p.host_id and h.revoked_at is null
      join epoch e on e.host_id = p.host_id and e.kind <> 'container' and e.boot_id = p.boot_id
        and e.ended_at is null and e.size_bytes > 0
      order by e.host_id, e.kind, e.object_id, e.opened_at desc
    ) s
    join attribution t on t.host_id = s.host_id and t.epoch = s.epoch and t.until_hour = ${FOREVER_HOUR}
      and t.account_id is not null
    group by t.account_id, t.app, s.host_id, s.container_id`
  const held = new Map<string, Holding>()
  for (const row of running) {
    const { memory, epoch, ...rest } = row
    const key = `${row.hostId}:${row.containerId}:${row.accountId}:${row.app}`
    held.set(key, { ...rest, epoch: Number(epoch), memory: memory ?? 0n, disk: 0n, logs: 0n })
  }
  for (const row of stored) {
    const key = `${row.hostId}:${row.containerId}:${row.accountId}:${row.app}`
    const known = held.get(key)
    held.set(key, { ...(known ?? { ...row, epoch: null, openedAt: null, memory: 0n }), disk: row.disk, logs: row.logs })
  }
  return [...held.values()]
}

/** Bytes sent in the calendar month (UTC) that `now` is in, an app. */
export const egressOfMonth = async (sql: Sql, now: Date): Promise<Egress[]> => {
  const from = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1) / DAY_MS
  return await sql<Egress[]>`select account_id, app, sum(tx_bytes)::bigint as bytes from account_day
    where day >= ${from} and account_id <> 0 group by account_id, app having sum(tx_bytes) > 0`
}
