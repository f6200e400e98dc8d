import type { Tx } from '#db/client.ts'
import { audit } from '../audit.ts'
import { labelOf, type Context } from '../context.ts'
import { componentsOn } from './affected.ts'
import type { DraftContent } from './draft.ts'
import { incidentName, type IncidentKind } from './state.ts'
import { fillTemplate } from './fillTemplate.ts'
import { templateNamed } from './templateSql.ts'

export type NewIncident = {
  kind?: IncidentKind
  title?: string
  /** Key of a template to fill in; `default` where none is named. */
  template?: string
  /** Hosts that are out, by id: what an alert named. The components that stand on them are inferred. */
  hosts?: readonly number[]
  /** Named by hand; beside those inferred. */
  components?: DraftContent['components']
  text?: string
  startedAt?: Date
  detectedAt?: Date
  audience?: 'everybody' | 'affected'
  isDrill?: boolean
  /** States the fact it follows from (an alert, a tap); sent twice it is one incident. */
  requestId: string
  /** More values for the template's `{{…}}`. */
  variables?: Record<string, string>
}

export type Opened = { id: bigint; incident: string; isNew: boolean }

/**
 * Opens a draft: nothing is told to anybody until its first update is posted. What it suggests (title, text, components,
 * hosts) is what the composer begins with.
 */
export const openIncident = async (tx: Tx, ctx: Context, input: NewIncident): Promise<Opened> => {
  const kind = input.kind ?? 'incident'
  const hosts = [...new Set(input.hosts ?? [])]
  const named = input.components ?? []
  const inferred = await componentsOn(tx, hosts)
  const components = [
    ...named,
    ...inferred
      .filter(({ id }) => !named.some(({ componentId }) => componentId === String(id)))
      .map(({ id }) => ({ componentId: String(id), status: 'degraded_performance' as const })),
  ]
  const template = await templateNamed(tx, input.template ?? 'default', kind)
  const values = { ...(await wordsFor(tx, hosts, components)), ...input.variables }
  const first = kind === 'incident' ? 'investigating' : 'scheduled'
  const content: DraftContent = {
    state: first,
    text: input.text ?? fillTemplate(template?.texts[first] ?? '', values),
    components,
    hosts,
    overrides: {},
    skipped: [],
    nextUpdateMinutes: template?.nextUpdateMinutes ?? 30,
    template: template?.key ?? null,
  }
  const title = input.title ?? fillTemplate(template?.title ?? 'New incident', values)
  const detectedAt = input.detectedAt ?? ctx.now
  const [made] = await tx<{ id: bigint }[]>`
    insert into incident (kind, title, state, audience, is_drill, template, started_at, detected_at, request_id,
      created_by, created_at, updated_at)
    values (${kind}, ${title}, 'draft', ${input.audience ?? 'everybody'}, ${input.isDrill ?? false}, ${template?.key ?? null},
      ${input.startedAt ?? detectedAt}, ${detectedAt}, ${input.requestId}, ${labelOf(ctx.actor)}, ${ctx.now}, ${ctx.now})
    on conflict (request_id) do nothing returning id`
  if (!made) {
    const [known] = await tx<{ id: bigint }[]>`select id from incident where request_id = ${input.requestId}`
    return { id: known!.id, incident: incidentName(known!.id), isNew: false }
  }
  // The empty author: what everybody's composer begins with until they write of their own.
  await tx`insert into incident_draft (incident_id, author, content, saved_at)
    values (${made.id}, '', ${JSON.stringify(content)}::text::jsonb, ${ctx.now})`
  await audit(tx, ctx, {
    action: 'incidents.incident.open',
    subject: { kind: 'incident', id: incidentName(made.id) },
    after: { title, kind, hosts, components, isDrill: input.isDrill ?? false },
  })
  return { id: made.id, incident: incidentName(made.id), isNew: true }
}

/** What a template can be filled with: names of components, their regions, how many hosts. Host names stay in the house. */
export const wordsFor = async (tx: Tx, hosts: readonly number[], components: DraftContent['components']) => {
  const rows = await tx<{ name: string; region: string | null }[]>`select name, region from component
    where id = any(${components.map(({ componentId }) => componentId)}::bigint[]) order by position, id`
  const regions = [...new Set(rows.map(({ region }) => region).filter((one) => one !== null))]
  const names = await tx<{ name: string }[]>`select name from host where id = any(${[...hosts]}::int[]) order by name`
  return {
    component: listOf(rows.map(({ name }) => name)) || 'our platform',
    region: listOf(regions) || 'all regions',
    hosts: String(hosts.length),
    host: listOf(names.map(({ name }) => name)),
  }
}

const listOf = (words: readonly string[]) =>
  words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
