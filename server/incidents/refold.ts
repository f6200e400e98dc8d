import type { Tx } from '#db/client.ts'
import type { Context } from '../context.ts'
import type { ComponentStatus } from './impact.ts'
import { hostsUnder } from './affected.ts'
import { readSaid, type SaidOf } from './saidSql.ts'
import { standing, stepsOf, timeline, type Span, type Standing, type Step } from './standing.ts'

/**
 * Brings everything that is derived from an incident's updates into line with them: its state, its components, hosts and
 * accounts, and each touched component's history. Whatever was posted, undone, corrected or retracted, this follows.
 * The caller holds the incident's row.
 */
export const refold = async (tx: Tx, ctx: Context, incidentId: bigint): Promise<Standing> => {
  const said = await readSaid(tx, [incidentId])
  const startedAt = said[0]?.startedAt
  const now = standing(said, startedAt)
  const [row] = await tx<{ isDrill: boolean }[]>`
    update incident set state = ${now.state}, impact = coalesce(impact_override, ${now.impact}),
      resolved_at = ${now.resolvedAt}, missed_paged_at = case when next_update_due is distinct from
        ${now.nextUpdateDue}::timestamptz then null else missed_paged_at end,
      next_update_due = ${now.nextUpdateDue}, updated_at = ${ctx.now}
    where id = ${incidentId} returning is_drill`
  await tx`delete from incident_component where incident_id = ${incidentId}`
  for (const [componentId, status] of now.components)
    await tx`insert into incident_component (incident_id, component_id, status)
      values (${incidentId}, ${componentId}, ${status})`
  await keepHosts(tx, incidentId, now)
  await keepAccounts(tx, ctx, incidentId, await whereOut(tx, now, stepsOf(incidentId, said, startedAt)))
  const touched = new Set(said.flatMap(({ components }) => components.map(({ componentId }) => componentId)))
  if (!row!.isDrill) await keepComponents(tx, ctx, [...touched].toSorted())
  return now
}

const keepHosts = async (tx: Tx, incidentId: bigint, { hosts, isRetracted }: Standing) => {
  // A host that nothing says was out any more keeps a row without length: what was credited for it is taken back by it.
  await tx`update incident_host set until_at = from_at where incident_id = ${incidentId}
    and (${isRetracted} or not host_id = any(${[...hosts.keys()]}::int[]))`
  for (const [hostId, { fromAt, untilAt }] of hosts)
    await tx`insert into incident_host (incident_id, host_id, from_at, until_at)
      values (${incidentId}, ${hostId}, ${fromAt}, ${untilAt})
      on conflict (incident_id, host_id) do update set from_at = excluded.from_at, until_at = excluded.until_at`
}

type HostOut = Span & { hostId: number }

/** Hosts that were out: those that were named, or where none was, all that the components affected stand on. */
const whereOut = async (tx: Tx, { hosts }: Standing, steps: Map<bigint, Step[]>): Promise<HostOut[]> => {
  if (hosts.size > 0) return [...hosts].map(([hostId, span]) => ({ hostId, ...span }))
  const out: HostOut[] = []
  for (const [componentId, of] of steps) {
    const first = of[0]
    if (!first) continue
    const last = of.at(-1)!
    const span = { fromAt: first.at, untilAt: last.status === 'operational' ? last.at : null }
    for (const hostId of await hostsUnder(tx, [componentId])) out.push({ hostId, ...span })
  }
  return out
}

