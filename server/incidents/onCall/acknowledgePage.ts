import type { Sql, Tx } from '#db/client.ts'
import { audit } from '../../audit.ts'
import { labelOf, type Context } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { announce } from '../../live.ts'
import { incidentName } from '../state.ts'
import { readAckToken } from './ackLink.ts'

/** Links of a page that is older than this acknowledge nothing any more. */
const LINK_DAYS = 7

/** Somebody is on it: nobody else is woken for this page. The first to say so is kept. @throws DomainError NOT_FOUND */
export const acknowledgePage = async (ctx: Context, pageId: bigint): Promise<void> =>
  await ctx.sql.begin(async (tx) => {
    const [page] = await tx`select 1 from page where id = ${pageId}`
    if (!page) throw new DomainError('NOT_FOUND', `no page ${pageId}`)
    await acknowledgePages(tx, ctx, await tx`select id from page where id = ${pageId} and state = 'open' for update`)
  })

/** Whoever acknowledges an incident or posts of it is on its pages too. */
export const acknowledgePagesOf = async (tx: Tx, ctx: Context, incidentId: bigint): Promise<void> =>
  await acknowledgePages(
    tx,
    ctx,
    await tx`select id from page where incident_id = ${incidentId} and state = 'open' order by id for update`,
  )

const acknowledgePages = async (tx: Tx, ctx: Context, pages: readonly { id?: bigint }[]) => {
  const ids = pages.map(({ id }) => String(id))
  if (ids.length === 0) return
  const by = labelOf(ctx.actor)
  const rows = await tx<{ incidentId: bigint | null; groupKey: string | null; alertId: bigint | null }[]>`
    update page set state = 'acknowledged', acknowledged_at = ${ctx.now}, acknowledged_by = ${by}, next_at = null
    where id = any(${ids}::bigint[]) returning incident_id, group_key, alert_id`
  await tx`update page_message set state = 'skipped', next_at = null, detail = 'acknowledged before'
    where page_id = any(${ids}::bigint[]) and state = 'pending'`
  const incidents = rows.flatMap(({ incidentId }) => (incidentId === null ? [] : [String(incidentId)]))
  await tx`update incident set acknowledged_at = ${ctx.now}, acknowledged_by = ${by}
    where id = any(${incidents}::bigint[]) and acknowledged_at is null`
  await tx`update alert set acknowledged_at = ${ctx.now}, acknowledged_by = ${by}
    where acknowledged_at is null and ends_at is null
      and (incident_id = any(${incidents}::bigint[])
        or source || '|' || group_key = any(${rows.flatMap(({ groupKey }) => (groupKey === null ? [] : [groupKey]))}))`
  for (const id of ids) await audit(tx, ctx, { action: 'incidents.page.acknowledge', subject: { kind: 'page', id } })
  for (const id of incidents) await announce(tx, `incident:${id}`)
  await announce(tx, 'pages')
  await announce(tx, 'alerts')
}

type OfMessage = { pageId: bigint; email: string | null; openedAt: Date }

const messageOf = async (ctx: Context, token: string): Promise<OfMessage> => {
  const messageId = readAckToken(ctx.env.secret, token)
  const [row] =
    messageId === undefined
      ? []
      : await ctx.sql<OfMessage[]>`select m.page_id, u.email, p.opened_at from page_message m
          join page p on p.id = m.page_id left join auth_user u on u.id = m.user_id where m.id = ${messageId}`
  if (!row || row.openedAt.getTime() < ctx.now.getTime() - LINK_DAYS * 86_400_000)
    throw new DomainError('NOT_FOUND', 'this link is not one of ours, or its page is over a week old')
  return row
}

/** The same by the link in a message; it says whose message it was. @throws DomainError NOT_FOUND */
export const acknowledgeByLink = async (ctx: Context, token: string): Promise<void> => {
  const { pageId, email } = await messageOf(ctx, token)
  const actor = { kind: 'system' as const, label: `${email ?? 'somebody'} by the link in a message` }
  await acknowledgePage({ ...ctx, actor }, pageId)
}

export type PageByLink = {
  title: string
  body: string
  state: 'open' | 'acknowledged' | 'resolved'
  isDrill: boolean
  openedAt: Date
  acknowledgedAt: Date | null
  acknowledgedBy: string | null
  incident: string | null
}

/** What a link in a message shows. @throws DomainError NOT_FOUND */
export const pageByLink = async (ctx: Context, token: string): Promise<PageByLink> => {
  const { pageId } = await messageOf(ctx, token)
  return await readPage(ctx.sql, pageId)
}

const readPage = async (sql: Sql, id: bigint): Promise<PageByLink> => {
  const [row] = await sql<(Omit<PageByLink, 'incident'> & { incidentId: bigint | null })[]>`
    select title, body, state, is_drill, opened_at, acknowledged_at, acknowledged_by, incident_id from page where id = ${id}`
  const { incidentId, ...page } = row!
  return { ...page, incident: incidentId === null ? null : incidentName(incidentId) }
}
