import type { Sql } from '#db/client.ts'
import type { MemberRole, PlatformRole } from '../context.ts'
import type { InvitationRow } from './sql.ts'

export type MemberRow = {
  userId: string
  name: string
  email: string
  role: MemberRole
  since: Date
  twoFactor: boolean | null
  teams: string[]
}

/** An account's members, owners first. */
export const membersOf = async (sql: Sql, accountId: bigint): Promise<MemberRow[]> =>
  await sql<MemberRow[]>`
    select m.user_id, u.name, u.email, m.role, m.created_at as since,
      u.two_factor_enabled or exists (select 1 from auth_passkey p where p.user_id = u.id) as two_factor,
      array(select t.name from team t join team_member tm on tm.team_id = t.id
        where t.account_id = m.account_id and tm.user_id = m.user_id order by t.name) as teams
    from account_member m join auth_user u on u.id = m.user_id
    where m.account_id = ${accountId}
    order by array_position(array['owner', 'admin', 'billing', 'member'], m.role), u.email limit 1000`

/** Invitations of an account that can still be accepted. */
export const invitationsOf = async (sql: Sql, accountId: bigint, now: Date): Promise<InvitationRow[]> =>
  await sql<InvitationRow[]>`
    select i.id, i.account_id, a.name as account, a.display_name, i.email, i.role, i.invited_by, i.created_at, i.expires_at
    from account_invitation i join account a on a.id = i.account_id
    where i.account_id = ${accountId} and i.accepted_at is null and i.revoked_at is null and i.expires_at > ${now}
    order by i.id desc limit 200`

export type TeamRow = { id: bigint; name: string; createdAt: Date; memberIds: string[] }

/** An organization's teams with who is in them. */
export const teamsOf = async (sql: Sql, accountId: bigint): Promise<TeamRow[]> =>
  await sql<TeamRow[]>`
    select t.id, t.name, t.created_at, array(select user_id from team_member m where m.team_id = t.id) as member_ids
    from team t where t.account_id = ${accountId} order by t.name limit 200`

export type UserRow = {
  id: string
  name: string
  email: string
  roles: PlatformRole[]
  twoFactor: boolean
  accounts: string[]
  createdAt: Date
  lastSeenAt: Date | null
}

/** Users for operators, by address, after `after`; `staff` leaves those with a role on the platform. */
export const listUsers = async (
  sql: Sql,
  filter: { search?: string | undefined; staff?: boolean },
  page: { after?: string | undefined; limit: number },
): Promise<UserRow[]> => {
  const search = filter.search?.toLowerCase() ?? null
  return await sql<UserRow[]>`
    select u.id, u.name, u.email, u.created_at,
      array(select role from platform_role r where r.user_id = u.id order by role) as roles,
      u.two_factor_enabled or exists (select 1 from auth_passkey p where p.user_id = u.id) as two_factor,
      array(select a.name from account_member m join account a on a.id = m.account_id
        where m.user_id = u.id and a.closed_at is null order by a.kind desc, a.name limit 20) as accounts,
      (select max(updated_at) from auth_session s where s.user_id = u.id) as last_seen_at
    from auth_user u
    where (${page.after ?? null}::text is null or u.email > ${page.after ?? null})
      and (${search}::text is null or strpos(u.email, ${search}) > 0 or strpos(lower(u.name), ${search}) > 0)
      and (not ${filter.staff ?? false} or exists (select 1 from platform_role r where r.user_id = u.id))
    order by u.email limit ${page.limit}`
}

export type SessionRow = { id: string; createdAt: Date; lastSeenAt: Date; ip: string | null; userAgent: string | null }

export type Security = {
  hasPassword: boolean
  twoFactor: boolean
  providers: string[]
  passkeys: { id: string; name: string | null; createdAt: Date | null; backedUp: boolean }[]
  sessions: SessionRow[]
}

/** What a user signs in with and where they are signed in. No secrets, no session tokens. */
export const securityOf = async (sql: Sql, userId: string, now: Date): Promise<Security> => {
  const [ways, passkeys, sessions, user] = await Promise.all([
    sql<{ providerId: string; hasPassword: boolean }[]>`
      select provider_id, password is not null as has_password from auth_account where user_id = ${userId} order by provider_id`,
    sql<Security['passkeys']>`select id, name, created_at, backed_up from auth_passkey
      where user_id = ${userId} order by created_at, id`,
    sql<SessionRow[]>`select id, created_at, updated_at as last_seen_at, ip_address as ip, user_agent from auth_session
      where user_id = ${userId} and expires_at > ${now} order by updated_at desc limit 100`,
    sql<{ twoFactorEnabled: boolean }[]>`select two_factor_enabled from auth_user where id = ${userId}`,
  ])
  return {
    hasPassword: ways.some((way) => way.hasPassword),
    twoFactor: user[0]?.twoFactorEnabled ?? false,
    providers: ways.map((way) => way.providerId).filter((id) => id !== 'credential'),
    passkeys,
    sessions,
  }
}
