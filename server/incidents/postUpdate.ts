import type { Tx } from '#db/client.ts'
import { audit } from '../audit.ts'
import { labelOf, type Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { addJob } from '../jobs.ts'
import { announce } from '../live.ts'
import { addDeliveries } from './addDeliveries.ts'
import type { UpdateView } from './channel.ts'
import type { ComponentStatus, Impact } from './impact.ts'
import { acknowledgePagesOf } from './onCall/acknowledgePage.ts'
import { refold } from './refold.ts'
import type { UpdateKind } from './standing.ts'
import {
  incidentName,
  isOpen,
  isOver,
  mayFollow,
  type IncidentKind,
  type IncidentState,
  type PostedState,
} from './state.ts'
import { publicLink } from './statusPageSql.ts'
import { touchStatusPage } from './touchStatusPage.ts'

/** How long an update can be taken back: nothing is sent before. */
export const UNDO_MS = 5_000

export type PostUpdate = {
  incidentId: bigint
  /** The client's own id of this post: sent again it is one update. */
  requestId: string
  state: PostedState
  text: string
  /** Status as of this update, of each component that it says something of. */
  components: readonly { componentId: bigint; status: ComponentStatus }[]
  /** All hosts that are out as of this update; absent leaves them as they are. Never told to the public. */
  hosts?: readonly number[] | undefined
  /** Text for one channel only, by channel id. */
  overrides?: Readonly<Record<string, string>>
  /** Channels it shall not go to, by id. */
  skipped?: readonly string[]
  /** The promise of a next update; null promises none. */
  nextUpdateMinutes: number | null
  /** Number of the newest update that whoever posts has seen; 0 is none. */
  sawUpdate: number
  /** The time it is about, for what is written down afterwards. */
  displayAt?: Date | undefined
  kind?: UpdateKind
  /** Of a correction or a retraction: the update it is about. */
  aboutId?: bigint | undefined
  /** Changed with the post. */
  title?: string | undefined
  audience?: 'everybody' | 'affected' | undefined
  /** Written into the record and the status page's history, told to nobody. */
  isQuiet?: boolean
  /** 0 where nobody is there to take it back. */
  undoMs?: number
}

/** An update as channels see it, and which it is. */
export type PostedUpdate = UpdateView & { updateId: bigint; incidentId: bigint }

export type Posted = { incident: string; updateId: bigint; number: number; sendAfter: Date; isNew: boolean }

type Incident = {
  id: bigint
  kind: IncidentKind
  title: string
  state: IncidentState
  impact: Impact
  impactOverride: Impact | null
  audience: 'everybody' | 'affected'
  isDrill: boolean
}

/**
 * Says something of an incident, everywhere, in one transaction: the update, where the incident, its components and hosts
 * then stand, one delivery a target, the status page's revision and the audit row.
 * @throws DomainError NOT_FOUND; BAD_REQUEST (state, component or host does not fit); CONFLICT with the other's text where
 *   somebody posted since `sawUpdate`
 */
export const postUpdate = async (ctx: Context, input: PostUpdate): Promise<Posted> =>
  await ctx.sql.begin((tx) => postUpdateIn(tx, ctx, input))

/** The same in the caller's transaction. */
export const postUpdateIn = async (tx: Tx, ctx: Context, input: PostUpdate): Promise<Posted> => {
  const incident = await lockIncident(tx, input.incidentId)
  const before = await postedBefore(tx, input.requestId)
  if (before) return before
  const last = await refuseUnseen(tx, incident, input.sawUpdate)
  const kind = input.kind ?? 'update'
  refuseState(incident, kind, input)
  if (input.aboutId !== undefined) await refuseAbout(tx, incident, input.aboutId)
  await tx`update incident set title = ${input.title ?? incident.title}, audience = ${input.audience ?? incident.audience},
      acknowledged_at = coalesce(acknowledged_at, ${input.displayAt ?? ctx.now}), acknowledged_by = coalesce(acknowledged_by, ${labelOf(ctx.actor)}),
      started_at = case when state = 'draft' then least(started_at, ${input.displayAt ?? ctx.now}) else started_at end
    where id = ${incident.id}`
  const components = await namedComponents(tx, incident, input)
  await refuseHosts(tx, input.hosts ?? [])
  const number = last + 1
  const displayAt = input.displayAt ?? ctx.now
  const sendAfter = new Date(ctx.now.getTime() + (input.undoMs ?? UNDO_MS))
  const [made] = await tx<{ id: bigint }[]>`
    insert into incident_update (incident_id, number, kind, about_id, state, text, components, hosts, overrides, skipped,
      display_at, send_after, next_update_minutes, request_id, created_by, created_at)
    values (${incident.id}, ${number}, ${kind}, ${input.aboutId ?? null}, ${input.state}, ${input.text},
      ${JSON.stringify(components)}::text::jsonb, ${input.hosts ? [...input.hosts] : null}::int[],
      ${JSON.stringify(input.overrides ?? {})}::text::jsonb, ${JSON.stringify(input.skipped ?? [])}::text::jsonb,
      ${displayAt}, ${sendAfter}, ${isOver(input.state) ? null : input.nextUpdateMinutes}, ${input.requestId},
      ${labelOf(ctx.actor)}, ${ctx.now}) returning id`
  const now = await refold(tx, ctx, incident.id)
  const posted: Posted = { incident: incidentName(incident.id), updateId: made!.id, number, sendAfter, isNew: true }
  const nextUpdateAt = now.nextUpdateDue
  const view = await viewOf(tx, ctx, posted, input, nextUpdateAt)
  if (!input.isQuiet)
    await addDeliveries(tx, ctx, view, {
      audience: input.audience ?? incident.audience,
      overrides: input.overrides ?? {},
      skipped: input.skipped ?? [],
      sendAfter,
    })
  if (!incident.isDrill) await touchStatusPage(tx, sendAfter)
  await addJob(
    tx,
    'incidents.settle',
    { incidentId: String(incident.id) },
    { key: `settle:${incident.id}`, runAt: sendAfter },
  )
  // Whoever posts is on it.
  await acknowledgePagesOf(tx, ctx, incident.id)
  await tx`delete from incident_draft where incident_id = ${incident.id}`
  await audit(tx, ctx, {
    action: `incidents.update.${kind === 'update' ? 'post' : kind}`,
    subject: { kind: 'incident', id: posted.incident },
    before: { state: incident.state },
    after: {
      number,
      state: input.state,
      text: input.text,
      components,
      hosts: input.hosts ?? null,
      quiet: input.isQuiet ?? false,
    },
  })
  await announce(tx, `incident:${incident.id}`)
  await announce(tx, 'incidents')
  return posted
}

/** The row that puts everybody who changes an incident in turn. @throws NOT_FOUND */
export const lockIncident = async (tx: Tx, id: bigint): Promise<Incident> => {
  const [incident] = await tx<Incident[]>`select id, kind, title, state, impact, impact_override, audience, is_drill
    from incident where id = ${id} for update`
  if (!incident) throw new DomainError('NOT_FOUND', `no incident ${incidentName(id)}`)
  return incident
}

const postedBefore = async (tx: Tx, requestId: string): Promise<Posted | undefined> => {
  const [known] = await tx<{ id: bigint; incidentId: bigint; number: number; sendAfter: Date }[]>`
    select id, incident_id, number, send_after from incident_update where request_id = ${requestId}`
  if (!known) return undefined
  const { id, incidentId, number, sendAfter } = known
  return { incident: incidentName(incidentId), updateId: id, number, sendAfter, isNew: false }
}

/** The newest number, undone ones counted. @throws CONFLICT */
const refuseUnseen = async (tx: Tx, incident: Incident, sawUpdate: number): Promise<number> => {
  const rows = await tx<{ number: number; text: string; createdBy: string; undoneAt: Date | null }[]>`
    select number, text, created_by, undone_at from incident_update where incident_id = ${incident.id} order by number desc`
  const newest = rows.find(({ undoneAt }) => undoneAt === null)
  if (newest && newest.number > sawUpdate) {
    const words = `${newest.createdBy} posted update ${newest.number} since you looked: "${newest.text}"`
    throw new DomainError('CONFLICT', `${words} Read it, then post again.`, { path: 'sawUpdate' })
  }
  return rows[0]?.number ?? 0
}

const refuseState = ({ kind, state, id }: Incident, said: UpdateKind, { state: to, text }: PostUpdate) => {
  if (said === 'update' && !mayFollow(kind, state, to))
    throw new DomainError('BAD_REQUEST', `${incidentName(id)} is ${state}; it cannot become ${to}`, { path: 'state' })
  if (text.trim() === '') throw new DomainError('BAD_REQUEST', 'say something: the text is empty', { path: 'text' })
}

const refuseAbout = async (tx: Tx, incident: Incident, aboutId: bigint) => {
  const [about] = await tx<{ undoneAt: Date | null; isRetracted: boolean }[]>`select undone_at, exists (
      select 1 from incident_update r where r.about_id = u.id and r.kind = 'retraction' and r.undone_at is null) as is_retracted
    from incident_update u where id = ${aboutId} and incident_id = ${incident.id}`
  if (!about || about.undoneAt) throw new DomainError('NOT_FOUND', `${incidentName(incident.id)} has no such update`)
  if (about.isRetracted) throw new DomainError('CONFLICT', 'that update was retracted already')
}

/** `[{componentId, key, name, oldStatus, newStatus}]` as the update keeps it. */
const namedComponents = async (tx: Tx, incident: Incident, { components, state, kind }: PostUpdate) => {
  const incidentId = incident.id
  // Its end restores every component, whatever was still chosen for it.
  const isEnd = isOver(state) && (kind ?? 'update') === 'update' && incident.state !== 'draft'
  const touched = isEnd
    ? await tx<{ id: bigint }[]>`select component_id as id from incident_component where incident_id = ${incidentId}`
    : []
  const ids = [...components.map(({ componentId }) => String(componentId)), ...touched.map(({ id }) => String(id))]
  const rows = await tx<{ id: bigint; key: string; name: string; oldStatus: ComponentStatus }[]>`
    select c.id, c.key, c.name, coalesce(i.status, 'operational') as old_status from component c
      left join incident_component i on i.component_id = c.id and i.incident_id = ${incidentId}
    where c.id = any(${ids}::bigint[]) order by c.position, c.id`
  const missing = ids.find((id) => !rows.some((row) => String(row.id) === id))
  if (missing) throw new DomainError('BAD_REQUEST', `there is no component ${missing}`, { path: 'components' })
  return rows.map(({ id, key, name, oldStatus }) => ({
    componentId: String(id),
    key,
    name,
    oldStatus,
    newStatus: isEnd ? ('operational' as const) : components.findLast(({ componentId }) => componentId === id)!.status,
  }))
}

const refuseHosts = async (tx: Tx, hosts: readonly number[]) => {
  if (hosts.length === 0) return
  const known = await tx<{ id: number }[]>`select id from host where id = any(${[...hosts]}::int[])`
  const missing = hosts.find((id) => !known.some((row) => row.id === id))
  if (missing !== undefined) throw new DomainError('BAD_REQUEST', `there is no host ${missing}`, { path: 'hosts' })
}

/** What channels make their texts of. */
const viewOf = async (
  tx: Tx,
  ctx: Context,
  { updateId, number }: Posted,
  { incidentId, state, text, kind, displayAt }: PostUpdate,
  nextUpdateAt: Date | null,
): Promise<PostedUpdate> => {
  const [row] = await tx<{ title: string; impact: Impact; isDrill: boolean }[]>`
    select title, impact, is_drill from incident where id = ${incidentId}`
  const components = await tx<{ name: string; region: string | null; key: string; status: ComponentStatus }[]>`
    select c.name, c.region, c.key, i.status from incident_component i join component c on c.id = i.component_id
    where i.incident_id = ${incidentId} order by c.position, c.id`
  const name = incidentName(incidentId)
  return {
    updateId,
    incidentId,
    incident: name,
    title: row!.title,
    state,
    impact: row!.impact,
    number,
    kind: kind ?? 'update',
    text,
    components: components.filter(({ status }) => !isOpen(state) || status !== 'operational'),
    at: displayAt ?? ctx.now,
    nextUpdateAt,
    link: await publicLink(tx, ctx.env.publicUrl, name),
    isDrill: row!.isDrill,
  }
}
