import type { Sql } from '#db/client.ts'
import { worstOf, type ComponentStatus, type Impact } from '../impact.ts'
import { standing, stepsOf, timeline, type Said, type StatusSpan, type UpdateKind } from '../standing.ts'
import { incidentName, isOpen, type IncidentKind, type PostedState } from '../state.ts'
import { settingsSchema, type StatusSettings } from './settings.ts'

export type PublicComponent = {
  id: bigint
  key: string
  name: string
  description: string
  region: string | null
  group: string | null
  groupId: bigint | null
  position: number
  showUptime: boolean
  createdAt: Date
  updatedAt: Date
  status: ComponentStatus
  /** Since when it is at that status. */
  since: Date
  /** Its history as the public was told. */
  spans: readonly StatusSpan[]
}

export type PublicUpdate = {
  id: bigint
  number: number
  kind: UpdateKind
  state: PostedState
  /** Null where it was retracted: what was taken back is not repeated. */
  text: string | null
  correctedBy: number | null
  components: readonly {
    componentId: bigint
    name: string
    oldStatus: ComponentStatus
    newStatus: ComponentStatus
  }[]
  displayAt: Date
  createdAt: Date
}

export type PublicIncident = {
  id: bigint
  /** `INC-7`. */
  incident: string
  kind: IncidentKind
  title: string
  state: PostedState
  isOpen: boolean
  impact: Impact
  /** The worst any of its components was at. */
  worst: ComponentStatus
  startedAt: Date
  createdAt: Date
  updatedAt: Date
  monitoringAt: Date | null
  resolvedAt: Date | null
  scheduledFor: Date | null
  scheduledUntil: Date | null
  nextUpdateDue: Date | null
  /** As they stand in it; operational ones were affected before. */
  components: readonly { id: bigint; status: ComponentStatus }[]
  /** Newest first. */
  updates: readonly PublicUpdate[]
  postmortem: string | null
}

export type PublicGroup = { id: bigint; name: string; position: number; createdAt: Date }

/** Everything the public may know, as told up to `asOf`. */
export type StatusRecord = {
  asOf: Date
  revision: bigint
  settings: StatusSettings
  /** Where the page is seen, without a slash at its end. */
  url: string
  /** Where people subscribe: the control plane's own, wherever the files are served. */
  subscribeUrl: string
  components: readonly PublicComponent[]
  groups: readonly PublicGroup[]
  /** Newest start first; incidents and maintenances. */
  incidents: readonly PublicIncident[]
}

type IncidentRow = Pick<
  PublicIncident,
  'id' | 'kind' | 'title' | 'startedAt' | 'createdAt' | 'scheduledFor' | 'scheduledUntil' | 'postmortem'
> & { impactOverride: Impact | null }
type UpdateRow = Said & {
  incidentId: bigint
  text: string
  createdAt: Date
  named: { componentId: string; name: string; oldStatus: ComponentStatus; newStatus: ComponentStatus }[]
}
type ComponentRow = Omit<PublicComponent, 'status' | 'since' | 'spans'>

/**
 * Reads what the public was told: no drafts, no drills, nothing that is for affected customers only, nothing that can still be
 * taken back. States and histories are folded from that, so that the page never knows more than was said.
 */
