import type { Pool } from '#db/client.ts'
import type { Env } from './env.ts'
import { DomainError } from './errors.ts'
import { sendJson, type Exchange, type Route } from './http.ts'
import { registry } from './metrics.ts'
import { watchDatabase } from './watchDatabase.ts'

const LOOPBACK = /^(127\.|::1$)/

/** Metrics are open on loopback (the true peer, whatever a proxy says), elsewhere with a token. */
const mayReadMetrics = ({ req }: Exchange, env: Env) => {
  const peer = req.socket.remoteAddress?.replace(/^::ffff:/, '') ?? ''
  if (LOOPBACK.test(peer) && req.headers['x-forwarded-for'] === undefined) return true
  return env.WHARF_METRICS_TOKEN !== undefined && req.headers.authorization === `Bearer ${env.WHARF_METRICS_TOKEN}`
}

/** `/healthz` (the process answers), `/readyz` (it can serve) and `/metrics`. */
export const probeRoutes = (sql: Pool, env: Env, isClosing: () => boolean): Route[] => {
  const readStore = watchDatabase(sql)
  return [
    { method: 'GET', path: '/healthz', access: 'anyone', handle: ({ res }) => sendJson(res, 200, { status: 'ok' }) },
    {
      method: 'GET',
      path: '/readyz',
      access: 'anyone',
      async handle({ res }) {
        if (isClosing()) throw new DomainError('UNAVAILABLE', 'shutting down')
        await sql`select 1`
        sendJson(res, 200, { status: 'ready' })
      },
    },
    {
      method: 'GET',
      path: '/metrics',
      access: 'metrics',
      async handle(exchange) {
        if (!mayReadMetrics(exchange, env)) {
          throw new DomainError('UNAUTHENTICATED', 'send "Authorization: Bearer" with the value of WHARF_METRICS_TOKEN')
        }
        await readStore()
        const text = await registry.metrics()
        exchange.res.writeHead(200, { 'content-type': registry.contentType }).end(text)
      },
    },
  ]
}
