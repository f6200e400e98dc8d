import type { Actor, Scope } from '../context.ts'

/**
 * The scopes an actor can put into a new token: never more than they have. `operate` and `admin` need the platform's
 * role, and do not go with a token for one account.
 */
export const grantableScopes = (actor: Actor, forAccount: boolean): Scope[] => {
  if (actor.kind !== 'user' && actor.kind !== 'token') return []
  const own: Scope[] = actor.kind === 'token' ? actor.scopes : ['read', 'write', 'operate', 'admin']
  const isAdmin = actor.roles.includes('admin')
  const isOperator = isAdmin || actor.roles.includes('operator')
  return own.filter((scope) => {
    if (scope === 'operate') return isOperator && !forAccount
    if (scope === 'admin') return isAdmin && !forAccount
    return true
  })
}
