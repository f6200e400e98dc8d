import type { Sql } from '#db/client.ts'
import { minuteOf } from '../time.ts'
import { kept } from './kept.ts'

// How reports arrive, read from rows that ingest writes.

export type QuarantineRow = {
  id: string
  hostId: number
  host: string
  seq: number
  kind: 'row' | 'conflict'
  path: string
  reason: string
  epoch: number | null
  content: unknown
  receivedAt: Date
  reviewedAt: Date | null
  reviewedBy: string | null
}

/** What was not taken into account, newest first, below `before`. */
export const listQuarantine = async (
  sql: Sql,
  filter: {
    hostId?: number | undefined
    open: boolean
    kind?: 'row' | 'conflict' | undefined
    before?: bigint | undefined
    limit: number
  },
): Promise<QuarantineRow[]> => {
  const { hostId = null, open, kind = null, before = null, limit } = filter
  const rows = await sql<(Omit<QuarantineRow, 'seq' | 'epoch'> & { seq: bigint; epoch: bigint | null })[]>`
    select q.id::text, q.host_id, coalesce(h.name, q.host_id::text) as host, q.seq, q.kind, q.path, q.reason, q.epoch,
      q.content, q.received_at, q.reviewed_at, q.reviewed_by
    from quarantine q left join host h on h.id = q.host_id
    where (${hostId}::int is null or q.host_id = ${hostId}) and (${kind}::text is null or q.kind = ${kind})
      and (${before}::bigint is null or q.id < ${before}) ${open ? sql`and q.reviewed_at is null` : sql``}
    order by q.id desc limit ${limit}`
  return rows.map((row) => ({ ...row, seq: Number(row.seq), epoch: row.epoch === null ? null : Number(row.epoch) }))
}

/** How many entries nobody has reviewed; counted up to a thousand of each kind. */
export const countQuarantine = async (sql: Sql): Promise<{ rows: number; conflicts: number }> => {
  const [row] = await sql<{ rows: number; conflicts: number }[]>`
    select count(*) filter (where kind = 'row')::int as rows, count(*) filter (where kind = 'conflict')::int as conflicts
    from (select kind from quarantine where reviewed_at is null order by id desc limit 2000) q`
  return row ?? { rows: 0, conflicts: 0 }
}

/**
 * How many hosts have readings of each of `minutes` whole minutes, oldest first; not of the last two, which are awaited.
 * Only late reports change the others, so an answer serves for ten seconds.
 */
export const readCoverage = (sql: Sql, now: Date, minutes = 60): Promise<{ minute: number; hosts: number }[]> => {
  const nowMinute = minuteOf(now)
  const key = `${nowMinute}:${minutes}`
  return kept(sql, { name: 'coverage', key, now, forMs: 10_000 }, () => countByMinute(sql, nowMinute, minutes))
}

const countByMinute = async (sql: Sql, nowMinute: number, minutes: number) => {
  const from = nowMinute - minutes - 2
  const rows = await sql<{ minute: number; hosts: number }[]>`
    with seen as (
      select m.minute, count(*)::int as hosts from host h
        join lateral (select minute from host_minute m where m.host_id = h.id
          and m.minute >= ${from} and m.minute < ${from + minutes}) m on true
      where h.revoked_at is null group by 1)
    select g.minute, coalesce(seen.hosts, 0) as hosts
    from generate_series(${from}::int, ${from + minutes - 1}::int) as g(minute)
      left join seen on seen.minute = g.minute order by g.minute`
  return [...rows]
}

/** Hosts that reported within the last minute, and the time since each open host's last report at the 95th percentile. */
export const readArrivals = async (sql: Sql, now: Date) => {
  const [row] = await sql<{ lastMinute: number; lagP95Seconds: number | null; newestAt: Date | null }[]>`
    select count(*) filter (where p.last_report_at > ${now}::timestamptz - interval '1 minute')::int as last_minute,
      percentile_disc(0.95) within group (order by extract(epoch from ${now}::timestamptz - p.last_report_at)::float8)
        as lag_p95_seconds, max(p.last_report_at) as newest_at
    from host_progress p join host h on h.id = p.host_id where h.revoked_at is null and p.last_report_at is not null`
  return {
    reportsLastMinute: row?.lastMinute ?? 0,
    lagP95Seconds: row?.lagP95Seconds ?? null,
    newestAt: row?.newestAt ?? null,
  }
}
