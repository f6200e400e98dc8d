import type { Sql } from '#db/client.ts'

export type Counted = { what: string; count: number }

/** Everything that belongs to the account by its id: it stays with it, whoever owns it. Nothing counted is left out. */
export const heldByAccount = async (sql: Sql, accountId: bigint): Promise<Counted[]> =>
  await sql<Counted[]>`
    select what, count::int from (values
      (1, 'repositories', (select count(*) from repository where account_id = ${accountId})),
      (2, 'tags', (select count(*) from repository_tag t join repository r on r.id = t.repository_id
        where r.account_id = ${accountId})),
      (3, 'people with access to single repositories', (select count(*) from repository_collaborator c
        join repository r on r.id = c.repository_id where r.account_id = ${accountId})),
      (4, 'stars on its repositories', (select count(*) from repository_star s
        join repository r on r.id = s.repository_id where r.account_id = ${accountId})),
      (5, 'robots', (select count(*) from robot where account_id = ${accountId} and revoked_at is null)),
      (6, 'API tokens of the account', (select count(*) from api_token where account_id = ${accountId}
        and revoked_at is null)),
      (7, 'webhooks', (select count(*) from webhook_endpoint where account_id = ${accountId} and removed_at is null)),
      (8, 'apps', (select count(*) from app where account_id = ${accountId})),
      (9, 'invoices', (select count(*) from invoice where account_id = ${accountId})),
      (10, 'limits of the plan', (select count(*) from entitlement where account_id = ${accountId})),
      (11, 'notices', (select count(*) from notice where account_id = ${accountId}))
    ) of (position, what, count) where count > 0 order by position`

/** What is a person's own, and so does not follow the account. */
export const heldByPerson = async (sql: Sql, userId: string, accountId: bigint): Promise<Counted[]> =>
  await sql<Counted[]>`
    select what, count::int from (values
      (1, 'API tokens for all your accounts', (select count(*) from api_token where user_id = ${userId}
        and account_id is null and revoked_at is null)),
      (2, 'stars you gave', (select count(*) from repository_star where user_id = ${userId})),
      (3, 'repositories of others that you have access to', (select count(*) from repository_collaborator c
        join repository r on r.id = c.repository_id where c.user_id = ${userId} and r.account_id <> ${accountId})),
      (4, 'memberships in other accounts', (select count(*) from account_member where user_id = ${userId}
        and account_id <> ${accountId}))
    ) of (position, what, count) where count > 0 order by position`
