import { z } from 'zod'
import { userIdOf } from '../context.ts'
import { DomainError } from '../errors.ts'
import { hasRole, inAccount, open, router } from '../trpc.ts'
import { acceptInvitation, readInvitation } from './acceptInvitation.ts'
import { changeRole, removeMember } from './changeMember.ts'
import { createTeam, deleteTeam, setTeamMember } from './changeTeam.ts'
import { id, mail, password, personName } from './input.ts'
import { inviteMember, revokeInvitation } from './inviteMember.ts'
import { invitationsOf, membersOf, teamsOf } from './peopleSql.ts'
import { MEMBER_ROLES } from './role.ts'

const role = z.enum(MEMBER_ROLES)
const userId = z.string().min(1).max(64)

export const membersRouter = router({
  /** Whether somebody has a second factor is for those who could do something about it; null for others. */
  list: inAccount().query(async ({ ctx }) => {
    const rows = await membersOf(ctx.sql, ctx.account.id)
    const { role } = ctx.account
    if (role === 'owner' || role === 'admin' || hasRole(ctx.actor, 'operator')) return rows
    return rows.map((row) => ({ ...row, twoFactor: null }))
  }),
  changeRole: inAccount(['owner', 'admin'])
    .input(z.object({ userId, role }))
    .mutation(({ ctx, input }) => changeRole(ctx, ctx.account, input)),
  remove: inAccount(['owner', 'admin'])
    .input(z.object({ userId }))
    .mutation(({ ctx, input }) => removeMember(ctx, ctx.account, input.userId)),
  leave: inAccount().mutation(({ ctx }) => {
    const me = userIdOf(ctx.actor)
    if (me === null) throw new DomainError('FORBIDDEN', 'a robot is no member')
    return removeMember(ctx, ctx.account, me)
  }),
})

export const invitationsRouter = router({
  list: inAccount().query(({ ctx }) => invitationsOf(ctx.sql, ctx.account.id, ctx.now)),
  create: inAccount(['owner', 'admin'])
    .input(z.object({ email: mail, role }))
    .mutation(({ ctx, input }) => inviteMember(ctx, ctx.account, input)),
  revoke: inAccount(['owner', 'admin'])
    .input(z.object({ id }))
    .mutation(({ ctx, input }) => revokeInvitation(ctx, ctx.account, input.id)),
  /** What a link invites to; whoever has the link may know. */
  read: open
    .input(z.object({ token: z.string().max(200) }))
    .query(({ ctx, input }) => readInvitation(ctx, input.token)),
  accept: open
    .input(z.object({ token: z.string().max(200), name: personName.optional(), password: password.optional() }))
    .mutation(({ ctx, input }) => acceptInvitation(ctx, input)),
})

export const teamsRouter = router({
  list: inAccount().query(({ ctx }) => teamsOf(ctx.sql, ctx.account.id)),
  create: inAccount(['owner', 'admin'])
    .input(z.object({ name: z.string().trim().min(1).max(60) }))
    .mutation(({ ctx, input }) => createTeam(ctx, ctx.account, input.name)),
  delete: inAccount(['owner', 'admin'])
    .input(z.object({ id }))
    .mutation(({ ctx, input }) => deleteTeam(ctx, ctx.account, input.id)),
  setMember: inAccount(['owner', 'admin'])
    .input(z.object({ teamId: id, userId, isMember: z.boolean() }))
    .mutation(({ ctx, input }) => setTeamMember(ctx, ctx.account, input)),
})