export const readRecord = async (sql: Sql, publicUrl: string, now: Date): Promise<StatusRecord> => {
  const [page] = await sql<{ settings: unknown; revision: bigint }[]>`
    select settings, revision from status_page where id = 1`
  const settings = settingsSchema.parse(page!.settings)
  const rows = await sql<IncidentRow[]>`
    select i.id, i.kind, i.title, i.started_at, i.created_at, i.scheduled_for, i.scheduled_until, i.impact_override,
      case when i.state = 'postmortem' then i.postmortem end as postmortem
    from incident i where not i.is_drill and i.audience = 'everybody' and exists (select 1 from incident_update u
      where u.incident_id = i.id and u.undone_at is null and u.send_after <= ${now})
    order by i.started_at desc, i.id desc`
  const updates = await sql<UpdateRow[]>`
    select u.id, u.incident_id, u.number, u.kind, u.about_id, u.state, u.text, u.components as named, u.hosts, u.display_at,
      u.undone_at, u.next_update_minutes, u.created_at
    from incident_update u join incident i on i.id = u.incident_id
    where u.undone_at is null and u.send_after <= ${now} and not i.is_drill and i.audience = 'everybody'
    order by u.incident_id, u.number`
  const components = await sql<ComponentRow[]>`
    select c.id, c.key, c.name, c.description, c.region, g.name as "group", c.group_id, c.position, c.show_uptime,
      c.created_at, c.updated_at
    from component c left join component_group g on g.id = c.group_id
    where c.archived_at is null order by g.position nulls first, g.id, c.position, c.id`
  const groups = await sql<PublicGroup[]>`select g.id, g.name, g.position, min(c.created_at) as created_at
    from component_group g join component c on c.group_id = g.id and c.archived_at is null
    group by g.id order by g.position, g.id`
  const said = Map.groupBy(
    updates.map((row) => ({ ...row, components: toldOf(row) })),
    ({ incidentId }) => incidentId,
  )
  const steps = rows.map(({ id, startedAt }) => stepsOf(id, said.get(id) ?? [], startedAt))
  return {
    asOf: now,
    revision: page!.revision,
    settings,
    url: settings.domain ? `https://${settings.domain}` : `${publicUrl}/status`,
    subscribeUrl: `${publicUrl}/status/subscribe`,
    components: components.map((row) => {
      const own = steps.flatMap((of) => of.get(row.id) ?? [])
      const begun = Math.min(row.createdAt.getTime(), ...own.map(({ at }) => at.getTime()))
      const spans = timeline(new Date(begun), own)
      const { status, fromAt } = spans.at(-1)!
      return { ...row, status, since: fromAt, spans }
    }),
    groups: [...groups],
    incidents: rows.map((row) => publicIncident(row, said.get(row.id) ?? [])),
  }
}

const toldOf = ({ named }: UpdateRow) =>
  named.map(({ componentId, newStatus }) => ({ componentId: BigInt(componentId), status: newStatus }))

const publicIncident = (row: IncidentRow, said: readonly UpdateRow[]): PublicIncident => {
  const now = standing(said, row.startedAt)
  const { impactOverride, ...facts } = row
  const aboutBy = (kind: UpdateKind, id: bigint) => said.findLast((one) => one.kind === kind && one.aboutId === id)
  const state = now.state as PostedState
  return {
    ...facts,
    incident: incidentName(row.id),
    state,
    isOpen: isOpen(state),
    impact: impactOverride ?? now.impact,
    worst: worstOf(
      said.filter(({ id }) => !aboutBy('retraction', id)).flatMap((one) => one.components.map((c) => c.status)),
    ),
    updatedAt: new Date(Math.max(...said.map(({ createdAt }) => createdAt.getTime()))),
    monitoringAt: said.find((one) => one.state === 'monitoring')?.displayAt ?? null,
    resolvedAt: now.resolvedAt,
    nextUpdateDue: now.nextUpdateDue,
    components: [...now.components].map(([id, status]) => ({ id, status })),
    updates: said
      .map((one) => ({
        id: one.id,
        number: one.number,
        kind: one.kind,
        state: one.state,
        text: aboutBy('retraction', one.id) ? null : one.text,
        correctedBy: aboutBy('correction', one.id)?.number ?? null,
        components: one.named.map((c) => ({ ...c, componentId: BigInt(c.componentId) })),
        displayAt: one.displayAt,
        createdAt: one.createdAt,
      }))
      .toSorted((a, b) => b.displayAt.getTime() - a.displayAt.getTime() || b.number - a.number),
  }
}
