import { labelOf, type Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { touched } from './affected.ts'
import { checkText, type Check } from './checkText.ts'
import { listComponents } from './componentSql.ts'
import { readDraft, type DraftContent } from './draft.ts'
import { readIncident } from './incidentSql.ts'
import { incidentName, isOpen } from './state.ts'
import { listTemplates } from './templateSql.ts'

/** All that the composer begins with. @throws DomainError NOT_FOUND */
export const compose = async (ctx: Context, id: bigint) => {
  const incident = await readIncident(ctx.sql, id)
  if (!incident) throw new DomainError('NOT_FOUND', `no incident ${incidentName(id)}`)
  const draft = await readDraft(ctx.sql, id, labelOf(ctx.actor))
  const newest = incident.said.find(({ undoneAt }) => undoneAt === null)
  const components = (await listComponents(ctx.sql)).map(({ id, name, region, group, status }) => ({
    id: String(id),
    name,
    region,
    group,
    status,
  }))
  const hosts = await ctx.sql<{ id: number; name: string; cluster: string }[]>`select h.id, h.name, c.name as cluster
    from host h join cluster c on c.id = h.cluster_id where h.revoked_at is null order by h.name`
  const [kept] = await ctx.sql<{ template: string | null }[]>`select template from incident where id = ${id}`
  const begin: DraftContent = {
    state: incident.state === 'draft' ? 'investigating' : incident.state,
    text: '',
    components: incident.components.map(({ id, status }) => ({ componentId: id, status })),
    hosts: incident.hostsOut.filter(({ untilAt }) => untilAt === null).map(({ id }) => id),
    overrides: {},
    skipped: [],
    nextUpdateMinutes: newest?.nextUpdateMinutes ?? 30,
    template: kept?.template ?? null,
  }
  return {
    incident: {
      id: String(incident.id),
      name: incident.incident,
      kind: incident.kind,
      title: incident.title,
      state: incident.state,
      audience: incident.audience,
      isDrill: incident.isDrill,
      nextUpdateDue: incident.nextUpdateDue,
      acknowledgedAt: incident.acknowledgedAt,
    },
    /** Number of the newest update there is: what whoever posts has seen. */
    seen: newest?.number ?? 0,
    last: newest ? { number: newest.number, text: newest.text, state: newest.state, at: newest.displayAt } : null,
    content: draft?.content ?? begin,
    savedAt: draft?.isOwn ? draft.savedAt : null,
    components,
    hosts: [...hosts],
    templates: (await listTemplates(ctx.sql)).filter(({ kind }) => kind === incident.kind),
    postmortem: incident.postmortem,
  }
}

export type Weight = {
  accounts: number
  apps: number
  containers: number
  names: string[]
  hosts: number
  checks: Check[]
}

/** Before posting: whom an update is about, and what to look at. */
export const weigh = async (
  ctx: Context,
  of: Pick<DraftContent, 'text' | 'overrides' | 'state' | 'components' | 'hosts' | 'nextUpdateMinutes'>,
  incidentId?: bigint,
): Promise<Weight> => {
  const { hosts, found } = await touched(ctx, of, incidentId)
  const apps = found.flatMap((one) => one.apps)
  const hostNames = await ctx.sql<{ name: string }[]>`select name from host where revoked_at is null`
  const accounts = await ctx.sql<{ name: string }[]>`select name from account where closed_at is null`
  return {
    accounts: found.length,
    apps: apps.length,
    containers: apps.reduce((sum, { containers }) => sum + containers, 0),
    names: found.slice(0, 50).map(({ account }) => account),
    hosts: hosts.length,
    checks: checkText({
      text: of.text,
      overrides: of.overrides,
      hosts: hostNames.map(({ name }) => name),
      accounts: accounts.map(({ name }) => name),
      nextUpdateMinutes: of.nextUpdateMinutes,
      goesOn: isOpen(of.state),
    }),
  }
}
