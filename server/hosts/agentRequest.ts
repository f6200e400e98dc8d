import type { RequestIdentity } from '#agents/protocol.ts'
import type { Pool } from '#db/client.ts'
import type { Context } from '../context.ts'
import type { Env } from '../env.ts'
import { readBody } from '../http.ts'
import type { Exchange } from '../http.ts'
import type { HostKeys, HostStanding } from './keys.ts'
import { claimedIdentity, requireDigest, verifyRequest } from './signature.ts'

/** No request but reports, findings and results needs more. */
export const BODY_LIMIT_BYTES = 65_536

/** Findings carry what they saw, results what a container was made from. */
export const LARGE_BODY_BYTES = 1_048_576

export type AgentRequest = { ctx: Context; identity: RequestIdentity; host: HostStanding; body: Buffer }

/** The context of a request that no host has signed: enrolment. */
export const contextOf = ({ sql, env }: { sql: Pool; env: Env }, { req, requestId, ip }: Exchange): Context => ({
  sql,
  env,
  actor: { kind: 'anonymous' },
  now: new Date(),
  requestId,
  ip,
  userAgent: req.headers['user-agent']?.slice(0, 300),
})

/**
 * Reads and verifies a signed request; its context acts as the host.
 * @throws DomainError UNAUTHENTICATED, FORBIDDEN, TOO_LARGE
 */
export const agentRequest = async (
  deps: { sql: Pool; env: Env; keys: HostKeys },
  exchange: Exchange,
  limitBytes = BODY_LIMIT_BYTES,
): Promise<AgentRequest> => {
  const { req, url } = exchange
  const ctx = contextOf(deps, exchange)
  const claimed = claimedIdentity(req.headers)
  const host = await deps.keys.get(claimed.hostId, claimed.keyId)
  const identity = verifyRequest({
    method: req.method ?? 'GET',
    path: url.pathname,
    headers: req.headers,
    keys: () => host,
    now: ctx.now,
  })
  // verifyRequest threw where there is no host.
  const known = host as HostStanding
  const body = await readBody(req, limitBytes)
  requireDigest(identity, body)
  return {
    ctx: { ...ctx, actor: { kind: 'agent', hostId: known.hostId, label: known.name } },
    identity,
    host: known,
    body,
  }
}
