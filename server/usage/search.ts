import type { Sql } from '#db/client.ts'
import { seesAll, type Reach } from './reach.ts'

export type Found = { kind: 'host' | 'container' | 'account' | 'app'; title: string; detail: string; href: string }

const EACH = 6

/**
 * What a text of the palette finds among what the asker may see: names that begin with it before names that hold it,
 * containers by name or the start of their id too. Operators find hosts and every account; others what is theirs.
 */
export const find = async (sql: Sql, reach: Reach, text: string): Promise<Found[]> => {
  const wanted = text.trim().replaceAll(/[\\%_]/g, '\\$&')
  if (wanted.length < 2) return []
  const inside = `%${wanted}%`
  const start = `${wanted}%`
  const all = seesAll(reach)
  const mine = sql`(${all} or a.id in (select account_id from account_member where user_id = ${reach.userId}))
    and (${reach.accountId}::bigint is null or a.id = ${reach.accountId})`
  const accounts = sql<Found[]>`
    select 'account' as kind, a.name as title, a.display_name as detail, '/' || a.name as href from account a
    where a.closed_at is null and ${mine} and (a.name ilike ${inside} or a.display_name ilike ${inside})
    order by a.name not ilike ${start}, length(a.name), a.name limit ${EACH}`
  const apps = sql<(Found & { account: string })[]>`
    select 'app' as kind, p.name as title, a.name as detail, a.name as account, '' as href from app p join account a on a.id = p.account_id
    where a.closed_at is null and ${mine} and p.name ilike ${inside}
    order by p.name not ilike ${start}, length(p.name), p.name limit ${EACH}`
  const hosts = all
    ? sql<Found[]>`
      select 'host' as kind, h.name as title, c.name as detail, '/ops/hosts/' || h.id as href from host h join cluster c on c.id = h.cluster_id
      where h.revoked_at is null and h.name ilike ${inside} order by h.name not ilike ${start}, length(h.name), h.name limit ${EACH}`
    : Promise.resolve<Found[]>([])
  const containers = sql<
    (Found & { account: string | null; app: string; hostId: number; containerId: string; epoch: bigint })[]
  >`
    select 'container' as kind, e.name as title, coalesce(a.name || '/' || t.app, 'unattributed') || ' on ' || h.name as detail, '' as href,
      a.name as account, t.app, e.host_id, e.container_id, e.epoch
    from epoch e join host h on h.id = e.host_id and h.revoked_at is null
    join attribution t on t.host_id = e.host_id and t.epoch = e.epoch and t.until_hour = 2147483647
    left join account a on a.id = t.account_id
    where e.kind = 'container' and e.ended_at is null and (e.name ilike ${inside} or e.container_id like ${start})
      and (${all} or (a.id is not null and ${mine}))
    order by e.name not ilike ${start}, length(e.name), e.name limit ${EACH}`
  const found = await Promise.all([hosts, accounts, apps, containers])
  return [
    ...found[0],
    ...found[1],
    ...found[2].map(({ account, ...f }) => ({ ...f, href: `/${account}/apps/${encodeURIComponent(f.title)}` })),
    ...found[3].map(({ account, app, hostId, containerId, epoch, ...f }) => ({
      ...f,
      href:
        all || account === null
          ? `/ops/hosts/${hostId}/containers/${epoch}`
          : `/${account}/apps/${encodeURIComponent(app)}/${hostId}-${containerId}`,
    })),
  ]
}
