import type { Actor, Context, PlatformRole } from '../context.ts'
import { DomainError } from '../errors.ts'
import { accountFor, accountsOfUser, type AccountView } from './sql.ts'

export type Me = {
  /** Null for a robot's token. */
  user: { id: string; email: string; name: string } | null
  /** The token's label where a program asks. */
  token: string | null
  roles: PlatformRole[]
  accounts: AccountView[]
}

/** Who an actor is and what they can reach. */
export const describe = async (ctx: Context, actor: Actor): Promise<Me> => {
  if (actor.kind === 'user') {
    const { userId, email, name, roles } = actor
    return { user: { id: userId, email, name }, token: null, roles, accounts: await accountsOfUser(ctx.sql, userId) }
  }
  if (actor.kind !== 'token') return { user: null, token: null, roles: ['admin', 'operator'], accounts: [] }
  const [user] =
    actor.userId === null
      ? []
      : await ctx.sql<{ id: string; email: string; name: string }[]>`
          select id, email, name from auth_user where id = ${actor.userId}`
  const accounts = actor.userId === null ? [] : await accountsOfUser(ctx.sql, actor.userId)
  const reached = accounts.filter((a) => actor.accountId === null || a.id === actor.accountId)
  return { user: user ?? null, token: actor.label, roles: actor.roles, accounts: reached }
}

/** The open account of that name. @throws NOT_FOUND */
export const existing = async (ctx: Context, name: string): Promise<AccountView> => {
  const account = await accountFor(ctx.sql, name, null)
  if (!account) throw new DomainError('NOT_FOUND', `no account "${name}"`)
  return account
}
