import type { Sql } from '#db/client.ts'
import type { Mail } from './mail.ts'

export type NoticeRow = {
  id: bigint
  audience: 'account' | 'operators'
  account: string | null
  severity: 'info' | 'warning' | 'critical'
  kind: string
  title: string
  body: string
  href: string | null
  createdAt: Date
  resolvedAt: Date | null
  readAt: Date | null
}

/** Whose notices: the ids of accounts, and whether those for operators too. */
export type Reach = { userId: string | null; accountIds: readonly bigint[]; operators: boolean }

/** Notices in reach, newest first, below `before`. */
export const noticesFor = async (
  sql: Sql,
  reach: Reach,
  page: { before?: bigint | undefined; limit: number; unread?: boolean },
): Promise<NoticeRow[]> =>
  await sql<NoticeRow[]>`
  select n.id, n.audience, a.name as account, n.severity, n.kind, n.title, n.body, n.href, n.created_at, n.resolved_at,
    r.read_at
  from notice n left join account a on a.id = n.account_id
    left join notice_read r on r.notice_id = n.id and r.user_id = ${reach.userId}
  where (n.account_id = any(${reach.accountIds.map(String)}::bigint[]) or (${reach.operators} and n.audience = 'operators'))
    and (${page.before ?? null}::bigint is null or n.id < ${page.before ?? null})
    and (not ${page.unread ?? false} or r.read_at is null)
  order by n.id desc limit ${page.limit}`

/** How many notices in reach that user has not read. */
export const unreadCount = async (sql: Sql, reach: Reach): Promise<number> => {
  const [row] = await sql<{ count: number }[]>`select count(*)::int as count from notice n
    where (n.account_id = any(${reach.accountIds.map(String)}::bigint[]) or (${reach.operators} and n.audience = 'operators'))
      and not exists (select 1 from notice_read r where r.notice_id = n.id and r.user_id = ${reach.userId})`
  return row?.count ?? 0
}

/** Who is to be told of a notice: owners and admins of its account, or all operators and admins of the platform. */
export const recipientsOf = async (
  sql: Sql,
  notice: { audience: 'account' | 'operators'; accountId: bigint | null },
): Promise<string[]> => {
  const rows =
    notice.audience === 'account'
      ? await sql<{ email: string }[]>`select u.email from account_member m join auth_user u on u.id = m.user_id
          where m.account_id = ${notice.accountId} and m.role in ('owner', 'admin') order by u.email`
      : await sql<{ email: string }[]>`select distinct u.email from platform_role r join auth_user u on u.id = r.user_id
          order by u.email`
  return rows.map((r) => r.email)
}

/** Writes a mail into the outbox; undefined where its key was written before. */
export const insertMail = async (sql: Sql, mail: Mail, now: Date): Promise<bigint | undefined> => {
  const [row] = await sql<{ id: bigint }[]>`insert into mail (recipient, subject, body, key, created_at)
    values (${mail.recipient}, ${mail.subject}, ${mail.body}, ${mail.key}, ${now})
    on conflict (key) do nothing returning id`
  return row?.id
}

export type OutboxRow = {
  id: bigint
  recipient: string
  subject: string
  body: string
  createdAt: Date
  sentAt: Date | null
  attempts: number
  lastError: string | null
}

/** The outbox, newest first, below `before`. */
export const outbox = async (
  sql: Sql,
  page: { before?: bigint | undefined; limit: number; unsent?: boolean; search?: string | undefined },
): Promise<OutboxRow[]> =>
  await sql<OutboxRow[]>`
  select id, recipient, subject, body, created_at, sent_at, attempts, last_error from mail
  where (${page.before ?? null}::bigint is null or id < ${page.before ?? null})
    and (not ${page.unsent ?? false} or sent_at is null)
    and (${page.search ?? null}::text is null or strpos(lower(recipient || ' ' || subject), lower(${page.search ?? ''})) > 0)
  order by id desc limit ${page.limit}`

/** Who was told of the fact that `key` states, and when each mail left; for a violation's history. */
export const toldOf = async (
  sql: Sql,
  key: string,
): Promise<{ recipient: string; createdAt: Date; sentAt: Date | null }[]> =>
  await sql<{ recipient: string; createdAt: Date; sentAt: Date | null }[]>`
    select m.recipient, m.created_at, m.sent_at from notice n
      join mail m on m.key like 'notice:' || n.id || ':%' where n.key = ${key} order by m.recipient`
