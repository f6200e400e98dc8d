import type { Sql } from '#db/client.ts'
import { labelOf, userIdOf, type Context } from '../context.ts'

/**
 * Where a change of better-auth's tables comes from. The audit triggers on those tables read it from the setting
 * `wharf.origin` of their transaction or connection. Without `actor*` the person the row is about did it.
 */
export type Origin = {
  ip?: string | undefined
  userAgent?: string | undefined
  requestId?: string | undefined
  /** The path under /api/auth that was called. */
  path?: string | undefined
  /** A session already existed: one that follows is a renewal, not a sign-in. */
  renews?: boolean
  actorKind?: 'user' | 'token' | 'agent' | 'system'
  actorId?: string
  actorLabel?: string
}

/**
 * Lets the triggers name this context's actor for what the transaction does to sign-in rows. Where nobody is signed in
 * (the first-run and invitation pages) the person whom the row is about is the actor.
 */
export const actAs = async (tx: Sql, ctx: Context): Promise<void> => {
  const { actor, ip, userAgent, requestId } = ctx
  const origin: Origin = { ip, userAgent, requestId }
  if (actor.kind !== 'anonymous') {
    origin.actorKind = actor.kind
    origin.actorId = actor.kind === 'token' ? `token:${actor.tokenId}` : (userIdOf(actor) ?? labelOf(actor))
    origin.actorLabel = labelOf(actor)
  }
  await tx`select set_config('wharf.origin', ${JSON.stringify(origin)}, true)`
}
