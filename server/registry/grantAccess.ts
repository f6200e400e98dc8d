import { audit } from '../audit.ts'
import { labelOf, type Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { announce } from '../live.ts'
import type { Met } from './meet.ts'
import type { Permission } from './permission.ts'

const MOST_COLLABORATORS = 200

/**
 * Lets a person use a repository, or with null no longer. They are named by mail address, and need a user here; members
 * and outsiders alike. @throws NOT_FOUND where nobody has that address
 */
export const setCollaborator = async (
  ctx: Context,
  met: Met,
  input: { email: string; permission: Permission | null },
): Promise<void> => {
  const { permission } = input
  await ctx.sql.begin(async (tx) => {
    const [user] = await tx<{ id: string; email: string }[]>`
      select id, email from auth_user where email = ${input.email.trim().toLowerCase()}`
    if (!user)
      throw new DomainError('NOT_FOUND', 'nobody here has that address; they sign up or are invited first', {
        path: 'email',
      })
    const [before] = await tx<{ permission: Permission }[]>`select permission from repository_collaborator
      where repository_id = ${met.id} and user_id = ${user.id} for update`
    if ((before?.permission ?? null) === permission) return
    if (permission === null) {
      await tx`delete from repository_collaborator where repository_id = ${met.id} and user_id = ${user.id}`
    } else {
      const [there] = await tx<{ count: number }[]>`select count(*)::int as count from repository_collaborator
        where repository_id = ${met.id}`
      if ((there?.count ?? 0) >= MOST_COLLABORATORS)
        throw new DomainError('LIMITED', `a repository has ${MOST_COLLABORATORS} collaborators at most; use teams`)
      await tx`insert into repository_collaborator (repository_id, user_id, permission, added_by, created_at)
        values (${met.id}, ${user.id}, ${permission}, ${labelOf(ctx.actor)}, ${ctx.now})
        on conflict (repository_id, user_id) do update set permission = excluded.permission`
    }
    await audit(tx, ctx, {
      action: 'registry.collaborator.set',
      subject: { kind: 'repository', id: met.id },
      accountId: met.accountId,
      before: { email: user.email, permission: before?.permission ?? null },
      after: { email: user.email, permission },
    })
    await announce(tx, `account:${met.accountId}`)
  })
}

/** Lets a team of the repository's account use it, or with null no longer. */
export const setTeam = async (
  ctx: Context,
  met: Met,
  input: { teamId: string; permission: Permission | null },
): Promise<void> => {
  const { teamId, permission } = input
  await ctx.sql.begin(async (tx) => {
    const [team] = await tx<{ name: string }[]>`select name from team
      where id = ${teamId} and account_id = ${met.accountId} for share`
    if (!team) throw new DomainError('NOT_FOUND', `no such team in ${met.account}`, { path: 'teamId' })
    const [before] = await tx<{ permission: Permission }[]>`select permission from repository_team
      where repository_id = ${met.id} and team_id = ${teamId} for update`
    if ((before?.permission ?? null) === permission) return
    if (permission === null)
      await tx`delete from repository_team where repository_id = ${met.id} and team_id = ${teamId}`
    else
      await tx`insert into repository_team (repository_id, team_id, permission, created_at)
        values (${met.id}, ${teamId}, ${permission}, ${ctx.now})
        on conflict (repository_id, team_id) do update set permission = excluded.permission`
    await audit(tx, ctx, {
      action: 'registry.team.set',
      subject: { kind: 'repository', id: met.id },
      accountId: met.accountId,
      before: { team: team.name, permission: before?.permission ?? null },
      after: { team: team.name, permission },
    })
    await announce(tx, `account:${met.accountId}`)
  })
}
