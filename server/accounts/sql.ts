import type { Sql } from '#db/client.ts'
import type { MemberRole, PlatformRole, Scope } from '../context.ts'

export type Hold = { id: bigint; kind: 'billing' | 'abuse' | 'admin'; reason: string; placedAt: Date }

/** An account as one user sees it; `role` is null where that user is no member. */
export type AccountView = {
  id: bigint
  name: string
  kind: 'user' | 'organization'
  displayName: string
  plan: string
  role: MemberRole | null
  holds: Hold[]
}

/** The open account of that name, with the user's role in it and its active holds. */
export const accountFor = async (sql: Sql, name: string, userId: string | null): Promise<AccountView | undefined> => {
  const [row] = await sql<Omit<AccountView, 'holds'>[]>`
    select a.id, a.name, a.kind, a.display_name, a.plan, m.role
    from account a left join account_member m on m.account_id = a.id and m.user_id = ${userId}
    where a.name = ${name} and a.closed_at is null`
  return row && { ...row, holds: await activeHolds(sql, row.id) }
}

/** Holds not lifted, oldest first. */
export const activeHolds = async (sql: Sql, accountId: bigint): Promise<Hold[]> =>
  await sql<Hold[]>`select id, kind, reason, placed_at from account_hold
    where account_id = ${accountId} and lifted_at is null order by id`

/** A user's roles on the platform. */
export const rolesOf = async (sql: Sql, userId: string): Promise<PlatformRole[]> => {
  const rows = await sql<
    { role: PlatformRole }[]
  >`select role from platform_role where user_id = ${userId} order by role`
  return rows.map((r) => r.role)
}

export type TokenRow = {
  id: bigint
  userId: string | null
  accountId: bigint | null
  name: string
  hint: string
  scopes: Scope[]
  expiresAt: Date | null
  revokedAt: Date | null
  /** The platform roles of the token's user. */
  roles: PlatformRole[]
}

/** The token with that SHA-256, also where it is revoked or expired. */
export const tokenByHash = async (sql: Sql, hash: Uint8Array): Promise<TokenRow | undefined> => {
  const [row] = await sql<TokenRow[]>`
    select t.id, t.user_id, t.account_id, t.name, t.hint, t.scopes, t.expires_at, t.revoked_at,
      array(select role from platform_role r where r.user_id = t.user_id order by role) as roles
    from api_token t where t.hash = ${hash}`
  return row
}

/** Notes a token's use, at most once a minute. */
export const touchToken = async (sql: Sql, id: bigint, now: Date): Promise<void> => {
  await sql`update api_token set last_used_at = ${now}
    where id = ${id} and (last_used_at is null or last_used_at < ${new Date(now.getTime() - 60_000)})`
}

/** The open accounts a user is a member of, their own first. */
export const accountsOfUser = async (sql: Sql, userId: string): Promise<AccountView[]> => {
  const rows = await sql<
    (Omit<AccountView, 'holds'> & { holds: (Omit<Hold, 'id' | 'placedAt'> & { id: string; placedAt: string })[] })[]
  >`
    select a.id, a.name, a.kind, a.display_name, a.plan, m.role,
      coalesce((select jsonb_agg(jsonb_build_object('id', h.id::text, 'kind', h.kind, 'reason', h.reason,
        'placedAt', h.placed_at) order by h.id) from account_hold h where h.account_id = a.id and h.lifted_at is null),
        '[]') as holds
    from account_member m join account a on a.id = m.account_id
    where m.user_id = ${userId} and a.closed_at is null order by a.kind desc, a.name`
  return rows.map((row) => ({ ...row, holds: row.holds.map(revived) }))
}

/** Holds read as JSON, as the types say. */
const revived = (hold: { id: string; kind: Hold['kind']; reason: string; placedAt: string }): Hold => ({
  ...hold,
  id: BigInt(hold.id),
  placedAt: new Date(hold.placedAt),
})

/** Holds on a user's own account. */
export const personalHolds = async (sql: Sql, userId: string): Promise<Hold[]> =>
  await sql<Hold[]>`select h.id, h.kind, h.reason, h.placed_at from account_hold h
    join account a on a.id = h.account_id join account_member m on m.account_id = a.id
    where m.user_id = ${userId} and a.kind = 'user' and h.lifted_at is null order by h.id`

export type HoldRow = Hold & { placedBy: string; liftedBy: string | null; liftedAt: Date | null }

/** Every hold an account ever had, newest first. */
export const holdHistory = async (sql: Sql, accountId: bigint): Promise<HoldRow[]> =>
  await sql<HoldRow[]>`select id, kind, reason, placed_at, placed_by, lifted_at, lifted_by from account_hold
    where account_id = ${accountId} order by id desc limit 200`

