import type { Pool } from '#db/client.ts'
import type { Env } from '../env.ts'
import { agentRequest, LARGE_BODY_BYTES } from '../hosts/agentRequest.ts'
import type { HostKeys } from '../hosts/keys.ts'
import { parseBody } from '../hosts/wire.ts'
import { sendJson, type Route } from '../http.ts'
import { findingsBody, keepFindings } from './findings.ts'

/** `POST /v1/findings`: what an agent cannot keep until its next report. */
export const findingsRoutes = (deps: { sql: Pool; env: Env; keys: HostKeys }): Route[] => [
  {
    method: 'POST',
    path: '/v1/findings',
    access: 'agent',
    async handle(exchange) {
      const { ctx, host, identity, body } = await agentRequest(deps, exchange, LARGE_BODY_BYTES)
      const { findings } = parseBody(findingsBody, body)
      const stored = await keepFindings(ctx, host.hostId, identity.bootId, findings)
      sendJson(exchange.res, 200, { stored, serverTimeMs: Date.now() })
    },
  },
]
