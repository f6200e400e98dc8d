import type { Sql } from '#db/client.ts'
import type { ComponentStatus, Impact } from './impact.ts'
import type { UpdateKind } from './standing.ts'
import { incidentName, OPEN_STATES, type IncidentKind, type IncidentState, type PostedState } from './state.ts'

export type IncidentRow = {
  id: bigint
  /** `INC-7`. */
  incident: string
  kind: IncidentKind
  title: string
  state: IncidentState
  impact: Impact
  impactOverride: Impact | null
  audience: 'everybody' | 'affected'
  isDrill: boolean
  startedAt: Date
  detectedAt: Date
  acknowledgedAt: Date | null
  acknowledgedBy: string | null
  resolvedAt: Date | null
  scheduledFor: Date | null
  scheduledUntil: Date | null
  nextUpdateDue: Date | null
  createdBy: string
  components: { id: string; name: string; status: ComponentStatus }[]
  hosts: number
  accounts: number
  updates: number
  /** Deliveries that failed for good or are unknown. */
  failed: number
  /** Of a draft: what the first alert that led to it is called; never public. */
  alert: string | null
}

export type IncidentFilter = 'open' | 'drafts' | 'planned' | 'past' | 'all'

const columns = (sql: Sql) => sql`
  i.id, i.kind, i.title, i.state, i.impact, i.impact_override, i.audience, i.is_drill, i.started_at, i.detected_at,
  i.acknowledged_at, i.acknowledged_by, i.resolved_at, i.scheduled_for, i.scheduled_until, i.next_update_due, i.created_by,
  (select coalesce(json_agg(json_build_object('id', c.id::text, 'name', c.name || coalesce(', ' || c.region, ''),
      'status', k.status) order by c.position, c.id), '[]')
    from incident_component k join component c on c.id = k.component_id where k.incident_id = i.id) as components,
  (select count(*)::int from incident_host h where h.incident_id = i.id
    and (h.until_at is null or h.until_at > h.from_at)) as hosts,
  (select count(distinct a.account_id)::int from incident_account a where a.incident_id = i.id
    and (a.until_at is null or a.until_at > a.from_at)) as accounts,
  (select count(*)::int from incident_update u where u.incident_id = i.id and u.undone_at is null) as updates,
  (select count(*)::int from delivery d where d.incident_id = i.id and d.state in ('permanent', 'unknown')) as failed,
  case when i.state = 'draft' then (select a.title from alert a where a.incident_id = i.id order by a.id limit 1) end as alert`

const named = (rows: readonly Omit<IncidentRow, 'incident'>[]): IncidentRow[] =>
  rows.map((row) => ({ ...row, incident: incidentName(row.id) }))

const STATES: Record<IncidentFilter, readonly string[]> = {
  open: OPEN_STATES,
  drafts: ['draft'],
  planned: ['scheduled'],
  past: ['resolved', 'postmortem', 'completed'],
  all: [...OPEN_STATES, 'draft', 'scheduled', 'resolved', 'postmortem', 'completed'],
}

/** Incidents and maintenances, newest start first; `before` is the id of the last row of the page before. */
export const listIncidents = async (
  sql: Sql,
  { filter, before, limit }: { filter: IncidentFilter; before?: bigint | undefined; limit: number },
): Promise<IncidentRow[]> =>
  named(
    await sql<Omit<IncidentRow, 'incident'>[]>`select ${columns(sql)} from incident i
      where i.state = any(${[...STATES[filter]]}::text[]) and (${before ?? null}::bigint is null
        or (i.started_at, i.id) < (select b.started_at, b.id from incident b where b.id = ${before ?? null}))
      order by i.started_at desc, i.id desc limit ${limit}`,
  )

export type UpdateRow = {
  id: bigint
  number: number
  kind: UpdateKind
  aboutId: bigint | null
  state: PostedState
  text: string
  components: {
    componentId: string
    key: string
    name: string
    oldStatus: ComponentStatus
    newStatus: ComponentStatus
  }[]
  displayAt: Date
  sendAfter: Date
  undoneAt: Date | null
  /** Number of the update that retracted or corrected it last. */
  retractedBy: number | null
  correctedBy: number | null
  nextUpdateMinutes: number | null
  createdBy: string
  createdAt: Date
  /** Deliveries by state. */
  deliveries: Record<string, number>
}

const readUpdates = async (sql: Sql, id: bigint): Promise<UpdateRow[]> => [
  ...(await sql<UpdateRow[]>`
    select u.id, u.number, u.kind, u.about_id, u.state, u.text, u.components, u.display_at, u.send_after, u.undone_at,
      u.next_update_minutes, u.created_by, u.created_at,
      (select max(r.number) from incident_update r where r.about_id = u.id and r.kind = 'retraction'
        and r.undone_at is null) as retracted_by,
      (select max(r.number) from incident_update r where r.about_id = u.id and r.kind = 'correction'
        and r.undone_at is null) as corrected_by,
      (select coalesce(json_object_agg(s.state, s.n), '{}') from
        (select d.state, count(*) as n from delivery d where d.update_id = u.id group by 1) s) as deliveries
    from incident_update u where u.incident_id = ${id} order by u.number desc`),
]

