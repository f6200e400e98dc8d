import type { Sql } from '#db/client.ts'
import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import type { AccountView } from './sql.ts'

/** Makes a team of an organization's members. */
export const createTeam = async (ctx: Context, account: AccountView, name: string): Promise<{ id: bigint }> => {
  if (account.kind === 'user')
    throw new DomainError('UNPROCESSABLE', 'a personal account has no teams; make an organization')
  return ctx.sql.begin(async (tx) => {
    const [row] = await tx<{ id: bigint }[]>`insert into team (account_id, name, created_at)
      values (${account.id}, ${name}, ${ctx.now}) on conflict (account_id, name) do nothing returning id`
    if (!row) throw new DomainError('CONFLICT', `${account.name} has a team ${name} already`, { path: 'name' })
    await audit(tx, ctx, {
      action: 'accounts.team.create',
      subject: { kind: 'team', id: row.id },
      accountId: account.id,
      after: { name },
    })
    return row
  })
}

/** Takes a team away; its members stay in the organization. */
export const deleteTeam = async (ctx: Context, account: AccountView, teamId: string): Promise<void> => {
  await ctx.sql.begin(async (tx) => {
    const team = await lockTeam(tx, account, teamId)
    const members = await tx<{ email: string }[]>`select u.email from team_member m join auth_user u on u.id = m.user_id
      where m.team_id = ${teamId} order by u.email`
    await tx`delete from team where id = ${teamId}`
    await audit(tx, ctx, {
      action: 'accounts.team.delete',
      subject: { kind: 'team', id: teamId },
      accountId: account.id,
      before: { name: team.name, members: members.map((m) => m.email) },
    })
  })
}

/** Puts a member of the organization into a team, or takes them out. */
export const setTeamMember = async (
  ctx: Context,
  account: AccountView,
  input: { teamId: string; userId: string; isMember: boolean },
): Promise<void> => {
  const { teamId, userId, isMember } = input
  await ctx.sql.begin(async (tx) => {
    const team = await lockTeam(tx, account, teamId)
    const [member] = await tx<
      { email: string }[]
    >`select u.email from account_member m join auth_user u on u.id = m.user_id
      where m.account_id = ${account.id} and m.user_id = ${userId} for share of m`
    if (!member) throw new DomainError('NOT_FOUND', `no such member of ${account.name}; invite them first`)
    const [changed] = isMember
      ? await tx`insert into team_member (team_id, user_id) values (${teamId}, ${userId}) on conflict do nothing returning user_id`
      : await tx`delete from team_member where team_id = ${teamId} and user_id = ${userId} returning user_id`
    if (!changed) return
    await audit(tx, ctx, {
      action: isMember ? 'accounts.team_member.add' : 'accounts.team_member.remove',
      subject: { kind: 'team', id: teamId },
      accountId: account.id,
      [isMember ? 'after' : 'before']: { team: team.name, email: member.email },
    })
  })
}

const lockTeam = async (tx: Sql, account: AccountView, teamId: string) => {
  const [team] = await tx<
    { name: string }[]
  >`select name from team where id = ${teamId} and account_id = ${account.id} for update`
  if (!team) throw new DomainError('NOT_FOUND', `no such team in ${account.name}`)
  return team
}
