import type { Pool } from '#db/client.ts'
import { systemContext } from '#server/context.ts'
import type { Env } from '#server/env.ts'
import { insertUser } from '#server/accounts/createUser.ts'
import { grantAll } from '#server/accounts/firstOperator.ts'
import { METER_COLUMNS } from '#server/usage/meters.ts'
import { keepPartitions } from '#server/usage/partitions.ts'
import { seedQuotas } from '#server/usage/quotas.ts'
import { ratesAt } from '#server/usage/rollHours.ts'
import { seedObjects } from './pagesObjects.ts'

export const OPERATOR = 'operator@bench.example'
export const CUSTOMER = 'customer@bench.example'
export const PASSWORD = 'a bench is for sitting'
/** The customer's: a tenth of all containers, in twenty apps. */
export const ACCOUNT = 'acct-001'

const HOSTS = Number(process.env['WHARF_BENCH_HOSTS'] ?? 1_000)
const CONTAINERS = 10
const ACCOUNTS = 200
const HOURS = 720
const MINUTES = 1_440
/** The store is used again by a later run if it is not older; its hosts then count as having just reported. */
const FRESH_FOR_MS = 6 * 3_600_000

/** What a busy container adds a minute, in METERS' order. */
const STEP = [11_000_007, 10_011, 25_373, 0, 0, 0, 911_113, 1_871_117, 40_960, 228_800]

const columns = METER_COLUMNS.join(', ')
/** Totals after so many minutes; no two containers alike. */
const totals = (minutes: string, spread: string) =>
  STEP.map((step) => `(${step}::bigint * ${minutes} * ${spread} / 97)`).join(', ')

const inParallel = (sql: Pool, statements: readonly string[]) => Promise.all(statements.map((text) => sql.unsafe(text)))

const seedOwners = async (sql: Pool, env: Env) => {
  const ctx = systemContext(sql, env, 'bench')
  await sql.begin(async (tx) => {
    const operator = await insertUser(tx, ctx, { email: OPERATOR, name: 'Operator', password: PASSWORD })
    await grantAll(tx, ctx, operator)
    const customer = await insertUser(tx, ctx, { email: CUSTOMER, name: 'Customer', password: PASSWORD })
    await tx`insert into account (name, kind, display_name, plan)
      select 'acct-' || lpad(n::text, 3, '0'), 'organization', 'Account ' || n, 'business' from generate_series(1, ${ACCOUNTS}) n`
    await tx`insert into account_member (account_id, user_id, role)
      select id, ${customer}, 'owner' from account where name = ${ACCOUNT}`
    await tx`insert into auth_user (id, name, email, email_verified)
      select 'person-' || n, 'Person ' || n, 'person' || n || '@bench.example', true from generate_series(1, 400) n`
    await tx`insert into account_member (account_id, user_id, role)
      select a.id, 'person-' || n, 'member' from generate_series(1, 400) n
      join account a on a.name = 'acct-' || lpad((n % ${ACCOUNTS} + 1)::text, 3, '0')`
    await tx`insert into cluster (name, kind) values ('paid', 'paid'), ('free', 'free'), ('internal', 'internal')`
    await tx`insert into audit_event (at, actor_kind, actor_id, actor_label, action, subject_kind, subject_id, account_id, after)
      select now() - make_interval(secs => (50000 - n) * 50), 'user', ${operator}, ${OPERATOR}, 'usage.quota.set', 'quota', n::text,
        (select id from account where name = ${ACCOUNT}), '{"soft": 1}' from generate_series(1, 50000) n`
    await tx`insert into mail (recipient, subject, body, key, created_at)
      select ${CUSTOMER}, 'Notice ' || n, 'Something to know.', 'bench:' || n, now() - make_interval(mins => n) from generate_series(1, 3000) n`
    await tx`insert into notice (audience, account_id, severity, kind, title, body, key, created_at)
      select case when n % 2 = 0 then 'operators' else 'account' end,
        case when n % 2 = 1 then (select id from account where name = ${ACCOUNT}) end, 'warning', 'bench', 'Notice ' || n,
        'Something to know.', 'bench:' || n, now() - make_interval(mins => n) from generate_series(1, 3000) n`
    await seedQuotas(tx)
  })
  await keepPartitions(ctx)
}