/** Whose apps ran there while they were out; `[first host out, last host back)`. */
const keepAccounts = async (tx: Tx, ctx: Context, incidentId: bigint, out: readonly HostOut[]) => {
  await tx`update incident_account set until_at = from_at where incident_id = ${incidentId}`
  const rows = out.map(({ hostId, fromAt, untilAt }) => ({ host_id: hostId, from_at: fromAt, until_at: untilAt }))
  await tx`
    insert into incident_account (account_id, incident_id, app, from_at, until_at, containers)
    select t.account_id, ${incidentId}, t.app, min(greatest(o.from_at, e.opened_at)),
      case when bool_or(o.until_at is null and e.ended_at is null) then null
        else max(least(coalesce(o.until_at, e.ended_at), coalesce(e.ended_at, o.until_at))) end,
      count(distinct (e.host_id, e.epoch))::int
    from json_to_recordset(${JSON.stringify(rows)}::text::json)
        as o (host_id int, from_at timestamptz, until_at timestamptz)
      join epoch e on e.host_id = o.host_id and e.kind = 'container'
        and e.opened_at <= coalesce(o.until_at, ${ctx.now}) and (e.ended_at is null or e.ended_at > o.from_at)
      join attribution t on t.host_id = e.host_id and t.epoch = e.epoch and t.account_id is not null
        and t.from_hour <= floor(extract(epoch from greatest(o.from_at, e.opened_at)) / 3600)
        and t.until_hour > floor(extract(epoch from greatest(o.from_at, e.opened_at)) / 3600)
    where o.until_at is null or o.until_at > o.from_at
    group by t.account_id, t.app
    on conflict (account_id, incident_id, app) do update set from_at = excluded.from_at,
      until_at = excluded.until_at, containers = excluded.containers`
}

const stepsIn = (id: bigint, said: readonly SaidOf[]) => stepsOf(id, said, said[0]?.startedAt)

type Past = { id: bigint; fromAt: Date; untilAt: Date | null; status: ComponentStatus; incidentId: bigint | null }

/** Rewrites the components' histories where they differ from what all incidents' updates now say. */
const keepComponents = async (tx: Tx, ctx: Context, ids: readonly bigint[]) => {
  if (ids.length === 0) return
  // In one order, so that two incidents that touch the same components wait for each other and do not deadlock.
  const components = await tx<{ id: bigint; createdAt: Date }[]>`select id, created_at from component
    where id = any(${ids.map(String)}::bigint[]) order by id for update`
  const touching = await tx<{ id: bigint }[]>`select distinct i.id from incident i join incident_update u
      on u.incident_id = i.id, jsonb_array_elements(u.components) c
    where not i.is_drill and (c ->> 'componentId')::bigint = any(${ids.map(String)}::bigint[]) order by 1`
  const said = await readSaid(
    tx,
    touching.map(({ id }) => id),
  )
  const steps = touching.map(({ id }) =>
    stepsIn(
      id,
      said.filter(({ incidentId }) => incidentId === id),
    ),
  )
  for (const component of components) {
    const own: Step[] = steps.flatMap((of) => of.get(component.id) ?? [])
    const since = new Date(Math.min(component.createdAt.getTime(), ...own.map(({ at }) => at.getTime())))
    const spans = timeline(since, own)
    const past = await tx<Past[]>`select id, from_at, until_at, status, incident_id from component_status
      where component_id = ${component.id} order by from_at, id`
    const same = past.findIndex((row, n) => !isSame(row, spans[n]))
    const kept = same === -1 ? past.length : same
    const stale = past.slice(kept).map(({ id }) => String(id))
    if (stale.length > 0) await tx`delete from component_status where id = any(${stale}::bigint[])`
    for (const { fromAt, untilAt, status, incidentId } of spans.slice(kept))
      await tx`insert into component_status (component_id, status, from_at, until_at, incident_id)
        values (${component.id}, ${status}, ${fromAt}, ${untilAt}, ${incidentId})`
    await tx`update component set status = ${spans.at(-1)!.status}, updated_at = ${ctx.now}
      where id = ${component.id} and status <> ${spans.at(-1)!.status}`
  }
}

const isSame = (row: Past, span: (Span & { status: ComponentStatus; incidentId: bigint | null }) | undefined) =>
  span !== undefined &&
  row.status === span.status &&
  row.incidentId === span.incidentId &&
  row.fromAt.getTime() === span.fromAt.getTime() &&
  row.untilAt?.getTime() === span.untilAt?.getTime()
