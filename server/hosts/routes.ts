import type { Pool } from '#db/client.ts'
import type { Env } from '../env.ts'
import { readBody, sendJson } from '../http.ts'
import type { Exchange, Route } from '../http.ts'
import type { Live } from '../live.ts'
import { BODY_LIMIT_BYTES, LARGE_BODY_BYTES, agentRequest, contextOf } from './agentRequest.ts'
import { deliver } from './deliver.ts'
import { enrol } from './enrol.ts'
import { watchHosts } from './gauges.ts'
import type { HostKeys } from './keys.ts'
import { recordResults } from './recordResults.ts'
import { rotate } from './rotate.ts'
import { servedRoutes } from './served.ts'
import { createStreams } from './stream.ts'
import { enrolBody, parseBody, resultsBody, rotateBody } from './wire.ts'

/** What agents ask for besides reports and findings, and the files hosts are installed from. */
export const routes = ({ sql, env, live, keys }: { sql: Pool; env: Env; live: Live; keys: HostKeys }): Route[] => {
  const streams = createStreams({ sql, live, keys })
  watchHosts(sql)
  const signed = (exchange: Exchange, limitBytes?: number) => agentRequest({ sql, env, keys }, exchange, limitBytes)
  return [
    {
      method: 'POST',
      path: '/v1/agents/enrol',
      access: 'anyone',
      async handle(exchange) {
        const body = parseBody(enrolBody, await readBody(exchange.req, BODY_LIMIT_BYTES))
        const answer = await enrol(contextOf({ sql, env }, exchange), body)
        keys.forget(answer.hostId)
        sendJson(exchange.res, 200, answer)
      },
    },
    {
      method: 'POST',
      path: '/v1/agents/rotate',
      access: 'agent',
      async handle(exchange) {
        const { ctx, host, body } = await signed(exchange)
        const answer = await rotate(ctx, host.hostId, parseBody(rotateBody, body))
        keys.forget(host.hostId)
        sendJson(exchange.res, 200, { ...answer, serverTimeMs: Date.now() })
      },
    },
    {
      method: 'GET',
      path: '/v1/agents/commands',
      access: 'agent',
      async handle(exchange) {
        const { ctx, host } = await signed(exchange)
        sendJson(exchange.res, 200, await deliver(ctx, host.hostId))
      },
    },
    {
      method: 'POST',
      path: '/v1/agents/results',
      access: 'agent',
      async handle(exchange) {
        const { ctx, host, body } = await signed(exchange, LARGE_BODY_BYTES)
        const { results } = parseBody(resultsBody, body)
        const news = await recordResults(ctx, host.hostId, results as Parameters<typeof recordResults>[2])
        sendJson(exchange.res, 200, { recorded: news, serverTimeMs: Date.now() })
      },
    },
    {
      method: 'GET',
      path: '/v1/agents/stream',
      access: 'agent',
      async handle(exchange) {
        const { host, identity } = await signed(exchange)
        streams.open(host.hostId, identity.keyId, exchange.res)
      },
    },
    ...servedRoutes(env),
  ]
}
