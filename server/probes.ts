import type { Pool } from '#db/client.ts'
import { Gauge } from 'prom-client'
import type { Env } from './env.ts'
import { DomainError } from './errors.ts'
import { sendJson, type Exchange, type Route } from './http.ts'
import { registry } from './metrics.ts'

const LOOPBACK = /^(127\.|::1$)/

/** Metrics are open on loopback (the true peer, whatever a proxy says), elsewhere with a token. */
const mayReadMetrics = ({ req }: Exchange, env: Env) => {
  const peer = req.socket.remoteAddress?.replace(/^::ffff:/, '') ?? ''
  if (LOOPBACK.test(peer) && req.headers['x-forwarded-for'] === undefined) return true
  return env.WHARF_METRICS_TOKEN !== undefined && req.headers.authorization === `Bearer ${env.WHARF_METRICS_TOKEN}`
}

/** What this process waits for in PostgreSQL: open jobs and the age of the oldest that is due. */
const watchJobs = (sql: Pool) => {
  const jobs = new Gauge({
    name: 'wharf_jobs',
    help: 'Jobs by name and state (due, later, failed for good).',
    labelNames: ['job', 'state'],
    registers: [registry],
    async collect() {
      const rows = await sql<{ name: string; state: string; n: bigint }[]>`
        select task_identifier as name, count(*) as n,
          case when attempts >= max_attempts then 'failed' when run_at <= now() then 'due' else 'later' end as state
        from graphile_worker.jobs group by 1, 3`.catch(() => [])
      jobs.reset()
      for (const { name, state, n } of rows) jobs.set({ job: name, state }, Number(n))
    },
  })
}

/** `/healthz` (the process answers), `/readyz` (it can serve) and `/metrics`. */
export const probeRoutes = (sql: Pool, env: Env, isClosing: () => boolean): Route[] => {
  watchJobs(sql)
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
        const text = await registry.metrics()
        exchange.res.writeHead(200, { 'content-type': registry.contentType }).end(text)
      },
    },
  ]
}
