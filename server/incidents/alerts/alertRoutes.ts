import type { Pool } from '#db/client.ts'
import { systemContext, type Context } from '../../context.ts'
import type { Env } from '../../env.ts'
import { readBody, sendJson, type Exchange, type Route } from '../../http.ts'
import { acknowledgeByLink } from '../onCall/acknowledgePage.ts'
import { beat, pagingHealth } from './heartbeats.ts'
import { parseAlertmanager, parseGeneric, type IncomingAlert } from './parseAlerts.ts'
import { receiveAlerts } from './receiveAlerts.ts'
import { sourceOf } from './sources.ts'

const MOST_BYTES = 2_000_000
const BEAT_BYTES = 64_000
type Deps = { sql: Pool; env: Env }

const contextOf = ({ sql, env }: Deps, { requestId, ip, req }: Exchange, label: string): Context => ({
  ...systemContext(sql, env, label),
  requestId,
  ip,
  userAgent: req.headers['user-agent']?.slice(0, 300),
})

const taking = (deps: Deps, path: string, parse: (body: Buffer, now: Date) => IncomingAlert[]): Route => ({
  method: 'POST',
  path,
  access: 'alerts',
  async handle(exchange) {
    const ctx = contextOf(deps, exchange, 'alerts')
    const { source, actor } = await sourceOf(ctx, exchange.req.headers.authorization)
    const alerts = parse(await readBody(exchange.req, MOST_BYTES), ctx.now)
    sendJson(exchange.res, 200, await receiveAlerts({ ...ctx, actor }, source, alerts))
  },
})

const beating = (deps: Deps, method: 'GET' | 'POST'): Route => ({
  method,
  path: '/v1/heartbeat/*',
  access: 'anyone',
  async handle(exchange) {
    const token = exchange.url.pathname.slice('/v1/heartbeat/'.length).slice(0, 200)
    if (method === 'POST') await readBody(exchange.req, BEAT_BYTES)
    sendJson(exchange.res, 200, await beat(contextOf(deps, exchange, 'heartbeat'), token))
  },
})

/** Alerts in, signs of life in, whether paging lives, and the button of a page. */
export const alertRoutes = (deps: Deps): Route[] => [
  taking(deps, '/v1/alerts/alertmanager', parseAlertmanager),
  taking(deps, '/v1/alerts/in', parseGeneric),
  {
    method: 'GET',
    path: '/v1/heartbeat',
    access: 'anyone',
    async handle(exchange) {
      const health = await pagingHealth(contextOf(deps, exchange, 'heartbeat'))
      sendJson(exchange.res, health.ok ? 200 : 503, health)
    },
  },
  beating(deps, 'GET'),
  beating(deps, 'POST'),
  {
    // Only by POST: programs that look at the links of a mail acknowledge nothing.
    method: 'POST',
    path: '/v1/ack/*',
    access: 'anyone',
    async handle(exchange) {
      const token = exchange.url.pathname.slice('/v1/ack/'.length).slice(0, 200)
      exchange.req.resume()
      await acknowledgeByLink(contextOf(deps, exchange, 'acknowledge'), token)
      if (exchange.req.headers.accept?.includes('text/html') !== true) return sendJson(exchange.res, 200, { ok: true })
      exchange.res.writeHead(303, { location: `/ack/${token}`, 'cache-control': 'no-store' })
      exchange.res.end()
    },
  },
]