const seedFleet = async (sql: Pool) => {
  await sql`insert into host (name, cluster_id, facts, agent_version, enrolled_at)
    select 'host-' || lpad(n::text, 4, '0'), (select id from cluster order by id offset n % 3 limit 1),
      '{"hostname": "h", "kernel": "6.12", "architecture": "x64", "cores": 32, "memoryTotalMib": 131072, "cgroupVersion": 2,
        "engine": "docker", "engineVersion": "28", "projectQuotas": false}', 'wharfinger/0.1.0', now() - interval '40 days'
    from generate_series(1, ${HOSTS}) n`
  await sql`insert into host_progress (host_id, contiguous_seq, max_seq, last_report_at, last_minute, boot_id)
    select id, 43200, 43200, now(), floor(extract(epoch from now()) / 60)::int - 1, 'boot-' || id from host`
  await sql`insert into host_boot (host_id, boot_id, anchor_ms, source)
    select id, 'boot-' || id, extract(epoch from now() - interval '40 days')::bigint * 1000, 'server' from host`
  // 10,000 containers, each with its layer and its log.
  await sql.unsafe(`insert into epoch (host_id, epoch, kind, boot_id, object_id, started_at, segment, opened_at, witnessed,
      container_id, name, image, labels, state, size_bytes, size_at, last_minute)
    select h.id, h.id * 1000000000::bigint + c * 10 + k.n, k.kind, 'boot-' || h.id, 'container-' || h.id || '-' || c,
      '2026-01-01T00:00:00Z', 0, date_trunc('hour', now()) - interval '${HOURS} hours', true,
      'container-' || h.id || '-' || c, 'app-' || c || '-' || h.id, 'registry.example/app:' || c, '{"io.wharfinger.app": "x"}',
      case when k.n = 0 then '{"running": true, "pids": 9, "restarts": 0}'::jsonb else '{}' end,
      case when k.n > 0 then 100000000::bigint * (c + k.n) end, now(), floor(extract(epoch from now()) / 60)::int - 1
    from host h cross join generate_series(0, ${CONTAINERS - 1}) c
      cross join (values (0, 'container'), (1, 'layer'), (2, 'log')) k (n, kind)`)
  await sql.unsafe(`insert into attribution (host_id, epoch, from_hour, account_id, app, source)
    select e.host_id, e.epoch, floor(extract(epoch from e.opened_at) / 3600)::int,
      case when e.epoch % 100 / 10 = 9 and e.host_id % 100 = 0 then null else a.id end, 'app-' || case when e.epoch % 100 / 10 = 0 then e.host_id % 20 else e.epoch % 100 / 10 % 5 end, 'label'
    from epoch e join account a on a.name = 'acct-' || lpad((case when e.epoch % 100 / 10 = 0 then 1
      else 2 + (e.host_id * 7 + e.epoch % 100 / 10) % ${ACCOUNTS - 1} end)::text, 3, '0')`)
  await sql`insert into app (account_id, name) select distinct account_id, app from attribution where account_id is not null`
  await sql`insert into violation (account_id, app, host_id, epoch, kind, meter, level, subject, used, limit_value, state,
      opened_at, last_seen_at, resolved_at)
    select t.account_id, t.app, t.host_id, t.epoch, 'quota', 'memory', case when n % 5 = 0 then 'hard' else 'soft' end,
      'bench:' || n, 5000, 4096, case when n % 10 = 0 then 'open' when n % 10 = 1 then 'acknowledged' else 'resolved' end,
      now() - make_interval(mins => n::int), now(), case when n % 10 > 1 then now() end
    from (select *, row_number() over () as n from attribution where account_id is not null limit 3000) t`
  await sql`insert into violation_event (violation_id, at, kind, actor, detail)
    select v.id, v.opened_at, k.kind, 'job', '{"used": "5000"}' from violation v cross join (values ('opened'), ('told')) k (kind)`
  await sql`insert into quarantine (host_id, seq, kind, path, reason, epoch, content)
    select n % ${HOSTS} + 1, n, 'row', 'minutes[0].rows[' || n || ']', 'cpuUs shrinks', 1, '[1]' from generate_series(1, 1000) n`
  await sql`insert into command (host_id, epoch, container_id, kind, reason, issued_by, key, expires_at, state, finished_at, issued_at)
    select host_id, epoch, container_id, 'restart', 'bench', 'bench', 'bench:' || n, now(), 'done', now(), now() - make_interval(mins => n::int)
    from (select *, row_number() over () as n from epoch where kind = 'container' limit 2000) e`
}

