import type { Sql } from '#db/client.ts'
import type { Context } from '../context.ts'
import { hourOf } from '../time.ts'
import type { DraftContent } from './draft.ts'
import { isOver } from './state.ts'

/** Whose apps have containers somewhere: an account, its apps, how many containers each has there. */
export type Affected = { accountId: bigint; account: string; apps: { app: string; containers: number }[] }

type Row = { accountId: bigint; account: string; app: string; containers: number }

const grouped = (rows: readonly Row[]): Affected[] => {
  const found = new Map<bigint, Affected>()
  for (const { accountId, account, app, containers } of rows) {
    const one = found.get(accountId) ?? { accountId, account, apps: [] }
    one.apps.push({ app, containers })
    found.set(accountId, one)
  }
  return [...found.values()]
}

/** The accounts and apps that had containers running on any of the hosts at that instant. */
export const affectedBy = async (sql: Sql, hostIds: readonly number[], at: Date): Promise<Affected[]> => {
  if (hostIds.length === 0) return []
  const rows = await sql<Row[]>`
    select a.id as account_id, a.name as account, t.app, count(*)::int as containers
    from epoch e join attribution t on t.host_id = e.host_id and t.epoch = e.epoch
        and t.from_hour <= ${hourOf(at)} and t.until_hour > ${hourOf(at)}
      join account a on a.id = t.account_id
    where e.host_id = any(${[...hostIds]}::int[]) and e.kind = 'container' and e.opened_at <= ${at}
      and (e.ended_at is null or e.ended_at > ${at})
    group by 1, 2, 3 order by 2, 3`
  return grouped(rows)
}

/** The hosts that components stand on: by hand, by cluster, by name with `*` for any run of characters. */
export const hostsUnder = async (sql: Sql, componentIds: readonly bigint[]): Promise<number[]> => {
  if (componentIds.length === 0) return []
  const rows = await sql<{ id: number }[]>`
    select distinct h.id from component_placement p join host h on (p.host_id is null or h.id = p.host_id)
        and (p.cluster_id is null or h.cluster_id = p.cluster_id)
        and (p.host_name is null or h.name like replace(replace(replace(replace(p.host_name,
          '\\', '\\\\'), '_', '\\_'), '%', '\\%'), '*', '%'))
    where p.component_id = any(${componentIds.map(String)}::bigint[]) and h.revoked_at is null order by 1`
  return rows.map(({ id }) => id)
}

/** The components that stand on any of the hosts, in the order they are shown. */
export const componentsOn = async (sql: Sql, hostIds: readonly number[]): Promise<{ id: bigint; name: string }[]> => {
  if (hostIds.length === 0) return []
  return await sql<{ id: bigint; name: string }[]>`
    select c.id, c.name from component c where c.archived_at is null and exists (
      select 1 from component_placement p join host h on (p.host_id is null or h.id = p.host_id)
        and (p.cluster_id is null or h.cluster_id = p.cluster_id)
        and (p.host_name is null or h.name like replace(replace(replace(replace(p.host_name,
          '\\', '\\\\'), '_', '\\_'), '%', '\\%'), '*', '%'))
      where p.component_id = c.id and h.id = any(${[...hostIds]}::int[]))
    order by c.position, c.id`
}

/** Whom an incident hit by its record, and the hosts that were out. */
export const hitBy = async (sql: Sql, incidentId: bigint): Promise<{ affected: Affected[]; hosts: number[] }> => {
  const rows = await sql<Row[]>`select a.id as account_id, a.name as account, o.app, o.containers
    from incident_account o join account a on a.id = o.account_id
    where o.incident_id = ${incidentId} and (o.until_at is null or o.until_at > o.from_at) order by 2, 3`
  const hosts = await sql<{ hostId: number }[]>`select host_id from incident_host
    where incident_id = ${incidentId} and (until_at is null or until_at > from_at) order by 1`
  return { affected: grouped(rows), hosts: hosts.map(({ hostId }) => hostId) }
}

/**
 * Whom an update that is being written touches. Hosts not named are those under the components; of what is over it is whom
 * the incident hit.
 */
export const touched = async (
  { sql, now }: Pick<Context, 'sql' | 'now'>,
  of: Pick<DraftContent, 'state' | 'components' | 'hosts'>,
  incidentId?: bigint,
): Promise<{ hosts: readonly number[]; found: Affected[] }> => {
  const parts = of.components.filter(({ status }) => status !== 'operational')
  const under = parts.map(({ componentId }) => BigInt(componentId))
  const named = of.hosts.length > 0 ? of.hosts : await hostsUnder(sql, under)
  const hit =
    incidentId !== undefined && (isOver(of.state) || named.length === 0) ? await hitBy(sql, incidentId) : undefined
  const hosts = hit && hit.hosts.length > 0 ? hit.hosts : named
  return { hosts, found: hit && hit.affected.length > 0 ? hit.affected : await affectedBy(sql, hosts, now) }
}
