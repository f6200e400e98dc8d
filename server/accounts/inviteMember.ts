import type { Tx } from '#db/client.ts'
import { audit } from '../audit.ts'
import { labelOf, type Context, type MemberRole } from '../context.ts'
import { DomainError } from '../errors.ts'
import { addJob } from '../jobs.ts'
import { emailKey } from './createUser.ts'
import { mayManage } from './role.ts'
import type { AccountView } from './sql.ts'
import { hashOf, makeLinkSecret } from './token.ts'

const INVITATION_MS = 7 * 86_400_000

/** Invites an address into an organization with a role; the mail's link is good once, for a week. */
export const inviteMember = async (
  ctx: Context,
  account: AccountView,
  input: { email: string; role: MemberRole },
): Promise<{ id: bigint }> => {
  if (account.kind === 'user')
    throw new DomainError('UNPROCESSABLE', 'a personal account has no members; make an organization')
  if (!mayManage(account.role, input.role))
    throw new DomainError('FORBIDDEN', `only an owner can make an ${input.role}`)
  const email = emailKey(input.email)
  return ctx.sql.begin(async (tx) => {
    const [member] = await tx`select 1 from account_member m join auth_user u on u.id = m.user_id
      where m.account_id = ${account.id} and u.email = ${email}`
    if (member) throw new DomainError('CONFLICT', `${email} is a member of ${account.name} already`, { path: 'email' })
    return inviteInto(tx, ctx, account, { email, role: input.role })
  })
}

/** The same in the caller's transaction, without looking. An open invitation of that address is replaced. */
export const inviteInto = async (
  tx: Tx,
  ctx: Context,
  account: { id: bigint; name: string },
  input: { email: string; role: MemberRole },
): Promise<{ id: bigint }> => {
  const secret = makeLinkSecret()
  const expiresAt = new Date(ctx.now.getTime() + INVITATION_MS)
  await tx`update account_invitation set revoked_at = ${ctx.now} where account_id = ${account.id}
    and email = ${input.email} and accepted_at is null and revoked_at is null`
  const [row] = await tx<{ id: bigint }[]>`
    insert into account_invitation (account_id, email, role, token_hash, invited_by, created_at, expires_at)
    values (${account.id}, ${input.email}, ${input.role}, ${hashOf(secret)}, ${labelOf(ctx.actor)}, ${ctx.now}, ${expiresAt})
    returning id`
  if (!row) throw new DomainError('CONFLICT', 'somebody invited that address at the same time; look again')
  await audit(tx, ctx, {
    action: 'accounts.invitation.create',
    subject: { kind: 'invitation', id: row.id },
    accountId: account.id,
    after: { email: input.email, role: input.role, expiresAt },
  })
  await addJob(tx, 'notices.mail', {
    to: input.email,
    subject: `You are invited to ${account.name} on Wharfinger`,
    text: [
      `${labelOf(ctx.actor)} invites you to ${account.name} as ${input.role}.`,
      `Accept within a week:\n${ctx.env.publicUrl}/invite?token=${secret}`,
      'If you do not know what this is about, do nothing.',
    ].join('\n\n'),
    key: `invitation:${row.id}`,
  })
  return row
}

/** Takes back an invitation that nobody has accepted. */
export const revokeInvitation = async (ctx: Context, account: AccountView, id: string): Promise<void> => {
  await ctx.sql.begin(async (tx) => {
    const [row] = await tx<{ email: string; role: MemberRole }[]>`
      update account_invitation set revoked_at = ${ctx.now}
      where id = ${id} and account_id = ${account.id} and accepted_at is null and revoked_at is null returning email, role`
    if (!row) throw new DomainError('NOT_FOUND', 'no open invitation of that number; it may have been accepted')
    if (!mayManage(account.role, row.role))
      throw new DomainError('FORBIDDEN', `only an owner can take back an invitation as ${row.role}`)
    await audit(tx, ctx, {
      action: 'accounts.invitation.revoke',
      subject: { kind: 'invitation', id },
      accountId: account.id,
      before: row,
    })
  })
}