export type AccountRow = {
  id: bigint
  name: string
  kind: 'user' | 'organization'
  displayName: string
  plan: string
  createdAt: Date
  members: number
  owners: string[]
  holds: Hold['kind'][]
}

/** Open accounts for operators, by name, after `after`. */
export const listAccounts = async (
  sql: Sql,
  filter: { search?: string | undefined; held?: boolean; plan?: string | undefined; kind?: string | undefined },
  page: { after?: string | undefined; limit: number },
): Promise<AccountRow[]> => {
  const search = filter.search?.toLowerCase() ?? null
  return await sql<AccountRow[]>`
    select a.id, a.name, a.kind, a.display_name, a.plan, a.created_at,
      (select count(*)::int from account_member m where m.account_id = a.id) as members,
      array(select u.email from account_member m join auth_user u on u.id = m.user_id
        where m.account_id = a.id and m.role = 'owner' order by u.email limit 5) as owners,
      array(select h.kind from account_hold h where h.account_id = a.id and h.lifted_at is null order by h.id) as holds
    from account a
    where a.closed_at is null and (${page.after ?? null}::text is null or a.name > ${page.after ?? null})
      and (${search}::text is null or strpos(a.name, ${search}) > 0 or strpos(lower(a.display_name), ${search}) > 0
        or exists (select 1 from account_member m join auth_user u on u.id = m.user_id
          where m.account_id = a.id and strpos(u.email, ${search}) > 0))
      and (${filter.plan ?? null}::text is null or a.plan = ${filter.plan ?? null})
      and (${filter.kind ?? null}::text is null or a.kind = ${filter.kind ?? null})
      and (not ${filter.held ?? false} or exists (select 1 from account_hold h
        where h.account_id = a.id and h.lifted_at is null))
    order by a.name limit ${page.limit}`
}

/** How many open accounts there are, how many of them are held, and the plans they are on. */
export const accountTotals = async (sql: Sql): Promise<{ accounts: number; held: number; plans: string[] }> => {
  const [row] = await sql<{ accounts: number; held: number; plans: string[] }[]>`
    select count(*)::int as accounts,
      count(*) filter (where exists (select 1 from account_hold h where h.account_id = a.id and h.lifted_at is null))::int as held,
      array(select distinct plan from account where closed_at is null order by plan) as plans
    from account a where a.closed_at is null`
  return row ?? { accounts: 0, held: 0, plans: [] }
}

export type TokenListRow = {
  id: bigint
  name: string
  hint: string
  scopes: Scope[]
  account: string | null
  madeBy: string | null
  createdAt: Date
  expiresAt: Date | null
  lastUsedAt: Date | null
  revokedAt: Date | null
}

/** Live and recently ended tokens of a user, of an account, or the platform's robots. Never their text. */
export const listTokens = async (
  sql: Sql,
  whose: { userId: string } | { accountId: bigint } | 'robots',
  now: Date,
): Promise<TokenListRow[]> => {
  const userId = whose !== 'robots' && 'userId' in whose ? whose.userId : null
  const accountId = whose !== 'robots' && 'accountId' in whose ? whose.accountId : null
  return await sql<TokenListRow[]>`
    select t.id, t.name, t.hint, t.scopes, a.name as account, u.email as made_by, t.created_at, t.expires_at,
      t.last_used_at, t.revoked_at
    from api_token t left join account a on a.id = t.account_id left join auth_user u on u.id = t.user_id
    where ((${userId}::text is not null and t.user_id = ${userId})
        or (${accountId}::bigint is not null and t.account_id = ${accountId})
        or (${whose === 'robots'} and t.user_id is null))
      and (t.revoked_at is null or t.revoked_at > ${new Date(now.getTime() - 30 * 86_400_000)})
    order by t.revoked_at is not null, t.id desc limit 300`
}

export type InvitationRow = {
  id: bigint
  accountId: bigint
  account: string
  displayName: string
  email: string
  role: MemberRole
  invitedBy: string
  createdAt: Date
  expiresAt: Date
}

/** The invitation that a link's secret opens, while it is open. */
export const openInvitation = async (sql: Sql, hash: Uint8Array, now: Date): Promise<InvitationRow | undefined> => {
  const [row] = await sql<InvitationRow[]>`
    select i.id, i.account_id, a.name as account, a.display_name, i.email, i.role, i.invited_by, i.created_at, i.expires_at
    from account_invitation i join account a on a.id = i.account_id
    where i.token_hash = ${hash} and i.accepted_at is null and i.revoked_at is null and i.expires_at > ${now}
      and a.closed_at is null`
  return row
}

/** The ids of the accounts a user is a member of. */
export const memberAccountIds = async (sql: Sql, userId: string): Promise<bigint[]> => {
  const rows = await sql<{ accountId: bigint }[]>`select account_id from account_member where user_id = ${userId}`
  return rows.map((row) => row.accountId)
}
