import type { Pool, Tx } from '#db/client.ts'
import { METERS } from '#agents/protocol.ts'
import { eachMeter, METER_COLUMNS } from '../usage/meters.ts'
import { ratesAt } from '../usage/rollHours.ts'

/** Hours of minutes; what is older is kept in hours alone. */
const MINUTES_FOR_HOURS = 24
const WAVE = ['base', 'day', 'week', 'ripple', 'burst', 'growth'] as const
const DAY = '(2 * pi() / 86400)'
const WEEK = '(2 * pi() / 604800)'
const RIPPLE = '(2 * pi() / 1020)'
const FAST = '(2 * pi() / 410)'

/**
 * Columns with the integrals from `from_s` to `at_s` that all totals of an epoch are sums of; the fleet's own formula. They are
 * selected with `offset 0`, or each of ten meters would compute them again.
 */
const integrals = (from: string, at: string, of: string) => {
  const part = (frequency: string, phase: string) =>
    `(cos(${frequency} * ${from} + ${phase}) - cos(${frequency} * ${at} + ${phase})) / ${frequency}`
  const bursts = (t: string) => `(floor((${t} - ${of}.burst_at) / ${of}.burst_every) * ${of}.burst_for
    + least((${t} - ${of}.burst_at) - floor((${t} - ${of}.burst_at) / ${of}.burst_every) * ${of}.burst_every, ${of}.burst_for))`
  return `${at} - ${from} as seconds, ${part(DAY, `${of}.day_phase`)} as days, ${part(WEEK, `${of}.week_phase`)} as weeks,
    0.6 * ${part(RIPPLE, `${of}.ripple_phase`)} + 0.4 * ${part(FAST, `${of}.ripple_phase`)} as ripples,
    ${bursts(at)} - ${bursts(from)} as bursts, (${at} - ${from}) ^ 2 / 2 as growths`
}

/** The total that a wave (an array in the order of WAVE) has by the integrals `i`; null where there is no wave. */
const totalOf = (wave: string) => `${wave}[1] * (i.seconds + ${wave}[2] * i.days + ${wave}[3] * i.weeks
  + ${wave}[4] * i.ripples) + ${wave}[5] * i.bursts + ${wave}[6] * i.growths`

const meterTotals = METER_COLUMNS.map(
  (column) => `floor(coalesce(${totalOf(`l.w_${column}`)}, 0))::bigint as ${column}`,
).join(',\n')

const waveColumns = METERS.map(
  (meter, m) => `(select array[${WAVE.map((part) => `coalesce((w ->> '${part}')::float8, 0)`).join(', ')}]
    from (select x.waves -> '${meter}' as w) s where w is not null) as w_${METER_COLUMNS[m]}`,
).join(',\n')

const asWave = (column: string) =>
  `array[${WAVE.map((part) => `coalesce((${column} ->> '${part}')::float8, 0)`).join(', ')}]`

const rhythmColumns = (rhythm: string) =>
  [
    ['day_phase', 'dayPhase'],
    ['week_phase', 'weekPhase'],
    ['ripple_phase', 'ripplePhase'],
    ['burst_every', 'burstEveryS'],
    ['burst_for', 'burstForS'],
    ['burst_at', 'burstAtS'],
  ]
    .map(([column, key]) => `(${rhythm} ->> '${key}')::float8 as ${column}`)
    .join(', ')

const loadPast = async (tx: Tx, past: string) => {
  await tx`create temp table demo_past on commit drop as select ${past}::text::jsonb as doc`
  await tx.unsafe(`create temp table demo_host on commit drop as
    select x."hostId" as host_id, x."bootId" as boot_id, x."bootS" as boot_s, x."untilS" as until_s, x.facts, x.waves
    from demo_past, jsonb_to_recordset(doc -> 'hosts') as x ("hostId" int, "bootId" text, "bootS" float8, "untilS" float8,
      facts jsonb, waves jsonb)`)
  await tx.unsafe(`create temp table demo_life on commit drop as
    select x."hostId" as host_id, x.epoch, x.kind, x."bootId" as boot_id, x."objectId" as object_id, x."startedAt" as started_at,
      x.segment, coalesce(x."containerId", x."objectId") as container_id, x.name, x.image, x."imageId" as image_id, x.labels,
      x.limits, x."openedS" as from_s, x."endedS" as ended_s, least(coalesce(x."endedS", h.until_s), h.until_s) as until_s,
      x."exitCode" as exit_code, x.restarts, ${rhythmColumns('x.rhythm')}, ${waveColumns}
    from demo_past, jsonb_to_recordset(doc -> 'epochs') as x ("hostId" int, epoch bigint, kind text, "bootId" text,
      "objectId" text, "startedAt" text, segment bigint, "containerId" text, name text, image text, "imageId" text,
      labels jsonb, limits jsonb, "openedS" float8, "endedS" float8, "exitCode" int, restarts int, rhythm jsonb, waves jsonb)
    join demo_host h on h.host_id = x."hostId"`)
  await tx`analyze demo_life`
}

