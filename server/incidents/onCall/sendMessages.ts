import { Histogram } from 'prom-client'
import type { Context } from '../../context.ts'
import { announce } from '../../live.ts'
import { log } from '../../log.ts'
import { registry } from '../../metrics.ts'
import { openChannelSecret } from '../channelSecret.ts'
import type { Outcome } from '../channel.ts'
import { incidentName } from '../state.ts'
import { ackToken, ackUrl } from './ackLink.ts'
import { contactKind } from './contacts/kinds.ts'
import type { PageView } from './contacts/pageWords.ts'

const AT_ONCE = 8
const TIMEOUT_MS = 15_000
const MOST_TRIES = 6
/** Whoever took a message and died leaves it for the next after this long. A page said twice does no harm. */
const LEASE_MS = 30_000

const pageSeconds = new Histogram({
  name: 'wharf_page_seconds',
  help: 'Time from when a message to somebody on call was due to when it was accepted, by kind of contact.',
  labelNames: ['kind'],
  buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
  registers: [registry],
})

type Taken = {
  id: bigint
  kind: string
  address: string
  attempts: number
  createdAt: Date
  settings: unknown
  sealedSecret: string | null
  isRemoved: boolean
  pageId: bigint
  round: number
  title: string
  body: string
  openedAt: Date
  incidentId: bigint | null
  isDrill: boolean
}

/** Sends the messages that are due, several at once. */
export const sendMessages = async (ctx: Context): Promise<void> => {
  for (;;) {
    const taken = await take(ctx)
    if (taken.length === 0) return
    await Promise.all(taken.map((message) => sendOne(ctx, message)))
  }
}

const take = async (ctx: Context): Promise<Taken[]> => [
  ...(await ctx.sql<Taken[]>`
    with due as (select m.id from page_message m where m.state = 'pending' and m.next_at <= ${ctx.now}
        order by m.next_at, m.id limit ${AT_ONCE} for update skip locked),
      taken as (update page_message m set attempts = attempts + 1, next_at = ${new Date(ctx.now.getTime() + LEASE_MS)}
        from due where m.id = due.id returning m.*)
    select t.id, t.kind, t.address, t.attempts, t.created_at, t.page_id, t.round, c.settings, c.sealed_secret,
      c.removed_at is not null as is_removed, p.title, p.body, p.opened_at, p.incident_id, p.is_drill
    from taken t join page p on p.id = t.page_id left join contact_method c on c.id = t.contact_id`),
]

const sendOne = async (ctx: Context, message: Taken) => {
  const outcome = await attempt(ctx, message)
  const { id, attempts, kind, createdAt } = message
  const isSent = outcome.kind === 'delivered'
  const isOver = isSent || outcome.kind === 'permanent' || attempts >= MOST_TRIES
  const waitMs = Math.min(5_000 * 2 ** (attempts - 1), 120_000)
  const detail = outcome.kind === 'delivered' ? String(outcome.receipt['note'] ?? '') : outcome.reason.slice(0, 300)
  await ctx.sql.begin(async (tx) => {
    await tx`update page_message set state = ${isSent ? 'sent' : isOver ? 'failed' : 'pending'}, detail = ${detail},
        sent_at = case when ${isSent} then clock_timestamp() end,
        next_at = ${isOver ? null : new Date(ctx.now.getTime() + waitMs)}
      where id = ${id} and state = 'pending'`
    await announce(tx, 'pages')
  })
  if (isSent) pageSeconds.observe({ kind }, Math.max(0, Date.now() - createdAt.getTime()) / 1_000)
  else log.warn({ pageMessage: String(id), kind, detail }, 'somebody on call was not reached')
}

const viewOf = ({ env }: Context, message: Taken): PageView => ({
  page: `page-${message.pageId}`,
  title: message.title,
  body: message.body,
  openedAt: message.openedAt,
  round: message.round,
  ackUrl: ackUrl(env, message.id),
  ackNowUrl: `${env.publicUrl}/v1/ack/${ackToken(env.secret, message.id)}`,
  incident: message.incidentId === null ? null : incidentName(message.incidentId),
  isDrill: message.isDrill,
})

const attempt = async (ctx: Context, message: Taken): Promise<Outcome> => {
  const kind = contactKind(message.kind)
  if (!kind || message.isRemoved) return { kind: 'permanent', reason: 'this way to reach them was removed' }
  const account = accountOf(ctx, message)
  if (!account) return { kind: 'permanent', reason: 'its settings or secret cannot be read; enter them anew' }
  try {
    return await kind.send(ctx, account, {
      view: viewOf(ctx, message),
      key: `page-message-${message.id}`,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
  } catch (error) {
    log.error({ err: error, pageMessage: String(message.id) }, 'a page could not be sent')
    return { kind: 'retryable', reason: 'it failed on our side; it was logged' }
  }
}

const accountOf = ({ env }: Context, message: Taken): { settings: unknown; secret: unknown } | undefined => {
  const kind = contactKind(message.kind)
  try {
    // Without a contact of their own people are reached by mail, at the address itself.
    const settings = message.settings ?? { to: message.address }
    const secret = message.sealedSecret === null ? {} : openChannelSecret(env.secret, message.sealedSecret)
    return kind && { settings: kind.settings.parse(settings), secret: kind.secret.parse(secret) }
  } catch {
    return undefined
  }
}
