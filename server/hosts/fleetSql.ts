import type { Sql } from '#db/client.ts'

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
