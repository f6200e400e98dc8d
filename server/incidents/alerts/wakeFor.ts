import type { Tx } from '#db/client.ts'
import type { Context } from '../../context.ts'
import { openIncident } from '../openIncident.ts'
import { OPEN_STATES } from '../state.ts'
import { widenDraft } from '../widenDraft.ts'
import { openPage } from '../onCall/openPage.ts'
import { policyFor } from '../onCall/policyFor.ts'
import type { Severity } from './parseAlerts.ts'
import { groupOf } from './settleGroups.ts'

/** An alert that fires and that nobody was told of yet. */
export type Fresh = {
  id: bigint
  title: string
  severity: Severity
  labels: Record<string, string>
  annotations: Record<string, string>
  hostIds: number[]
  groupKey: string
  startsAt: Date
}

/**
 * Wakes people for alerts, once a group: a page, and a draft incident with hosts, components and text filled in that the
 * page leads to. A group that has a page already, or hosts that are in an incident that goes on, gets no other one; while
 * that is a draft, the new alerts' hosts and components are added to what it suggests.
 */
export const wakeFor = async (tx: Tx, ctx: Context, source: string, fresh: readonly Fresh[]): Promise<void> => {
  const groups = Map.groupBy(fresh, ({ groupKey }) => groupKey)
  for (const [groupKey, alerts] of groups) {
    const policy = await policyFor(tx, alerts)
    if (policy === 'nobody') continue
    const group = groupOf(source, groupKey)
    const ids = alerts.map(({ id }) => String(id))
    const [page] = await tx<{ id: bigint; incidentId: bigint | null }[]>`select id, incident_id from page
      where group_key = ${group} and state in ('open', 'acknowledged') order by id desc limit 1`
    const more = { hosts: hostsOf(alerts), startedAt: startOf(ctx, alerts) }
    if (page) {
      await tx`update alert set incident_id = ${page.incidentId} where id = any(${ids}::bigint[])`
      if (page.incidentId !== null) await widenDraft(tx, ctx, page.incidentId, more)
      continue
    }
    const [first] = alerts
    const drills = isDrill(alerts)
    const known = await incidentOn(tx, more.hosts, drills)
    if (known !== undefined) await widenDraft(tx, ctx, known, more)
    const incidentId = known ?? (await draftFor(tx, ctx, alerts, drills))
    await tx`update alert set incident_id = ${incidentId} where id = any(${ids}::bigint[])`
    const others = alerts.length > 1 ? ` and ${alerts.length - 1} more` : ''
    await openPage(tx, ctx, {
      key: `alert:${first!.id}:${ctx.now.getTime()}`,
      title: `${first!.title}${others}`,
      body: Object.hasOwn(first!.annotations, 'description') ? (first!.annotations['description'] ?? '') : '',
      groupKey: group,
      alertId: first!.id,
      incidentId,
      policyId: policy,
      isDrill: drills,
    })
  }
}

/** An incident that goes on, or a draft, in which one of the hosts is already. */
const incidentOn = async (tx: Tx, hosts: readonly number[], isDrill: boolean): Promise<bigint | undefined> => {
  if (hosts.length === 0) return undefined
  const [row] = await tx<{ id: bigint }[]>`
    select i.id from incident i where i.kind = 'incident' and i.is_drill = ${isDrill}
      and i.state = any(${['draft', ...OPEN_STATES]}::text[])
      and (exists (select 1 from incident_host h where h.incident_id = i.id and h.until_at is null
          and h.host_id = any(${[...hosts]}::int[]))
        or exists (select 1 from alert a where a.incident_id = i.id and a.ends_at is null
          and a.host_ids && ${[...hosts]}::int[]))
    order by i.state = 'draft', i.id desc limit 1`
  return row?.id
}

const hostsOf = (alerts: readonly Fresh[]) => [...new Set(alerts.flatMap(({ hostIds }) => hostIds))]

/** All of them are an exercise: by their label `drill`. */
export const isDrill = (alerts: readonly Pick<Fresh, 'labels'>[]): boolean =>
  alerts.every(({ labels }) => Object.hasOwn(labels, 'drill') && labels['drill'] !== 'false')

const startOf = ({ now }: Context, alerts: readonly Fresh[]) =>
  alerts.reduce((least, { startsAt }) => (startsAt < least ? startsAt : least), now)

/** A draft incident filled in from alerts: hosts, the components on them, the template that they name or the usual one. */
export const draftFor = async (tx: Tx, ctx: Context, alerts: readonly Fresh[], drill: boolean): Promise<bigint> => {
  const template = alerts
    .map(({ labels }) => (Object.hasOwn(labels, 'template') ? labels['template'] : undefined))
    .find((one) => one !== undefined)
  const { id } = await openIncident(tx, ctx, {
    hosts: hostsOf(alerts),
    ...(template === undefined ? {} : { template }),
    startedAt: startOf(ctx, alerts),
    isDrill: drill,
    requestId: `alert:${alerts[0]!.id}:${ctx.now.getTime()}`,
  })
  return id
}
