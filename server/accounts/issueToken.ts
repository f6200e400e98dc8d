import { audit } from '../audit.ts'
import { userIdOf, type Context, type Scope } from '../context.ts'
import { DomainError } from '../errors.ts'
import { grantableScopes } from './scope.ts'
import { personalHolds, type AccountView } from './sql.ts'
import { hashOf, hintOf, makeToken } from './token.ts'

const TOKENS_MAX = 100

/**
 * Makes an API token that acts for its maker, on one account where `account` is given, and returns its text: it is
 * never shown again. A person's token cannot make others, so that one that leaked ends with itself.
 */
export const issueToken = async (
  ctx: Context,
  input: { name: string; scopes: Scope[]; expiresInDays: number | null },
  account?: AccountView,
): Promise<{ id: bigint; token: string }> => {
  const { actor } = ctx
  const userId = userIdOf(actor)
  if (actor.kind === 'token' && userId !== null)
    throw new DomainError('FORBIDDEN', 'an API token cannot make others; sign in and make it there')
  const refused = input.scopes.find((scope) => !grantableScopes(actor, account !== undefined).includes(scope))
  if (refused) throw new DomainError('FORBIDDEN', `you cannot give the scope "${refused}"`, { path: 'scopes' })
  if (account && account.role === null)
    throw new DomainError('FORBIDDEN', `only members of ${account.name} make tokens for it`)
  if (!account && userId !== null) {
    const [hold] = await personalHolds(ctx.sql, userId)
    if (hold) throw new DomainError('FORBIDDEN', `your account is suspended (${hold.kind}: ${hold.reason})`)
  }
  const token = makeToken()
  const days = input.expiresInDays
  const expiresAt = days === null ? null : new Date(ctx.now.getTime() + days * 86_400_000)
  const id = await ctx.sql.begin(async (tx) => {
    const [count] = await tx<{ live: number }[]>`select count(*)::int as live from api_token
      where user_id = ${userId} and revoked_at is null and (expires_at is null or expires_at > ${ctx.now})`
    if ((count?.live ?? 0) >= TOKENS_MAX)
      throw new DomainError('CONFLICT', `you have ${TOKENS_MAX} tokens; revoke one first`)
    const [row] = await tx<{ id: bigint }[]>`
      insert into api_token (user_id, account_id, name, hash, hint, scopes, created_at, expires_at)
      values (${userId}, ${account?.id ?? null}, ${input.name}, ${hashOf(token)}, ${hintOf(token)}, ${input.scopes},
        ${ctx.now}, ${expiresAt}) returning id`
    await audit(tx, ctx, {
      action: 'accounts.token.create',
      subject: { kind: 'token', id: row?.id ?? '' },
      accountId: account?.id ?? null,
      after: { name: input.name, scopes: input.scopes, expiresAt, hint: hintOf(token) },
    })
    return row?.id ?? 0n
  })
  return { id, token }
}

/** Ends a token at once. `where` narrows whose it may be. @throws NOT_FOUND also where it was revoked before */
export const revokeToken = async (
  ctx: Context,
  id: string,
  where: { userId: string | null } | { accountId: bigint } | 'any',
): Promise<void> => {
  const userId = where !== 'any' && 'userId' in where ? where.userId : null
  const accountId = where !== 'any' && 'accountId' in where ? where.accountId : null
  await ctx.sql.begin(async (tx) => {
    const [row] = await tx<{ name: string; hint: string; accountId: bigint | null }[]>`
      update api_token set revoked_at = ${ctx.now} where id = ${id} and revoked_at is null
        and (${where === 'any'} or (${accountId}::bigint is not null and account_id = ${accountId})
          or (${userId}::text is not null and user_id = ${userId}))
      returning name, hint, account_id`
    if (!row) throw new DomainError('NOT_FOUND', 'no such live token; it may have been revoked')
    await audit(tx, ctx, {
      action: 'accounts.token.revoke',
      subject: { kind: 'token', id },
      accountId: row.accountId,
      before: { name: row.name, hint: row.hint },
    })
  })
}
