import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import type { Measure, UpdateView } from './channel.ts'
import { adapterOf } from './channels/kinds.ts'
import type { DraftContent } from './draft.ts'
import { impactOf, IMPACTS, type Impact } from './impact.ts'
import { incidentName, isOver, type PostedState } from './state.ts'

export type ChannelPreview = {
  channelId: string
  kind: string
  name: string
  isPublic: boolean
  /** What people will read there. */
  text: string
  measure: Measure | null
  /** What stands in the way, in words. */
  trouble: string | null
}

export type ToPreview = Pick<DraftContent, 'text' | 'components' | 'overrides' | 'nextUpdateMinutes'> & {
  incidentId: bigint
  state: PostedState
  title?: string | undefined
  kind: 'update' | 'correction' | 'retraction'
}

type Channel = {
  id: bigint
  kind: string
  name: string
  isPublic: boolean
  settings: unknown
  health: string
  healthDetail: string | null
}

/** Each channel's text of an update that is not posted yet, made by the same code that freezes it. @throws NOT_FOUND */
export const previewUpdate = async (ctx: Context, of: ToPreview): Promise<ChannelPreview[]> => {
  const view = await viewOf(ctx, of)
  const channels = await ctx.sql<
    Channel[]
  >`select id, kind, name, is_public, settings, health, health_detail from channel
    where removed_at is null and enabled order by position, id`
  return channels.flatMap(({ id, kind, name, isPublic, settings, health, healthDetail }) => {
    const adapter = adapterOf(kind)
    if (!adapter) return []
    const body = adapter.render(view, settings, of.overrides[String(id)]?.trim() || undefined)
    const trouble = health === 'unauthorized' || health === 'failing' ? (healthDetail ?? 'its last try failed') : null
    return [
      {
        channelId: String(id),
        kind: adapter.name,
        name,
        isPublic,
        text: body.text,
        measure: adapter.measure(body, settings),
        trouble,
      },
    ]
  })
}

const viewOf = async (ctx: Context, of: ToPreview): Promise<UpdateView> => {
  const [row] = await ctx.sql<
    { title: string; impact: Impact; impactOverride: Impact | null; isDrill: boolean; last: number }[]
  >`
    select title, impact, impact_override, is_drill, (select coalesce(max(number), 0) from incident_update u
      where u.incident_id = i.id) as last from incident i where id = ${of.incidentId}`
  const incident = incidentName(of.incidentId)
  if (!row) throw new DomainError('NOT_FOUND', `no incident ${incident}`)
  const statuses = new Map(of.components.map(({ componentId, status }) => [componentId, status]))
  const parts = await ctx.sql<{ id: bigint; name: string; region: string | null }[]>`select id, name, region
    from component where id = any(${[...statuses.keys()]}::bigint[]) order by position, id`
  const components = parts.map(({ id, name, region }) => ({
    name,
    region,
    status: isOver(of.state) ? 'operational' : statuses.get(String(id))!,
  }))
  const said = impactOf([...statuses.values()])
  const impact = IMPACTS.indexOf(said) > IMPACTS.indexOf(row.impact) ? said : row.impact
  const { nextUpdateMinutes } = of
  return {
    incident,
    title: of.title ?? row.title,
    state: of.state,
    impact: row.impactOverride ?? impact,
    number: row.last + 1,
    kind: of.kind,
    text: of.text,
    components: components.filter(({ status }) => isOver(of.state) || status !== 'operational'),
    at: ctx.now,
    nextUpdateAt:
      nextUpdateMinutes === null || isOver(of.state) ? null : new Date(ctx.now.getTime() + nextUpdateMinutes * 60_000),
    link: `${ctx.env.publicUrl}/status/i/${incident}`,
    isDrill: row.isDrill,
  }
}
