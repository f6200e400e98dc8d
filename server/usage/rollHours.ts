import type { Tx } from '#db/client.ts'
import { eachMeter } from './meters.ts'

/** An hour (since 1970) of a host that new minutes touched. */
export type Due = { hostId: number; hour: number }
export type Rolled = { hours: number; accounts: bigint[] }

const columns = eachMeter('$')

/** The epochs that have minutes in a due hour, by hopping from epoch to epoch along the primary key. */
const present = `
  present as materialized (
    select d.host_id, d.hour, walk.epoch
    from unnest($1::int[], $2::int[]) as d (host_id, hour)
    cross join lateral (
      with recursive hop (epoch) as (
        (select m.epoch from usage_minute m where m.host_id = d.host_id
          and m.minute >= d.hour * 60 and m.minute < d.hour * 60 + 60 order by m.epoch limit 1)
        union all
        select (select m.epoch from usage_minute m where m.host_id = d.host_id and m.epoch > hop.epoch
          and m.minute >= d.hour * 60 and m.minute < d.hour * 60 + 60 order by m.epoch limit 1)
        from hop where hop.epoch is not null
      )
      select epoch from hop where epoch is not null
    ) walk
  )`

/**
 * Writes what \`used\` says (host_id, epoch, hour, meters) into usage_hour, and the difference to what stood there into
 * account_hour. Both in sums of integers, so that they agree whatever is rolled how often.
 */
const settle = `
  delta as materialized (
    select n.host_id, n.epoch, n.hour, o.epoch is null as fresh, ${eachMeter('n.$ = 0', ' and ')} as gone,
      ${eachMeter('n.$ as new_$')},
      ${eachMeter('n.$ - coalesce(o.$, 0) as $')}
    from used n left join lateral (
      select * from usage_hour h where h.host_id = n.host_id and h.epoch = n.epoch and h.hour = n.hour offset 0
    ) o on true
    where ${eachMeter('n.$ <> coalesce(o.$, 0)', ' or ')}
  ),
  written as (
    insert into usage_hour (host_id, epoch, hour, ${columns})
    select host_id, epoch, hour, ${eachMeter('new_$')} from delta where not gone
    on conflict (host_id, epoch, hour) do update set ${eachMeter('$ = excluded.$')}
  ),
  removed as (
    -- A late reading may show that the hour had none of what was shared out to it.
    delete from usage_hour h using delta d
    where d.gone and h.host_id = d.host_id and h.epoch = d.epoch and h.hour = d.hour
  ),
  share as materialized (
    select coalesce(a.account_id, 0) as account_id, case when a.account_id is null then '' else a.app end as app, u.hour,
      coalesce(sum(case when u.fresh then 1 when u.gone then -1 else 0 end) filter (where e.kind = 'container'), 0)::int as containers,
      ${eachMeter('sum(u.$)::bigint as $')}
    from delta u
    join epoch e on e.host_id = u.host_id and e.epoch = u.epoch
    left join lateral (
      select t.account_id, t.app from attribution t
      where t.host_id = u.host_id and t.epoch = u.epoch and t.until_hour > u.hour order by t.from_hour limit 1
    ) a on true
    group by 1, 2, 3
  ),
  told as (
    insert into account_hour (account_id, hour, app, containers, ${columns})
    select account_id, hour, app, containers, ${columns} from share order by account_id, hour, app
    on conflict (account_id, hour, app) do update set containers = account_hour.containers + excluded.containers,
      ${eachMeter('$ = account_hour.$ + excluded.$')}
  )
  select (select count(*) from delta)::int as hours,
    (select coalesce(array_agg(distinct hour), '{}') from delta where gone) as gone_hours,
    coalesce((select array_agg(distinct account_id) from share), '{}')::bigint[] as accounts`

/**
 * Which hours each epoch's new minutes touch: from the newest reading before the due hour to the oldest after it.
 * The near look-ups stay within one partition; the far ones run only across a gap.
 */
