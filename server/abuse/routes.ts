import type { Pool } from '#db/client.ts'
import type { Env } from '../env.ts'
import { agentRequest } from '../hosts/agentRequest.ts'
import type { HostKeys } from '../hosts/keys.ts'
import { sendJson, type Route } from '../http.ts'
import { bundleFor } from './bundle.ts'

/** `GET /v1/agents/rules`: the signed rules and policy of the host's cluster; 304 where the agent has that version. */
export const routes = (deps: { sql: Pool; env: Env; keys: HostKeys }): Route[] => [
  {
    method: 'GET',
    path: '/v1/agents/rules',
    access: 'agent',
    async handle(exchange) {
      const { ctx, host } = await agentRequest(deps, exchange)
      const { version, payload, signature } = await bundleFor(ctx, host.hostId)
      const tag = `"${version}"`
      exchange.res.setHeader('etag', tag)
      if (exchange.req.headers['if-none-match'] === tag) {
        exchange.res.writeHead(304)
        exchange.res.end()
        return
      }
      sendJson(exchange.res, 200, { payload, signature })
    },
  },
]
