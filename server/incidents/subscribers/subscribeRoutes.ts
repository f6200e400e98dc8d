import type { Pool } from '#db/client.ts'
import type { Context } from '../../context.ts'
import type { Env } from '../../env.ts'
import { DomainError, statusOf } from '../../errors.ts'
import { readBody, type Exchange, type Route } from '../../http.ts'
import { RateLimit } from '../../usage/rateLimit.ts'
import { contentPolicy } from '../statusPage/parts.ts'
import { settingsSchema } from '../statusPage/settings.ts'
import { WORDS } from '../statusPage/words.ts'
import { hookAddress, mailAddress, slackHook, SUBSCRIBER_KINDS, type Address, type SubscriberKind } from './address.ts'
import { choose, confirm, unsubscribe } from './changeSubscription.ts'
import { readKey } from './links.ts'
import { subscribe } from './subscribe.ts'
import { sayingPage, subscribePage, subscriptionPage, type Frame, type Given } from './subscribePages.ts'
import { choices, readSubscription } from './subscriberSql.ts'

type Deps = { sql: Pool; env: Env }

const MOST_BYTES = 64 * 1024
const BELOW = '/status/subscription/'

/** The pages where people subscribe, confirm, choose and leave: forms that need no script. */
export const subscribeRoutes = (deps: Deps): Route[] => {
  // A person subscribes a few times; what does so more often is none.
  const asks = new RateLimit({ perSecond: 1 / 60, burst: 8 })
  const visits = new RateLimit({ perSecond: 2, burst: 60 })
  const limited = (limit: RateLimit, ip: string) => {
    const waitS = limit.take(ip, Date.now())
    if (waitS > 0)
      throw new DomainError('LIMITED', `too often from your address; wait ${waitS} s`, { retryAfterSeconds: waitS })
  }
  const route = (method: Route['method'], path: string, handle: Route['handle']): Route => ({
    method,
    path,
    access: 'anyone',
    handle,
  })
  return [
    route('GET', '/status/subscribe', async (exchange) => {
      const frame = await frameOf(deps, '')
      show(deps, exchange, 200, subscribePage(frame, await choices(deps.sql)))
    }),
    route('POST', '/status/subscribe', async (exchange) => {
      const form = await readForm(exchange)
      const frame = await frameOf(deps, '')
      const given = givenBy(form)
      try {
        limited(asks, exchange.ip)
        await subscribe(contextOf(deps, exchange), {
          kind: given.kind,
          to: addressOf(given),
          components: given.components,
        })
        const { words } = frame
        show(deps, exchange, 200, sayingPage(frame, words.asked, words.askedText(given.address.trim())))
      } catch (error) {
        if (!(error instanceof DomainError)) throw error
        const page = subscribePage(frame, await choices(deps.sql), { given, fault: error.message })
        show(deps, exchange, statusOf(error.code), page)
      }
    }),
    route('GET', `${BELOW}*`, async (exchange) => {
      limited(visits, exchange.ip)
      await showSubscription(deps, exchange, null)
    }),
    route('POST', `${BELOW}*`, async (exchange) => {
      limited(visits, exchange.ip)
      await act(deps, exchange)
    }),
  ]
}

const frameOf = async ({ sql }: Deps, up: string): Promise<Frame> => {
  const [row] = await sql<{ settings: unknown }[]>`select settings from status_page where id = 1`
  return { words: WORDS.en, settings: settingsSchema.parse(row!.settings), asOf: new Date(), up }
}

const contextOf = ({ sql, env }: Deps, { requestId, ip, req }: Exchange): Context => ({
  sql,
  env,
  actor: { kind: 'anonymous' },
  now: new Date(),
  requestId,
  ip,
  userAgent: req.headers['user-agent']?.slice(0, 300),
})

const show = ({ env }: Deps, { res }: Exchange, status: number, page: string): void => {
  res.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-length': Buffer.byteLength(page),
    'cache-control': 'no-store',
    'content-security-policy': contentPolicy(env.publicUrl),
    'x-content-type-options': 'nosniff',
    'x-robots-tag': 'noindex',
    // The address of a subscription is its key.
    'referrer-policy': 'no-referrer',
  })
  res.end(page)
}

const readForm = async ({ req }: Exchange): Promise<URLSearchParams> =>
  new URLSearchParams((await readBody(req, MOST_BYTES)).toString('utf8'))

const givenBy = (form: URLSearchParams): Given => ({
  kind: SUBSCRIBER_KINDS.find((kind) => kind === form.get('kind')) ?? 'email',
  address: (form.get('address') ?? '').slice(0, 2_000),
  components: form.getAll('component').slice(0, 500),
})

const ADDRESSES: Record<SubscriberKind, (text: string) => Address> = {
  email: (text) => ({ address: mailAddress(text), settings: {}, secret: null }),
  webhook: (text) => ({ address: hookAddress(text), settings: {}, secret: null }),
  slack: slackHook,
}
const addressOf = ({ kind, address }: Given): Address => ADDRESSES[kind](address)

/** Whose page it is; undefined, after saying so, where it is nobody's. */
const subscriptionOf = async (deps: Deps, exchange: Exchange, frame: Frame) => {
  const id = readKey(deps.env, exchange.url.pathname.slice(BELOW.length))
  const found = id === undefined ? undefined : await readSubscription(deps.sql, id)
  if (id !== undefined && found) return { id, ...found }
  show(deps, exchange, 404, sayingPage(frame, frame.words.noSubscription, frame.words.noSubscriptionText))
  return undefined
}

const showSubscription = async (deps: Deps, exchange: Exchange, saved: string | null): Promise<void> => {
  const frame = await frameOf(deps, '../')
  const found = await subscriptionOf(deps, exchange, frame)
  if (found) show(deps, exchange, 200, subscriptionPage(frame, await choices(deps.sql), { ...found, saved }))
}

/** A button of the page, or a mail program's own: RFC 8058 posts `List-Unsubscribe=One-Click`, and asks nothing more. */
const act = async (deps: Deps, exchange: Exchange): Promise<void> => {
  const form = await readForm(exchange)
  const frame = await frameOf(deps, '../')
  const { words } = frame
  const found = await subscriptionOf(deps, exchange, frame)
  if (!found) return
  const ctx = contextOf(deps, exchange)
  if (form.get('act') === 'unsubscribe' || form.get('List-Unsubscribe') === 'One-Click') {
    await unsubscribe(ctx, found.id)
    show(deps, exchange, 200, sayingPage(frame, words.unsubscribed, words.unsubscribedText))
  } else if (form.get('act') === 'confirm') {
    await confirm(ctx, found.id)
    show(deps, exchange, 200, sayingPage(frame, words.confirmed, words.confirmedText(found.address)))
  } else if (form.get('act') === 'choose') {
    const chosen = form.getAll('component')
    await choose(ctx, found.id, chosen.length > 0 ? chosen : null)
    await showSubscription(deps, exchange, words.saved)
  } else await showSubscription(deps, exchange, null)
}
