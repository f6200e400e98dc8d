import type { Pool, Sql } from '#db/client.ts'
import { DomainError } from '../errors.ts'
import { addJob } from '../jobs.ts'
import { nameFrom, nthName } from './name.ts'

/** Makes a user's own account where there is none yet. Harmless to repeat and to run twice at once. */
export const ensurePersonalAccount = async (sql: Pool, userId: string): Promise<void> => {
  await sql.begin((tx) => makePersonalAccount(tx, userId))
}

/**
 * The same in the caller's transaction. Returns the account's id, or undefined where the user had one. Its name is made
 * from the mail address, or is `wanted`. @throws CONFLICT where that is taken
 */
export const makePersonalAccount = async (tx: Sql, userId: string, wanted?: string): Promise<bigint | undefined> => {
  const [user] = await tx<{ name: string; email: string }[]>`
    select name, email from auth_user where id = ${userId} for update`
  if (!user) return undefined
  const [own] = await tx`select 1 from account a join account_member m on m.account_id = a.id
    where m.user_id = ${userId} and a.kind = 'user'`
  if (own) return undefined
  const { id, name } = wanted
    ? await insertNamed(tx, wanted, user.name)
    : await insertFree(tx, nameFrom(user.email), user.name)
  await tx`insert into account_member (account_id, user_id, role) values (${id}, ${userId}, 'owner')`
  await tx`insert into audit_event (actor_kind, actor_id, actor_label, action, subject_kind, subject_id, account_id,
      after, ip, user_agent, request_id)
    select coalesce(o ->> 'actorKind', 'user'), coalesce(o ->> 'actorId', ${userId}),
      coalesce(o ->> 'actorLabel', ${user.email}), 'accounts.account.create', 'account', ${name}, ${id},
      ${JSON.stringify({ name, kind: 'user', displayName: user.name })}::text::jsonb,
      o ->> 'ip', o ->> 'userAgent', o ->> 'requestId' from auth_origin() as o`
  await addJob(tx, 'billing.admit', { accountId: id.toString() })
  await addJob(tx, 'abuse.note_sign_up', { accountId: id.toString() })
  return id
}

const insertNamed = async (tx: Sql, name: string, displayName: string) => {
  const [row] = await tx<{ id: bigint }[]>`insert into account (name, kind, display_name)
    values (${name}, 'user', ${displayName}) on conflict (name) do nothing returning id`
  if (!row) throw new DomainError('CONFLICT', `the name ${name} is taken; choose another`, { path: 'personalName' })
  return { id: row.id, name }
}

const insertFree = async (tx: Sql, wanted: string, displayName: string) => {
  const [taken] = await tx<{ count: number }[]>`
    select count(*)::int as count from account where name = ${wanted} or name like ${`${wanted}-%`}`
  // Closed accounts keep their names, so the count is a good first guess; the unique key decides.
  for (let n = taken?.count ? taken.count + 1 : 1; ; n += 1) {
    const name = nthName(wanted, n)
    const [row] = await tx<{ id: bigint }[]>`insert into account (name, kind, display_name)
      values (${name}, 'user', ${displayName}) on conflict (name) do nothing returning id`
    if (row) return { id: row.id, name }
  }
}
