import type { Tx } from '#db/client.ts'
import { audit } from '../audit.ts'
import { userIdOf, type Context, type MemberRole } from '../context.ts'
import { DomainError } from '../errors.ts'
import { mayManage } from './role.ts'
import type { AccountView } from './sql.ts'

/** Gives a member another role. @throws CONFLICT for the last owner, FORBIDDEN beyond the caller's own role */
export const changeRole = async (
  ctx: Context,
  account: AccountView,
  input: { userId: string; role: MemberRole },
): Promise<void> => {
  await ctx.sql.begin(async (tx) => {
    const member = await lockMember(tx, account, input.userId)
    if (!mayManage(account.role, member.role) || !mayManage(account.role, input.role)) {
      throw new DomainError('FORBIDDEN', 'only an owner can make or unmake an owner')
    }
    if (member.role === 'owner' && input.role !== 'owner') await keepAnOwner(tx, account, input.userId)
    await tx`update account_member set role = ${input.role} where account_id = ${account.id} and user_id = ${input.userId}`
    await audit(tx, ctx, {
      action: 'accounts.member.change',
      subject: { kind: 'user', id: input.userId },
      accountId: account.id,
      before: { email: member.email, role: member.role },
      after: { email: member.email, role: input.role },
    })
  })
}

/** Removes a member, with their seats in teams and their tokens for this account. Anybody may remove themselves. */
export const removeMember = async (ctx: Context, account: AccountView, userId: string): Promise<void> => {
  const leaves = userIdOf(ctx.actor) === userId
  await ctx.sql.begin(async (tx) => {
    const member = await lockMember(tx, account, userId)
    if (!leaves && !mayManage(account.role, member.role))
      throw new DomainError('FORBIDDEN', 'only an owner can remove an owner')
    if (!leaves && account.role !== null && account.role !== 'owner' && account.role !== 'admin') {
      throw new DomainError('FORBIDDEN', `needs one of the roles owner, admin in ${account.name}`)
    }
    if (member.role === 'owner') await keepAnOwner(tx, account, userId)
    await tx`delete from team_member where user_id = ${userId}
      and team_id in (select id from team where account_id = ${account.id})`
    await tx`update api_token set revoked_at = ${ctx.now}
      where account_id = ${account.id} and user_id = ${userId} and revoked_at is null`
    await tx`delete from account_member where account_id = ${account.id} and user_id = ${userId}`
    await audit(tx, ctx, {
      action: leaves ? 'accounts.member.leave' : 'accounts.member.remove',
      subject: { kind: 'user', id: userId },
      accountId: account.id,
      before: { email: member.email, role: member.role },
    })
  })
}

// The account's row is the lock: two owners who leave at once cannot both be the one who may.
const lockMember = async (tx: Tx, account: AccountView, userId: string) => {
  if (account.kind === 'user') throw new DomainError('UNPROCESSABLE', 'a personal account has its one owner')
  await tx`select 1 from account where id = ${account.id} for update`
  const [row] = await tx<{ role: MemberRole; email: string }[]>`
    select m.role, u.email from account_member m join auth_user u on u.id = m.user_id
    where m.account_id = ${account.id} and m.user_id = ${userId}`
  if (!row) throw new DomainError('NOT_FOUND', `no such member of ${account.name}`)
  return row
}

const keepAnOwner = async (tx: Tx, account: AccountView, userId: string) => {
  const [other] = await tx`select 1 from account_member
    where account_id = ${account.id} and role = 'owner' and user_id <> ${userId} limit 1`
  if (!other) throw new DomainError('CONFLICT', `${account.name} needs an owner: make somebody else owner first`)
}
