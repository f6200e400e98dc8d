import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { MINUTE_MS } from '../time.ts'
import { touched } from './affected.ts'
import type { Measure, UpdateView } from './channel.ts'
import { adapterOf } from './channels/kinds.ts'
import { CUSTOMERS } from './customers/addToCustomers.ts'
import { customerMail } from './customers/customerMail.ts'
import { answerFor } from './customers/customerSql.ts'
import type { DraftContent } from './draft.ts'
import { impactOf } from './impact.ts'
import { incidentName, isOver } from './state.ts'
import { SUBSCRIBERS } from './subscribers/addToSubscribers.ts'
import { countReached } from './subscribers/subscriberSql.ts'
import { subscriberTexts } from './subscribers/subscriberTexts.ts'
import { publicLink } from './statusPageSql.ts'

/** One channel as it will get the text; `trouble` says why it will not go out as it is. */
export type ChannelPreview = {
  channelId: string
  kind: string
  name: string
  text: string
  measure: Measure | null
  trouble: string | null
  isPublic: boolean
}

type Channel = {
  id: bigint
  kind: string
  name: string
  isPublic: boolean
  settings: unknown
  health: string
  healthAt: Date | null
  waitUntil: Date | null
}

export type Previewed = Pick<
  DraftContent,
  'text' | 'state' | 'components' | 'hosts' | 'audience' | 'overrides' | 'nextUpdateMinutes'
> & {
  kind: UpdateView['kind']
  title?: string | undefined
}

/** What each channel would get if this were posted now, by the same rules as posting. @throws DomainError NOT_FOUND */
export const previewChannels = async (ctx: Context, id: bigint, of: Previewed): Promise<ChannelPreview[]> => {
  const update = await viewOf(ctx, id, of)
  const channels = await ctx.sql<Channel[]>`select id, kind, name, is_public, settings, health, health_at, wait_until
    from channel where removed_at is null and enabled order by position, id`
  const rows = channels.map((channel) => preview(ctx.now, channel, update, of.overrides[String(channel.id)]?.trim()))
  const crowds = [
    ...(of.audience === 'affected' ? await previewCustomers(ctx, id, of, update) : []),
    ...(await previewSubscribers(ctx, id, of, update)),
  ]
  return [...rows, ...crowds]
}

const NO_MAIL = 'no mail server is set: mails are not sent'

/** Who answers for the accounts it touches as one row, with the mail the first of them gets. Nothing where there are none. */
const previewCustomers = async (
  ctx: Context,
  id: bigint,
  of: Previewed,
  update: UpdateView,
): Promise<ChannelPreview[]> => {
  const { found } = await touched(ctx, of, id)
  const people = await answerFor(ctx.sql, found)
  const [first] = people
  if (!first) return []
  const view = { ...update, text: of.overrides[CUSTOMERS]?.trim() || update.text }
  return [
    {
      channelId: CUSTOMERS,
      kind: `${people.length.toLocaleString('en')} by e-mail: owners and admins`,
      name: 'Customers on these hosts',
      text: customerMail(view, first.accounts, ctx.env.publicUrl).text,
      measure: null,
      trouble: ctx.env.SMTP_URL === undefined ? NO_MAIL : null,
      isPublic: false,
    },
  ]
}

/** Subscribers as one row: how many there are, and the mail they get. Nothing where there are none. */
const previewSubscribers = async (
  ctx: Context,
  id: bigint,
  of: Previewed,
  update: UpdateView,
): Promise<ChannelPreview[]> => {
  const reached = await countReached(
    ctx.sql,
    id,
    of.components.map(({ componentId }) => componentId),
  )
  const said = [
    reached.email > 0 ? `${reached.email.toLocaleString('en')} by e-mail` : '',
    reached.webhook > 0 ? `${reached.webhook.toLocaleString('en')} by webhook` : '',
    reached.slack > 0 ? `${reached.slack.toLocaleString('en')} in Slack` : '',
  ].filter((part) => part !== '')
  if (said.length === 0) return []
  const isMute = reached.email > 0 && ctx.env.SMTP_URL === undefined
  return [
    {
      channelId: SUBSCRIBERS,
      kind: said.join(', '),
      name: 'Subscribers',
      text: subscriberTexts({ ...update, text: of.overrides[SUBSCRIBERS]?.trim() || update.text }).email.text,
      measure: null,
      trouble: isMute ? NO_MAIL : null,
      isPublic: true,
    },
  ]
}

const preview = (now: Date, channel: Channel, update: UpdateView, override: string | undefined): ChannelPreview => {
  const { id, kind, name, isPublic, settings } = channel
  const shown = { channelId: String(id), kind, name, isPublic }
  const adapter = adapterOf(kind)
  if (!adapter) return { ...shown, text: '', measure: null, trouble: 'this version does not know this kind of channel' }
  const body = adapter.render(update, settings, override || undefined)
  const measure = adapter.measure(body, settings)
  const { used, limit, unit } = measure
  const trouble = used > limit ? `${used - limit} ${unit} too long` : troubleOf(now, channel)
  return { ...shown, text: body.text, measure, trouble }
}

const troubleOf = (now: Date, { health, healthAt, waitUntil }: Channel): string | null => {
  if (health === 'unauthorized')
    return `the sign-in is not accepted any more${healthAt ? ` since ${healthAt.toISOString().slice(11, 16)} UTC` : ''}`
  const waitS = waitUntil ? Math.ceil((waitUntil.getTime() - now.getTime()) / 1_000) : 0
  return waitS > 10 ? `it asks to wait ${waitS} s more` : null
}

const viewOf = async ({ sql, env, now }: Context, id: bigint, of: Previewed): Promise<UpdateView> => {
  const [incident] = await sql<{ title: string; isDrill: boolean; number: number }[]>`select i.title, i.is_drill,
      (select count(*)::int + 1 from incident_update u where u.incident_id = i.id) as number
    from incident i where i.id = ${id}`
  const name = incidentName(id)
  if (!incident) throw new DomainError('NOT_FOUND', `no incident ${name}`)
  const ids = of.components.map(({ componentId }) => componentId)
  const known = await sql<{ id: bigint; name: string; region: string | null }[]>`
    select id, name, region from component where id = any(${ids}::bigint[]) order by position, id`
  const components = known.map((one) => ({
    name: one.name,
    region: one.region,
    status: of.components.find(({ componentId }) => componentId === String(one.id))!.status,
  }))
  const isPromised = of.nextUpdateMinutes !== null && !isOver(of.state)
  return {
    incident: name,
    title: of.title ?? incident.title,
    state: of.state,
    impact: impactOf(components.map(({ status }) => status)),
    number: incident.number,
    kind: of.kind,
    text: of.text,
    components: components.filter(({ status }) => isOver(of.state) || status !== 'operational'),
    at: now,
    nextUpdateAt: isPromised ? new Date(now.getTime() + of.nextUpdateMinutes! * MINUTE_MS) : null,
    link: await publicLink(sql, env.publicUrl, name),
    isDrill: incident.isDrill,
  }
}
