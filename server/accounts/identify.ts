import type { Sql } from '#db/client.ts'
import type { Actor, PlatformRole, Scope } from '../context.ts'
import type { Auth } from './auth.ts'
import { rolesOf, tokenByHash, touchToken } from './sql.ts'
import { hashOf, isToken } from './token.ts'

/**
 * Who sends a request: by `Authorization: Bearer wharf_…`, else by the session cookie. A token that cannot be used
 * makes an anonymous actor with the reason; only faults of the database are thrown.
 */
export const identify = async (deps: { auth: Auth; sql: Sql }, headers: Headers): Promise<Actor> => {
  const authorization = headers.get('authorization')
  const bearer = authorization?.match(/^Bearer\s+(\S+)$/i)?.[1]
  if (bearer !== undefined) return actorOfToken(deps.sql, bearer, new Date())
  const found = headers.has('cookie') ? await deps.auth.session(headers) : null
  if (!found) return { kind: 'anonymous' }
  const { user, session } = found
  const roles = await rolesOf(deps.sql, user.id)
  return { kind: 'user', userId: user.id, email: user.email, name: user.name, sessionId: session.id, roles }
}

const refused = (reason: string): Actor => ({ kind: 'anonymous', reason })

/** The actor behind an API token's text. */
export const actorOfToken = async (sql: Sql, text: string, now: Date): Promise<Actor> => {
  if (!isToken(text)) return refused('this is not a complete API token (wharf_ and 36 characters); copy it again')
  const token = await tokenByHash(sql, hashOf(text))
  if (!token) return refused('this API token is not known here; make one under Settings, Tokens')
  if (token.revokedAt) return refused(`this API token was revoked on ${token.revokedAt.toISOString()}; make another`)
  if (token.expiresAt && token.expiresAt <= now) {
    return refused(`this API token expired on ${token.expiresAt.toISOString()}; make another`)
  }
  await touchToken(sql, token.id, now)
  const { id: tokenId, userId, scopes, accountId, name } = token
  const roles = userId === null ? robotRoles(scopes) : token.roles
  return { kind: 'token', tokenId, label: `${name} (${token.hint})`, userId, roles, scopes, accountId }
}

// A robot of the platform has no user whose roles it could lack: its scopes are its roles.
const robotRoles = (scopes: readonly Scope[]): PlatformRole[] => [
  ...(scopes.includes('operate') ? (['operator'] as const) : []),
  ...(scopes.includes('admin') ? (['admin'] as const) : []),
]
