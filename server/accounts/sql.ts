import type { Sql } from '#db/client.ts'
import type { MemberRole } from '../context.ts'

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
  const [row] = await sql<(Omit<AccountView, 'holds'>)[]>`
    select a.id, a.name, a.kind, a.display_name, a.plan, m.role
    from account a left join account_member m on m.account_id = a.id and m.user_id = ${userId}
    where a.name = ${name} and a.closed_at is null`
  return row && { ...row, holds: await activeHolds(sql, row.id) }
}

/** Holds not lifted, oldest first. */
export const activeHolds = async (sql: Sql, accountId: bigint): Promise<Hold[]> =>
  await sql<Hold[]>`select id, kind, reason, placed_at from account_hold
    where account_id = ${accountId} and lifted_at is null order by id`