const touched = `
  touched as materialized (
    select p.host_id, p.epoch, e.opened_at, host.last_minute,
      min(least(p.hour, case
        when b.minute is not null then (b.minute + 1) / 60
        else greatest(floor(extract(epoch from e.opened_at) / 3600)::int, $3::int / 60) end)) as from_hour,
      max(case when n.minute is null then p.hour else n.minute / 60 end) + 1 as until_hour
    from present p
    join epoch e on e.host_id = p.host_id and e.epoch = p.epoch
    left join host_progress host on host.host_id = p.host_id
    left join lateral (
      select m.minute from usage_minute m
      where m.host_id = p.host_id and m.epoch = p.epoch and m.minute = p.hour * 60 - 1 and m.minute >= $3::int
    ) near on true
    left join lateral (
      select near.minute where near.minute is not null
      union all
      (select m.minute from usage_minute m
      where near.minute is null and e.opened_at < to_timestamp(p.hour * 3600.0)
        and m.host_id = p.host_id and m.epoch = p.epoch and m.minute < p.hour * 60 - 1 and m.minute >= $3::int
      order by m.minute desc limit 1)
    ) b on true
    left join lateral (
      select m.minute from usage_minute m
      where (host.last_minute is null or host.last_minute >= p.hour * 60 + 60)
        and m.host_id = p.host_id and m.epoch = p.epoch and m.minute >= p.hour * 60 + 60
      order by m.minute limit 1
    ) n on true
    group by p.host_id, p.epoch, e.opened_at, host.last_minute
  )`

/** Cores and MiB of the container `epoch` between its reading at a minute and the one before, none 5 minutes away or more. */
export const ratesAt = (epoch: string, minute: string) => `
  select (max(cpu_us) - min(cpu_us))::float8 / nullif(60000000.0 * (max(minute) - min(minute)), 0) as cpu_cores,
    (max(memory_mib_s) - min(memory_mib_s))::float8 / nullif(60.0 * (max(minute) - min(minute)), 0) as memory_mib
  from (
    select u.minute, u.cpu_us, u.memory_mib_s from usage_minute u
    where ${epoch}.kind = 'container' and u.host_id = ${epoch}.host_id and u.epoch = ${epoch}.epoch
      and u.minute > ${minute} - 5 and u.minute <= ${minute} order by u.minute desc limit 2
  ) two`

/** The totals at every edge of the touched hours; the rule is \`totalsAt\` of hour.ts, in SQL. */
const edges = `
  edge as materialized (
    select t.host_id, t.epoch, h.hour, l.minute, ${eachMeter(`case
        when l.minute = h.hour * 60 - 1 or r.minute is null then coalesce(l.$, base.$, 0)
        when h.hour * 3600000::bigint <= origin.at_ms then coalesce(l.$, base.$, 0)
        else coalesce(l.$, base.$, 0) + div((r.$ - coalesce(l.$, base.$, 0))::numeric * (h.hour * 3600000::bigint - origin.at_ms),
          ((r.minute + 1) * 60000::bigint - origin.at_ms)::numeric)::bigint end as $`)}
    from touched t
    cross join lateral generate_series(t.from_hour, t.until_hour) as h (hour)
    left join lateral (
      select * from usage_minute m
      where m.host_id = t.host_id and m.epoch = t.epoch and m.minute >= greatest(h.hour * 60 - 60, $3::int) and m.minute < h.hour * 60
      order by m.minute desc limit 1
    ) near on true
    left join lateral (
      select * from usage_minute m
      where near.minute is null and t.opened_at < to_timestamp(h.hour * 3600.0)
        and m.host_id = t.host_id and m.epoch = t.epoch and m.minute < h.hour * 60 - 60 and m.minute >= $3::int
      order by m.minute desc limit 1
    ) far on true
    cross join lateral (
      select coalesce(near.minute, far.minute) as minute, ${eachMeter('coalesce(near.$, far.$) as $')}
    ) l
    left join lateral (
      select * from usage_minute m
      where l.minute is distinct from h.hour * 60 - 1 and (t.last_minute is null or t.last_minute >= h.hour * 60)
        and m.host_id = t.host_id and m.epoch = t.epoch and m.minute >= h.hour * 60
      order by m.minute limit 1
    ) r on true
    left join lateral (
      select ${eachMeter('sum(k.$)::bigint as $')} from usage_hour k
      where l.minute is null and t.opened_at < to_timestamp($3::int * 60.0)
        and k.host_id = t.host_id and k.epoch = t.epoch and k.hour < $3::int / 60
    ) base on true
    cross join lateral (
      select case when l.minute is null
        then greatest(floor(extract(epoch from t.opened_at) * 1000)::bigint, $3::int * 60000::bigint)
        else (l.minute + 1) * 60000::bigint end as at_ms
    ) origin
  ),
  used as materialized (
    select * from (
      select host_id, epoch, hour, ${eachMeter('lead($) over w - $ as $')}, lead(hour) over w as next
      from edge window w as (partition by host_id, epoch order by hour)
    ) x where next is not null
  ),
  seen as (
    -- Never waits for ingest, which might wait for this: what it holds is seen by the next roll.
    update epoch e set last_minute = s.minute, cpu_cores = s.cpu_cores, memory_mib = s.memory_mib
    from (
      select k.host_id, k.epoch, m.minute, rate.* from (select host_id, epoch, max(minute) as minute from edge group by 1, 2) m
      join epoch k on k.host_id = m.host_id and k.epoch = m.epoch
      cross join lateral (${ratesAt('k', 'm.minute')}) rate
      where m.minute > coalesce(k.last_minute, 0) for no key update of k skip locked
    ) s
    where e.host_id = s.host_id and e.epoch = s.epoch
  )`