const hosts = `
  insert into host_boot (host_id, boot_id, anchor_ms, source)
  select host_id, boot_id, (boot_s * 1000)::bigint, 'server' from demo_host on conflict do nothing;
  update host h set facts = d.facts, simulated = true, agent_version = 'wharfinger/0.1.0',
    enrolled_at = to_timestamp(d.boot_s - 900)
  from demo_host d where d.host_id = h.id;
  update host_progress p set last_report_at = to_timestamp(d.until_s + 2), last_minute = (d.until_s / 60)::int - 1,
    boot_id = d.boot_id
  from demo_host d where d.host_id = p.host_id;`

const epochs = `
  insert into epoch (host_id, epoch, kind, boot_id, object_id, started_at, segment, opened_at, witnessed, container_id, name,
    image, image_id, labels, limits, ended_at, state, size_bytes, size_at, last_minute, declared_at)
  select l.host_id, l.epoch, l.kind, l.boot_id, l.object_id, l.started_at, l.segment, to_timestamp(l.from_s), true,
    l.container_id, l.name, l.image, l.image_id, l.labels, l.limits, to_timestamp(l.ended_s),
    case when l.kind <> 'container' then '{}'
      when l.ended_s is null then jsonb_build_object('running', true, 'restarts', l.restarts, 'pids', 3 + l.epoch % 9,
        'oomKills', case when l.exit_code = 137 then l.restarts else 0 end)
      else jsonb_build_object('running', false, 'exitCode', l.exit_code, 'restarts', l.restarts) end,
    case when l.kind <> 'container' then floor(1048576 * (w.wave[1] + w.wave[6] * (l.until_s - l.from_s)))::bigint end,
    case when l.kind <> 'container' then to_timestamp(l.until_s) end, floor(l.until_s / 60)::int - 1, to_timestamp(l.until_s)
  from demo_life l
  cross join lateral (select coalesce(l.w_disk_mib_s, l.w_volumes_mib_s, l.w_logs_mib_s) as wave) w
  on conflict do nothing`

const owners = `
  insert into attribution (host_id, epoch, from_hour, account_id, app, source)
  select l.host_id, l.epoch, floor(l.from_s / 3600)::int, a.id, coalesce(l.labels ->> $1, l.name),
    case when a.id is null then 'none' else 'label' end
  from demo_life l left join account a on a.name = l.labels ->> $2 on conflict do nothing`

const apps = `
  insert into app (account_id, name, first_seen_at)
  select t.account_id, t.app, min(e.opened_at) from attribution t join epoch e on e.host_id = t.host_id and e.epoch = t.epoch
  where t.account_id is not null group by 1, 2 on conflict do nothing`

/** Totals at the end of each of the last day's minutes; storage every quarter of an hour, as totals lose nothing by it. */
const minutes = `
  insert into usage_minute (host_id, minute, epoch, ${eachMeter('$')})
  select l.host_id, m.minute, l.epoch, ${meterTotals}
  from demo_life l
  cross join lateral generate_series(greatest($1::int, floor(l.from_s / 60)::int), ceil(l.until_s / 60)::int - 1) as m (minute)
  cross join lateral (select least((m.minute + 1) * 60.0, l.until_s)::float8 as at_s) t
  cross join lateral (select ${integrals('l.from_s', 't.at_s', 'l')} offset 0) i
  where l.until_s > $1::int * 60.0
    and (l.kind = 'container' or m.minute % 15 = 14 or m.minute = ceil(l.until_s / 60)::int - 1)`

/** What containers use now, as rolling would have left it. */
const rates = `
  update epoch e set cpu_cores = rate.cpu_cores, memory_mib = rate.memory_mib
  from demo_life l join epoch k on k.host_id = l.host_id and k.epoch = l.epoch
    cross join lateral (${ratesAt('k', 'k.last_minute')}) rate
  where e.host_id = k.host_id and e.epoch = k.epoch and k.kind = 'container' and k.ended_at is null`

/** Each hour's share of the totals, from the totals at its edges, so that all hours add up to them. */
const hours = `
  insert into usage_hour (host_id, epoch, hour, ${eachMeter('$')})
  select host_id, epoch, hour, ${eachMeter('$')} from (
    select l.host_id, l.epoch, h.hour, h.last,
      ${METER_COLUMNS.map((column) => `lead(v.${column}) over w - v.${column} as ${column}`).join(', ')}
    from demo_life l
    cross join lateral (
      select hour, hour = ceil(l.until_s / 3600)::int as last
      from generate_series(floor(l.from_s / 3600)::int, ceil(l.until_s / 3600)::int) as hour) h
    cross join lateral (select least(greatest(h.hour * 3600.0, l.from_s), l.until_s)::float8 as at_s) t
    cross join lateral (select ${integrals('l.from_s', 't.at_s', 'l')} offset 0) i
    cross join lateral (select ${meterTotals} offset 0) v
    window w as (partition by l.host_id, l.epoch order by h.hour)
  ) x where not last`

