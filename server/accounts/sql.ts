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