/** Loads a table's rows without its indexes and makes these afterwards, two at a time: the fastest way in. */
const loadPlain = async (sql: Pool, table: string, keys: string, select: (part: string) => string) => {
  const halves = [`<= ${HOSTS / 2}`, `> ${HOSTS / 2}`]
  await inParallel(
    sql,
    halves.map((half) => `insert into ${table} ${select(half)}`),
  )
  await sql.unsafe(`set maintenance_work_mem = '512MB'; alter table ${table} add primary key (${keys})`).simple()
}

const seedMinutes = async (sql: Pool, nowMinute: number) => {
  const fromMinute = nowMinute - MINUTES
  for (let day = Math.floor(fromMinute / 1_440); day <= Math.floor((nowMinute - 1) / 1_440); day++) {
    const name = new Date(day * 86_400_000).toISOString().slice(0, 10).replaceAll('-', '')
    const first = Math.max(fromMinute, day * 1_440)
    const last = Math.min(nowMinute, (day + 1) * 1_440) - 1
    const range = `generate_series(${first}, ${last}) as m`
    const bounds = `for values from (${day * 1_440}) to (${(day + 1) * 1_440})`
    const plain = async (table: string, keys: string, select: (half: string) => string) => {
      const part = `${table}_${name}`
      await sql
        .unsafe(`alter table ${table} detach partition ${part}; drop table ${part}; create table ${part} (like ${table});
        alter table ${part} add check (minute >= ${day * 1_440} and minute < ${(day + 1) * 1_440})`)
        .simple()
      await loadPlain(sql, part, keys, select)
      await sql.unsafe(`alter table ${table} attach partition ${part} ${bounds}`)
    }
    await plain(
      'usage_minute',
      'host_id, epoch, minute',
      (half) => `(host_id, epoch, minute, ${columns})
        select e.host_id, e.epoch, m, ${totals(`(m - ${nowMinute - HOURS * 60})`, 's.n')}
        from (select host_id, epoch from epoch where kind = 'container' and host_id ${half} order by 1, 2) e
        cross join lateral (select 40 + (e.host_id * 7 + e.epoch / 10 % 10 * 13) % 57 as n) s cross join ${range}`,
    )
    await plain(
      'host_minute',
      'host_id, minute',
      (half) => `(host_id, minute, cpu_us, memory_used_mib, load1_centi, rx_bytes, tx_bytes, cpu_pressure_centi,
          memory_pressure_centi, io_pressure_centi, file_systems)
        select h.id, m, (m - ${fromMinute - 60})::bigint * 600000000, 60000 + (m + h.id) % 900, 700 + m % 90,
          m * 900000::bigint, m * 700000::bigint, 120, 0, 30,
          '[{"mount": "/", "usedMib": 40000, "totalMib": 200000}, {"mount": "/var/lib/docker", "usedMib": 900000, "totalMib": 1907000}]'
        from host h cross join ${range} where h.id ${half}`,
    )
  }
}