const accounts = `
  insert into account_hour (account_id, hour, app, containers, ${eachMeter('$')})
  select coalesce(t.account_id, 0), u.hour, case when t.account_id is null then '' else t.app end,
    count(*) filter (where e.kind = 'container'), ${eachMeter('sum(u.$)::bigint')}
  from usage_hour u
  join epoch e on e.host_id = u.host_id and e.epoch = u.epoch
  join attribution t on t.host_id = u.host_id and t.epoch = u.epoch
  group by 1, 2, 3`

const hostMinutes = `
  insert into host_minute (host_id, minute, cpu_us, memory_used_mib, load1_centi, rx_bytes, tx_bytes, cpu_pressure_centi,
    memory_pressure_centi, io_pressure_centi, file_systems)
  select host_id, minute, cpu, memory, load, rx, tx, least(10000, (stalled * 6000)::int), least(10000, (stalled * 300)::int),
    least(10000, (40 + stalled * 900)::int), jsonb_build_array(
      jsonb_build_object('mount', '/', 'usedMib', 31400, 'totalMib', 98000),
      jsonb_build_object('mount', '/var/lib/docker', 'usedMib', 120000 + disk, 'totalMib', 1907000))
  from (
    select *, (load_per_core * 100 * 1.03 * cores)::int as load, greatest(0, load_per_core - 0.55) as stalled from (
      select host_id, minute, floor(sum(cpu_total))::bigint as cpu, floor(1400 + sum(memory_rate))::int as memory,
        floor(sum(rx_total))::bigint as rx, floor(sum(tx_total))::bigint as tx, cores, max(disk)::int as disk,
        (sum(cpu_total) - sum(cpu_before)) / 60e6 / cores as load_per_core
      from (
        select d.host_id, m.minute, (d.facts ->> 'cores')::float8 as cores, l.share * ${'(' + totalOf('l.cpu') + ')'} as cpu_total,
          l.share * (${totalOf('l.cpu').replaceAll('i.', 'b.')}) as cpu_before,
          least(1, l.share) * ((${totalOf('l.memory')}) - (${totalOf('l.memory').replaceAll('i.', 'b.')})) / 60 as memory_rate,
          ${totalOf('l.rx')} as rx_total, ${totalOf('l.tx')} as tx_total, s.mib as disk
        from demo_host d
        cross join lateral (
          select share, ${rhythmColumns('rhythm')}, ${['cpu', 'memory', 'rx', 'tx'].map((name) => `${asWave(name)} as ${name}`).join(', ')}
          from jsonb_to_recordset(d.waves) as w (share float8, rhythm jsonb, cpu jsonb, memory jsonb, rx jsonb, tx jsonb) offset 0
        ) l
        cross join lateral (
          select coalesce(sum(size_bytes) / 1048576, 0) as mib from epoch e
          where e.host_id = d.host_id and e.kind in ('layer', 'volume') and e.ended_at is null) s
        cross join lateral generate_series($1::int, floor(d.until_s / 60)::int - 1) as m (minute)
        cross join lateral (select ((m.minute + 1) * 60)::float8 as at_s) t
        cross join lateral (select ${integrals('d.boot_s', 't.at_s', 'l')} offset 0) i
        cross join lateral (select ${integrals('d.boot_s', '(t.at_s - 60)', 'l')} offset 0) b
      ) each group by host_id, minute, cores
    ) summed
  ) told`

/**
 * Writes a simulated fleet's past (JSON as its process prints it) into the store, inside the database: epochs and whose
 * they are, a month of hours, a day of minutes. Minutes before those count as dropped, so rolling goes on from the hours.
 */
export const writeHistory = async (
  sql: Pool,
  past: string,
  untilMinute: number,
  labels: { app: string; account: string },
) => {
  const fromMinute = (Math.floor(untilMinute / 60) - MINUTES_FOR_HOURS) * 60
  await sql.begin(async (tx) => {
    await tx`set local statement_timeout = '5min'`
    await tx`set local work_mem = '128MB'`
    await loadPast(tx, past)
    await tx.unsafe(hosts).simple()
    await tx.unsafe(epochs)
    await tx.unsafe(owners, [labels.app, labels.account])
    await tx.unsafe(apps)
    await tx.unsafe(minutes, [fromMinute])
    await tx.unsafe(rates)
    await tx.unsafe(hours)
    await tx.unsafe(accounts)
    await tx.unsafe(hostMinutes, [fromMinute])
    await tx`insert into setting (key, value, updated_by) values ('usage.minutes_from', to_jsonb(${fromMinute}::int), 'demo')
      on conflict (key) do update set value = excluded.value`
  })
  await sql`analyze`
}
