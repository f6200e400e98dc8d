import type { Sql } from '#db/client.ts'
import { incidentName } from '../state.ts'
import type { Matcher } from './matchers.ts'
import type { Severity } from './parseAlerts.ts'

export type AlertRow = {
  id: bigint
  source: string
  title: string
  severity: Severity
  labels: Record<string, string>
  annotations: Record<string, string>
  link: string | null
  startsAt: Date
  endsAt: Date | null
  hosts: { id: number; name: string }[]
  incident: string | null
  silencedUntil: Date | null
  acknowledgedAt: Date | null
  acknowledgedBy: string | null
  lastSeenAt: Date
}

/** Alerts that fire, worst first; or those that ended, newest first. */
export const listAlerts = async (
  sql: Sql,
  { filter, limit }: { filter: 'firing' | 'ended'; limit: number },
): Promise<AlertRow[]> => {
  const isFiring = filter === 'firing'
  const rows = await sql<(Omit<AlertRow, 'incident'> & { incidentId: bigint | null })[]>`
    select a.id, a.source, a.title, a.severity, a.labels, a.annotations, a.link, a.starts_at, a.ends_at, a.incident_id,
      s.ends_at as silenced_until, a.acknowledged_at, a.acknowledged_by, a.last_seen_at,
      (select coalesce(json_agg(json_build_object('id', h.id, 'name', h.name) order by h.name), '[]')
        from host h where h.id = any(a.host_ids)) as hosts
    from alert a left join silence s on s.id = a.silenced_by
    where (a.ends_at is null) = ${isFiring}
    order by case when ${isFiring} then array_position('{critical,warning,info}'::text[], a.severity) end,
      case when ${isFiring} then a.starts_at end, a.ends_at desc, a.id desc limit ${limit}`
  return rows.map(({ incidentId, ...row }) => ({
    ...row,
    incident: incidentId === null ? null : incidentName(incidentId),
  }))
}

export type SilenceRow = {
  id: bigint
  matchers: Matcher[]
  startsAt: Date
  endsAt: Date
  comment: string
  createdBy: string
  alerts: number
}

/** Silences that hold, and how many alerts each keeps silent now. */
export const listSilences = async (sql: Sql, now: Date): Promise<SilenceRow[]> => [
  ...(await sql<SilenceRow[]>`select s.id, s.matchers, s.starts_at, s.ends_at, s.comment, s.created_by,
      (select count(*)::int from alert a where a.silenced_by = s.id and a.ends_at is null) as alerts
    from silence s where s.ends_at > ${now} and s.ended_at is null order by s.ends_at`),
]

export type SourceRow = { id: bigint; name: string; createdBy: string; createdAt: Date; lastUsedAt: Date | null }

export const listSources = async (sql: Sql): Promise<SourceRow[]> => [
  ...(await sql<SourceRow[]>`select id, name, created_by, created_at, last_used_at from alert_source
    where removed_at is null order by name`),
]

export type HeartbeatRow = {
  id: bigint
  name: string
  everyMinutes: number
  graceMinutes: number
  lastAt: Date | null
  missedAt: Date | null
}

export const listHeartbeats = async (sql: Sql): Promise<HeartbeatRow[]> => [
  ...(await sql<HeartbeatRow[]>`select id, name, every_minutes, grace_minutes, last_at, missed_at from heartbeat
    where removed_at is null order by name`),
]