const seedHours = async (sql: Pool, nowMinute: number) => {
  const nowHour = Math.floor(nowMinute / 60)
  await sql`alter table usage_hour drop constraint usage_hour_host_id_epoch_hour_pk`
  await sql`drop index usage_hour_hour`
  await sql`alter table usage_hour disable trigger user`
  await loadPlain(
    sql,
    'usage_hour',
    'host_id, epoch, hour',
    (half) => `(host_id, epoch, hour, ${columns})
      select e.host_id, e.epoch, h, ${totals('60', 's.n')}
      from (select host_id, epoch from epoch where kind = 'container' and host_id ${half} order by 1, 2) e
      cross join lateral (select 40 + (e.host_id * 7 + e.epoch / 10 % 10 * 13) % 57 as n) s
      cross join generate_series(${nowHour - HOURS + 1}, ${nowHour}) as h`,
  )
  await sql`create index usage_hour_hour on usage_hour (host_id, hour)`
  await sql`alter table usage_hour enable trigger user`
  await sql.unsafe(`insert into usage_day (host_id, epoch, day, ${columns})
    select host_id, epoch, hour / 24, ${METER_COLUMNS.map((c) => `sum(${c})`).join(', ')} from usage_hour group by 1, 2, 3`)
  await sql.unsafe(`insert into account_hour (account_id, hour, app, containers, ${columns})
    select coalesce(t.account_id, 0), h, case when t.account_id is null then '' else t.app end, t.containers,
      ${STEP.map((step) => `${step}::bigint * 60 * t.containers * (20 + h % 7) / 23`).join(', ')}
    from (select account_id, case when account_id is null then '' else app end as app, count(*) filter (where e.kind = 'container') as containers
      from attribution a join epoch e on e.host_id = a.host_id and e.epoch = a.epoch group by 1, 2) t
    cross join generate_series(${nowHour - HOURS + 1}, ${nowHour}) as h`)
}

/** Three hours of reports: what the pages about ingest read. */
const seedReports = async (sql: Pool) => {
  await sql`insert into report_key (host_id, seq, digest)
    select h.id, s, sha256((h.id || ':' || s)::bytea) from host h cross join generate_series(43021, 43200) s`
  await sql`insert into report_body (host_id, key_id, seq, received_at, sent_ms, mono_ms, boot_id, signature, body)
    select h.id, 1, s, now() - make_interval(mins => 43200 - s), 0, 0, 'boot-' || h.id, sha512('x'), sha512('y')
    from host h cross join generate_series(43021, 43200) s`
}

/**
 * Makes 1,000 hosts and 10,000 containers with 24 h of minutes (14.4 million rows) and 30 days of hours (7.2 million)
 * inside the database, in logged tables with all their indexes; a store that has them already is used again. Gives the
 * seconds it took.
 */
export const seedPages = async (sql: Pool, env: Env): Promise<number> => {
  const startedAt = performance.now()
  const [made] = await sql<
    { at: number }[]
  >`select (value #>> '{}')::float8 as at from setting where key = 'bench.pages'`
  if (made && Date.now() - made.at < FRESH_FOR_MS) {
    await sql`update host_progress set last_report_at = now()`
    return 0
  }
  if (made) throw new Error('the kept data is too old for pages about the present: remove WHARF_BENCH_DATA')
  const nowMinute = Math.floor(Date.now() / 60_000)
  await seedOwners(sql, env)
  await seedFleet(sql)
  await sql`insert into setting (key, value, updated_by)
    values ('usage.minutes_from', to_jsonb(${Math.ceil((nowMinute - MINUTES) / 60) * 60}::int), 'bench')`
  await seedMinutes(sql, nowMinute)
  await sql.unsafe(`update epoch k set cpu_cores = rate.cpu_cores, memory_mib = rate.memory_mib
    from epoch e cross join lateral (${ratesAt('e', 'e.last_minute')}) rate
    where k.host_id = e.host_id and k.epoch = e.epoch and e.kind = 'container'`)
  await seedHours(sql, nowMinute)
  await seedReports(sql)
  await seedObjects(sql, env, ACCOUNT)
  await sql`vacuum analyze`
  await sql`checkpoint`
  await sql`insert into setting (key, value, updated_by) values ('bench.pages', to_jsonb(${Date.now()}::float8), 'bench')`
  return (performance.now() - startedAt) / 1000
}