export type IncidentDetail = IncidentRow & {
  handover: string
  postmortem: string | null
  hostsOut: { id: number; name: string; fromAt: Date; untilAt: Date | null }[]
  customers: { account: string; app: string; containers: number; fromAt: Date; untilAt: Date | null }[]
  said: UpdateRow[]
  alerts: { id: bigint; title: string; startsAt: Date; endsAt: Date | null; link: string | null }[]
}

/** An incident with everything that belongs to it, newest update first. */
export const readIncident = async (sql: Sql, id: bigint): Promise<IncidentDetail | undefined> => {
  const [row] = named(
    await sql<Omit<IncidentRow, 'incident'>[]>`select ${columns(sql)} from incident i where i.id = ${id}`,
  )
  if (!row) return undefined
  const [more] = await sql<{ handover: string; postmortem: string | null }[]>`
    select handover, postmortem from incident where id = ${id}`
  const hostsOut = await sql<IncidentDetail['hostsOut']>`select h.id, h.name, o.from_at, o.until_at from incident_host o
    join host h on h.id = o.host_id where o.incident_id = ${id} and (o.until_at is null or o.until_at > o.from_at) order by h.name`
  const customers = await sql<IncidentDetail['customers']>`
    select a.name as account, o.app, o.containers, o.from_at, o.until_at from incident_account o
      join account a on a.id = o.account_id
    where o.incident_id = ${id} and (o.until_at is null or o.until_at > o.from_at) order by a.name, o.app`
  const alerts = await sql<IncidentDetail['alerts']>`select id, title, starts_at, ends_at, link from alert
    where incident_id = ${id} order by starts_at, id`
  return {
    ...row,
    ...more!,
    hostsOut: [...hostsOut],
    customers: [...customers],
    said: await readUpdates(sql, id),
    alerts: [...alerts],
  }
}

export type OpenIncident = Pick<
  IncidentRow,
  'incident' | 'kind' | 'title' | 'state' | 'impact' | 'isDrill' | 'startedAt' | 'nextUpdateDue'
>

/** What goes on now, worst first; drafts are not told of yet and count last. */
export const readOpen = async (sql: Sql): Promise<OpenIncident[]> => {
  const rows = await sql<(Omit<OpenIncident, 'incident'> & { id: bigint })[]>`
    select id, kind, title, state, impact, is_drill, started_at, next_update_due from incident
    where state = any(${[...OPEN_STATES, 'draft']}::text[])
    order by state = 'draft', is_drill, array_position('{critical,major,minor,maintenance,none}'::text[], impact),
      started_at limit 20`
  return rows.map(({ id, ...row }) => ({ ...row, incident: incidentName(id) }))
}

export type Banner = {
  incident: string
  title: string
  state: string
  impact: Impact
  text: string
  updateId: bigint
  at: Date
  apps: string[]
  startedAt: Date
}

/** What an account's pages show: incidents whose hosts carry its apps now, unless this user closed the newest update. */
export const readBanners = async (sql: Sql, accountId: bigint, userId: string | null, now: Date): Promise<Banner[]> => {
  const rows = await sql<(Omit<Banner, 'incident'> & { id: bigint })[]>`
    select i.id, i.title, u.state, i.impact, u.text, u.id as update_id, u.display_at as at, i.started_at,
      (select array_agg(distinct a.app order by a.app) from incident_account a
        where a.incident_id = i.id and a.account_id = ${accountId}
          and (a.until_at is null or a.until_at > a.from_at)) as apps
    from incident i join lateral (select * from incident_update u where u.incident_id = i.id and u.undone_at is null
        and u.send_after <= ${now} and u.kind <> 'retraction' and not exists (select 1 from incident_update r
          where r.about_id = u.id and r.kind = 'retraction' and r.undone_at is null)
        order by u.number desc limit 1) u on true
    where not i.is_drill and (i.state = any(${[...OPEN_STATES]}::text[]) or i.resolved_at > ${now}::timestamptz - interval '1 hour')
      and exists (select 1 from incident_account a where a.incident_id = i.id and a.account_id = ${accountId}
        and (a.until_at is null or a.until_at > a.from_at))
      and not exists (select 1 from banner_closed b where b.update_id = u.id and b.account_id = ${accountId}
        and b.user_id = ${userId})
    order by i.started_at desc limit 5`
  return rows.map(({ id, ...row }) => ({ ...row, incident: incidentName(id) }))
}

/** True while the status page has something to tell. */
export const hasPublicIncident = async (sql: Sql, now: Date): Promise<boolean> => {
  const [row] = await sql`select 1 from incident i where not is_drill and audience = 'everybody'
    and state = any(${[...OPEN_STATES]}::text[]) and exists (select 1 from incident_update u
      where u.incident_id = i.id and u.undone_at is null and u.send_after <= ${now}) limit 1`
  return row !== undefined
}
