import { audit } from '../audit.ts'
import type { Context, PlatformRole } from '../context.ts'
import { DomainError } from '../errors.ts'
import { rolesOf } from './sql.ts'

// Roles of the platform change one at a time, or the last two admins could unmake each other.
const LOCK = 7_244_983

/** Gives a user a role on the platform, or takes it away. @throws CONFLICT for the last admin, NOT_FOUND */
export const setPlatformRole = async (
  ctx: Context,
  input: { userId: string; role: PlatformRole; has: boolean },
): Promise<void> => {
  const { userId, role, has } = input
  await ctx.sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${LOCK})`
    const [user] = await tx<{ email: string }[]>`select email from auth_user where id = ${userId}`
    if (!user) throw new DomainError('NOT_FOUND', 'no such user')
    const before = await rolesOf(tx, userId)
    if (before.includes(role) === has) return
    if (has) await tx`insert into platform_role (user_id, role, created_at) values (${userId}, ${role}, ${ctx.now})`
    else {
      const [other] = await tx`select 1 from platform_role where role = 'admin' and user_id <> ${userId} limit 1`
      if (role === 'admin' && !other)
        throw new DomainError('CONFLICT', 'the platform needs an admin: make somebody else admin first')
      await tx`delete from platform_role where user_id = ${userId} and role = ${role}`
    }
    await audit(tx, ctx, {
      action: has ? 'accounts.platform_role.grant' : 'accounts.platform_role.revoke',
      subject: { kind: 'user', id: userId },
      before: { email: user.email, roles: before },
      after: { email: user.email, roles: await rolesOf(tx, userId) },
    })
  })
}
