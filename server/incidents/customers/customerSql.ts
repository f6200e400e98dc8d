import type { Sql } from '#db/client.ts'
import { affectedBy, hitBy, hostsUnder, type Affected } from '../affected.ts'

/** A person who answers for accounts: what of each account's is on the hosts concerned. */
export type Customer = { userId: string; email: string; accounts: Affected[] }

/**
 * Whom an update concerns as it is posted: whoever the incident hit by its record, and of what is only planned whoever has
 * containers on those hosts now.
 */
export const concerned = async (sql: Sql, incidentId: bigint, state: string, now: Date): Promise<Affected[]> => {
  if (state !== 'scheduled') return (await hitBy(sql, incidentId)).affected
  const [named] = await sql<{ hosts: number[] }[]>`select hosts from incident_update
    where incident_id = ${incidentId} and undone_at is null and cardinality(hosts) > 0 order by number desc limit 1`
  const parts = await sql<{ componentId: bigint }[]>`select component_id from incident_component
    where incident_id = ${incidentId}`
  const under = parts.map(({ componentId }) => componentId)
  return await affectedBy(sql, named?.hosts ?? (await hostsUnder(sql, under)), now)
}

/** Owners and admins of these accounts, by address: a person of several accounts is one. */
export const answerFor = async (sql: Sql, affected: readonly Affected[]): Promise<Customer[]> => {
  const ids = affected.map(({ accountId }) => String(accountId))
  const rows = await sql<{ userId: string; email: string; accountIds: string[] }[]>`
    select u.id as user_id, u.email, array_agg(m.account_id::text order by m.account_id) as account_ids
    from account_member m join auth_user u on u.id = m.user_id
    where m.account_id = any(${ids}::bigint[]) and m.role in ('owner', 'admin') group by 1, 2 order by 2`
  return rows.map(({ userId, email, accountIds }) => ({
    userId,
    email,
    accounts: affected.filter(({ accountId }) => accountIds.includes(String(accountId))),
  }))
}

/** Accounts that were told of an incident, or may have been, and by whom they are told: `user id/account id`. */
export const toldCustomers = async (
  sql: Sql,
  incidentId: bigint,
): Promise<{ accounts: Affected[]; pairs: Set<string> }> => {
  const rows = await sql<{ userId: string; accountId: bigint; account: string }[]>`
    select distinct substr(d.target, length('customer:') + 1) as user_id, a.id as account_id, a.name as account
    from delivery d, jsonb_array_elements_text(d.body -> 'accounts') k join account a on a.id = k::bigint
    where d.incident_id = ${incidentId} and d.recipient is not null
      and d.state not in ('skipped', 'superseded', 'permanent')`
  const accounts = new Map(rows.map(({ accountId, account }) => [accountId, { accountId, account, apps: [] }]))
  return {
    accounts: [...accounts.values()],
    pairs: new Set(rows.map(({ userId, accountId }) => `${userId}/${accountId}`)),
  }
}