const open = `with ${present}, ${touched}, ${edges}, ${settle}`

/**
 * Of hours whose minutes are dropped: only where nothing newer of an epoch is known, and only what its total exceeds the
 * hours counted so far by (\`lateGrowth\` of hour.ts). Anything else was counted when the gap it fills was split.
 */
const closed = `
  with ${present},
  latest as materialized (
    select p.host_id, p.epoch, r.* from (select distinct host_id, epoch from present) p
    cross join lateral (
      select m.minute / 60 as hour, ${eachMeter('m.$')} from usage_minute m
      where m.host_id = p.host_id and m.epoch = p.epoch order by m.minute desc limit 1
    ) r
    where r.hour < $3::int / 60
  ),
  used as materialized (
    select l.host_id, l.epoch, l.hour, ${eachMeter('coalesce(o.$, 0) + greatest(0, l.$ - coalesce(k.$, 0)) as $')}
    from latest l
    left join lateral (
      select ${eachMeter('sum(h.$)::bigint as $')} from usage_hour h where h.host_id = l.host_id and h.epoch = l.epoch
    ) k on true
    left join lateral (
      select * from usage_hour h where h.host_id = l.host_id and h.epoch = l.epoch and h.hour = l.hour offset 0
    ) o on true
  ), ${settle}`

const run = async (tx: Tx, text: string, due: readonly Due[], keptFrom: number): Promise<Rolled> => {
  const [row] = await tx.unsafe<(Rolled & { goneHours: number[] })[]>(
    text,
    [due.map((d) => d.hostId), due.map((d) => d.hour), keptFrom],
    { prepare: true },
  )
  if (!row) return { hours: 0, accounts: [] }
  const { hours, accounts, goneHours } = row
  if (goneHours.length > 0) {
    await tx.unsafe(
      `delete from account_hour where account_id = any($1::bigint[]) and hour = any($2::int[]) and containers = 0
        and ${eachMeter('$ = 0', ' and ')}`,
      [accounts.map(String), goneHours],
    )
  }
  return { hours, accounts }
}

/** Rolls due hours whose minutes are all kept, and whatever hours their minutes touch. */
export const rollOpen = (tx: Tx, due: readonly Due[], keptFrom: number) => run(tx, open, due, keptFrom)
/** Takes what came for hours whose minutes are dropped. */
export const rollClosed = (tx: Tx, due: readonly Due[], keptFrom: number) => run(tx, closed, due, keptFrom)

/** Tells the pages of these accounts and hosts that there is news, once the transaction commits. */
export const announceUse = async (tx: Tx, accounts: readonly bigint[], hosts: readonly number[]): Promise<void> => {
  const topics = [...accounts.map((id) => `usage:${id}`), ...hosts.map((id) => `host:${id}`), 'fleet']
  await tx`select pg_notify('wharf', topic) from unnest(${topics}::text[]) as t (topic)`
}
