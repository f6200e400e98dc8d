import { userIdOf, type Actor } from '../context.ts'

/** How far an asker sees: everything as an operator, else the accounts of a user, or the one of a token. */
export type Reach = { operator: boolean; userId: string | null; accountId: bigint | null }

export const reachOf = (actor: Actor): Reach => {
  const platform =
    actor.kind === 'system' || ((actor.kind === 'user' || actor.kind === 'token') && actor.roles.length > 0)
  const scoped = actor.kind !== 'token' || actor.scopes.includes('operate')
  return {
    operator: platform && scoped,
    userId: userIdOf(actor),
    accountId: actor.kind === 'token' ? actor.accountId : null,
  }
}

export const seesAll = (reach: Reach): boolean => reach.operator && reach.accountId === null
