import type { Sql } from '#db/client.ts'
import { minuteOf } from '../time.ts'
import { kept } from './kept.ts'

/** Containers that run now, on all hosts. */
export const countRunning = async (sql: Sql): Promise<number> => {
  const [row] = await sql<{ n: number }[]>`select count(*)::int as n from epoch
    where ended_at is null and kind = 'container'`
  return row?.n ?? 0
}

export type OpenViolation = {
  id: string
  account: string | null
  app: string | null
  hostId: number | null
  host: string | null
  epoch: number | null
  kind: 'quota' | 'runaway_log'
  meter: string
  level: 'soft' | 'hard'
  state: 'open' | 'acknowledged'
  used: number
  limitValue: number | null
  occurrences: number
  openedAt: Date
  lastSeenAt: Date
  action: string | null
  /** When the quota's action is taken unless the violation ends; null where it was taken, or is notice only. */
  dueAt: Date | null
}

/** Violations that are not resolved, hard ones first, then the oldest. The usage domain owns the rows. */
export const listOpenViolations = async (sql: Sql, limit: number): Promise<OpenViolation[]> => [
  ...(await sql<OpenViolation[]>`
    select v.id::text, a.name as account, v.app, v.host_id, h.name as host, v.epoch::float8 as epoch, v.kind, v.meter,
      v.level, v.state, v.used::float8 as used, v.limit_value::float8 as limit_value, v.occurrences, v.opened_at,
      v.last_seen_at, q.action, case when v.hard_since is not null and v.acted_at is null and q.action <> 'notice'
        then v.hard_since + make_interval(secs => q.grace_seconds) end as due_at
    from violation v left join account a on a.id = v.account_id left join host h on h.id = v.host_id
      left join quota q on q.id = v.quota_id
    where v.state in ('open', 'acknowledged')
    order by v.level = 'hard' desc, v.opened_at limit ${limit}`),
]

/** Commands of the last day that failed or were refused or never fetched, and that nothing later replaced. */
export const listTroubledCommands = async (sql: Sql, now: Date) => [
  ...(await sql<
    {
      id: string
      hostId: number
      host: string
      epoch: number
      kind: string
      state: string
      detail: string | null
      reason: string
      finishedAt: Date
    }[]
  >`select c.id::text, c.host_id, h.name as host, c.epoch::float8 as epoch, c.kind, c.state, c.detail, c.reason,
      c.finished_at
    from command c join host h on h.id = c.host_id and h.revoked_at is null
    where c.state in ('failed', 'refused', 'expired') and c.finished_at > ${now}::timestamptz - interval '1 day'
      and not exists (select 1 from command n where n.host_id = c.host_id and n.epoch = c.epoch and n.id > c.id)
    order by c.id desc limit 20`),
]

/** Hosts, violations nobody has acknowledged, and quarantined entries nobody has reviewed (up to 1,000). */
export const countForRail = async (sql: Sql): Promise<{ hosts: number; quotas: number; ingest: number }> => {
  const [row] = await sql<{ hosts: number; quotas: number; ingest: number }[]>`
    select (select count(*)::int from host where revoked_at is null) as hosts,
      (select count(*)::int from violation where state = 'open') as quotas,
      (select count(*)::int from (select 1 from quarantine where reviewed_at is null limit 1000) q) as ingest`
  return row ?? { hosts: 0, quotas: 0, ingest: 0 }
}

/** How many violations are not resolved, and on which hosts. */
export const countViolations = async (sql: Sql): Promise<{ open: number; acknowledged: number; hostIds: number[] }> => {
  const [row] = await sql<{ open: number; acknowledged: number; hostIds: number[] | null }[]>`
    select count(*) filter (where state = 'open')::int as open,
      count(*) filter (where state = 'acknowledged')::int as acknowledged,
      array_agg(distinct host_id) filter (where host_id is not null) as host_ids
    from violation where state in ('open', 'acknowledged')`
  return { open: row?.open ?? 0, acknowledged: row?.acknowledged ?? 0, hostIds: row?.hostIds ?? [] }
}

const SPREAD_STEP_MINUTES = 30
const SPREAD_STEPS = 12

export type CpuSpread = { atMs: number; p50: number | null; p95: number | null; max: number | null }

const readSpread = async (sql: Sql, nowMinute: number): Promise<CpuSpread[]> => {
  const last = Math.floor(nowMinute / SPREAD_STEP_MINUTES) * SPREAD_STEP_MINUTES - 1
  // Single minutes by primary key: a scan of six hours would read thirty times as much.
  const edges = Array.from({ length: SPREAD_STEPS + 1 }, (_, i) => last - (SPREAD_STEPS - i) * SPREAD_STEP_MINUTES)
  const rows = await sql<{ minute: number; shares: (number | null)[] }[]>`
    with edge as (
      select m.host_id, m.minute, (h.facts ->> 'cores')::float8 as cores, m.cpu_us - lag(m.cpu_us) over w as used,
        m.minute - lag(m.minute) over w as minutes
      from host h cross join lateral (select host_id, minute, cpu_us from host_minute m
        where m.host_id = h.id and m.minute = any(${edges}::int[]) order by minute) m
      where h.revoked_at is null window w as (partition by m.host_id order by m.minute))
    select minute, percentile_disc(array[0.5, 0.95, 1]) within group
      (order by least(100, used / (minutes * 600000.0 * cores))::float8) as shares
    from edge where used >= 0 and minutes = ${SPREAD_STEP_MINUTES} and cores > 0 group by minute`
  const found = new Map(rows.map(({ minute, shares }) => [minute, shares]))
  return edges.slice(1).map((minute) => {
    const [p50 = null, p95 = null, max = null] = found.get(minute) ?? []
    return { atMs: (minute + 1) * 60_000, p50, p95, max }
  })
}

/**
 * CPU of hosts over the last six hours, in percent of their cores: median, 95th percentile and greatest, a step of
 * 30 min. Only late reports change steps that are over, so an answer serves for a minute.
 */
export const readCpuSpread = (sql: Sql, now: Date): Promise<CpuSpread[]> => {
  const nowMinute = minuteOf(now)
  const key = String(Math.floor(nowMinute / SPREAD_STEP_MINUTES))
  return kept(sql, { name: 'spread', key, now, forMs: 60_000 }, () => readSpread(sql, nowMinute))
}
