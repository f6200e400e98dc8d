import type { Tx } from '#db/client.ts'
import { audit } from '../audit.ts'
import type { Context, MemberRole } from '../context.ts'
import { DomainError } from '../errors.ts'
import { insertUser, userByEmail } from './createUser.ts'
import { activeHolds, openInvitation } from './sql.ts'
import { hashOf } from './token.ts'

const GONE = 'this invitation is not open any more; ask for another one'

/** What an invitation's link shows before it is accepted. @throws NOT_FOUND where it is used, expired or unknown */
export const readInvitation = async (
  ctx: Context,
  token: string,
): Promise<{
  account: string
  displayName: string
  email: string
  role: MemberRole
  invitedBy: string
  hasUser: boolean
}> => {
  const found = await openInvitation(ctx.sql, hashOf(token), ctx.now)
  if (!found) throw new DomainError('NOT_FOUND', GONE)
  const { account, displayName, email, role, invitedBy } = found
  return { account, displayName, email, role, invitedBy, hasUser: (await userByEmail(ctx.sql, email)) !== undefined }
}

/**
 * Accepts an invitation. Somebody with a user must be signed in as the invited address; somebody new gives a name and
 * a password and gets a user, whose address the link has proven.
 * @throws UNAUTHENTICATED, FORBIDDEN (signed in as another), NOT_FOUND, CONFLICT (member already)
 */
export const acceptInvitation = async (
  ctx: Context,
  input: { token: string; name?: string | undefined; password?: string | undefined },
): Promise<{ account: string; email: string }> =>
  ctx.sql.begin(async (tx) => {
    const found = await openInvitation(tx, hashOf(input.token), ctx.now)
    if (!found) throw new DomainError('NOT_FOUND', GONE)
    const [hold] = await activeHolds(tx, found.accountId)
    if (hold) throw new DomainError('FORBIDDEN', `${found.account} is suspended and takes no members now`)
    const { userId, as } = await accepting(tx, ctx, found.email, input)
    const [taken] = await tx`update account_invitation set accepted_at = ${ctx.now}
      where id = ${found.id} and accepted_at is null and revoked_at is null returning id`
    if (!taken) throw new DomainError('CONFLICT', GONE)
    const [member] = await tx`insert into account_member (account_id, user_id, role, created_at)
      values (${found.accountId}, ${userId}, ${found.role}, ${ctx.now}) on conflict do nothing returning user_id`
    if (!member) throw new DomainError('CONFLICT', `you are a member of ${found.account} already`)
    await audit(tx, as, {
      action: 'accounts.invitation.accept',
      subject: { kind: 'invitation', id: found.id },
      accountId: found.accountId,
      after: { email: found.email, role: found.role },
    })
    return { account: found.account, email: found.email }
  })

const accepting = async (
  tx: Tx,
  ctx: Context,
  email: string,
  input: { name?: string | undefined; password?: string | undefined },
): Promise<{ userId: string; as: Context }> => {
  const known = await userByEmail(tx, email)
  if (known) {
    if (ctx.actor.kind !== 'user') throw new DomainError('UNAUTHENTICATED', `sign in as ${email} to accept`)
    if (ctx.actor.userId !== known.id) {
      throw new DomainError('FORBIDDEN', `the invitation is for ${email}, and you are signed in as ${ctx.actor.email}`)
    }
    return { userId: known.id, as: ctx }
  }
  if (!input.name || !input.password)
    throw new DomainError('BAD_REQUEST', 'a name and a password are needed', { path: 'name' })
  const userId = await insertUser(tx, ctx, { email, name: input.name, password: input.password })
  const actor = { kind: 'user', userId, email, name: input.name, sessionId: '', roles: [] } as const
  return { userId, as: { ...ctx, actor: { ...actor, roles: [] } } }
}
