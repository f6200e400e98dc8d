import type { Pool } from '#db/client.ts'
import type { Env } from './env.ts'
import type { Live } from './live.ts'

export type PlatformRole = 'operator' | 'admin'
export type MemberRole = 'owner' | 'admin' | 'billing' | 'member'

/**
 * What a token may do. `read` and `write` reach what its user reaches in accounts; `operate` and
 * `admin` the platform's own procedures, where its user (or, for a robot, the token) has the role.
 */
export const SCOPES = ['read', 'write', 'operate', 'admin'] as const
export type Scope = (typeof SCOPES)[number]

/** Who is asking. A token without `userId` is a robot of the platform. */
export type Actor =
  /** `reason`: why the token that was sent could not be used. */
  | { kind: 'anonymous'; reason?: string }
  | { kind: 'user'; userId: string; email: string; name: string; sessionId: string; roles: PlatformRole[] }
  | {
      kind: 'token'
      tokenId: bigint
      label: string
      userId: string | null
      roles: PlatformRole[]
      scopes: Scope[]
      accountId: bigint | null
    }
  | { kind: 'agent'; hostId: number; label: string }
  | { kind: 'system'; label: string }

/** What every verb is given: the store, the settings, who asks, from where, and what time it is. */
export type Context = {
  sql: Pool
  env: Env
  actor: Actor
  now: Date
  requestId: string
  ip?: string | undefined
  userAgent?: string | undefined
  /** Where changes are heard of; only requests have it. */
  live?: Live | undefined
}

/** The context of work that no request asked for: jobs, start-up, the CLI's `--direct`. */
export const systemContext = (sql: Pool, env: Env, label: string, now = new Date()): Context => ({
  sql,
  env,
  actor: { kind: 'system', label },
  now,
  requestId: crypto.randomUUID(),
})

/** The user behind an actor, if there is one. */
export const userIdOf = (actor: Actor): string | null =>
  actor.kind === 'user' || actor.kind === 'token' ? actor.userId : null

/** A short name of the actor for rows that people read. */
export const labelOf = (actor: Actor): string => {
  switch (actor.kind) {
    case 'anonymous':
      return 'anonymous'
    case 'user':
      return actor.email
    case 'token':
    case 'agent':
    case 'system':
      return actor.label
  }
}
