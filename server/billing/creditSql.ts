import type { Sql } from '#db/client.ts'

export type GrantRow = {
  id: bigint
  kind: 'prepaid' | 'promotional'
  currency: string
  amountMinor: bigint
  /** What is left, by the ledger. */
  leftMinor: bigint
  priority: number
  reason: string
  createdBy: string
  createdAt: Date
  expiresAt: Date | null
  expiredAt: Date | null
}

/** An account's grants with what is left of them, in the order of use; those that ended last. */
export const creditsOf = async (sql: Sql, accountId: bigint): Promise<GrantRow[]> =>
  await sql<GrantRow[]>`
    select g.id, g.kind, g.currency, g.amount_minor, g.priority, g.reason, g.created_by, g.created_at, g.expires_at,
      g.expired_at, coalesce((select -sum(e.amount_minor) from ledger_entry e
        where e.account_id = g.account_id and e.book = g.kind || ':' || g.id), 0)::bigint as left_minor
    from credit_grant g where g.account_id = ${accountId}
    order by g.expired_at is not null, g.priority, g.expires_at nulls last, g.id`
