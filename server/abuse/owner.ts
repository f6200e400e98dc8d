import type { Sql } from '#db/client.ts'
import { FOREVER_HOUR } from '../time.ts'

/** Whose a container is. `account` is null for a label value that no account has, and for containers without label. */
export type Owner = { owner: string; accountId: bigint | null; app: string }

/** Containers without any account label: they are judged and stopped, and strikes stay with their app. */
export const NOBODY = '(none)'

const LABEL_MOST = 200

/** What the agent says of a container, for one whose epoch no report has declared. */
export type Claimed = { hostId: number; epoch: number; account: string | null; app: string | null; name: string }

/**
 * Whose the epoch is, as it is attributed; an unknown label value stands for itself. Undefined while no report has declared
 * the epoch, unless `undeclared`: then the labels that the finding carries count where the cluster believes labels.
 */
export const ownerOf = async (
  sql: Sql,
  env: { WHARF_LABEL_ACCOUNT: string },
  claimed: Claimed,
  undeclared: boolean,
): Promise<Owner | undefined> => {
  const { hostId, epoch } = claimed
  const [row] = await sql<
    {
      accountId: bigint | null
      account: string | null
      app: string | null
      label: string | null
      trust: string
      declared: boolean
      name: string | null
    }[]
  >`
    select t.account_id, coalesce(a.name, tenant.name) as account, t.app, e.labels ->> ${env.WHARF_LABEL_ACCOUNT} as label,
      c.label_trust as trust, e.epoch is not null as declared, e.name
    from host h join cluster c on c.id = h.cluster_id
    left join account tenant on tenant.id = c.tenant_account_id
    left join epoch e on e.host_id = h.id and e.epoch = ${epoch}
    left join attribution t on t.host_id = e.host_id and t.epoch = e.epoch and t.until_hour = ${FOREVER_HOUR}
    left join account a on a.id = t.account_id
    where h.id = ${hostId}`
  if (!row) return undefined
  if (row.declared && row.accountId !== null && row.account !== null) {
    return { owner: row.account, accountId: row.accountId, app: row.app ?? claimed.name }
  }
  if (!row.declared && !undeclared) return undefined
  const label = row.declared ? row.label : claimed.account
  const app = (row.declared ? row.app : claimed.app) ?? claimed.name
  // Where tenants write labels themselves, a name that is not signed says nothing.
  const believed = row.trust === 'platform' && label ? label.slice(0, LABEL_MOST) : NOBODY
  const [known] = row.declared
    ? []
    : await sql<{ id: bigint }[]>`select id from account where name = ${believed} and closed_at is null`
  return { owner: believed, accountId: known?.id ?? null, app }
}

export type Container = {
  hostId: number
  epoch: number
  containerId: string
  name: string
  running: boolean
  /** Stopped for abuse, by its host or by us; not by its owner. */
  stopped: boolean
}

/**
 * The containers of an app as they were last seen, the newest life each, on hosts that are not revoked; those that were
 * removed since are left out. One that its host stopped does not run, also before the report of its end came.
 */
export const containersOf = async (
  sql: Sql,
  env: { WHARF_LABEL_ACCOUNT: string },
  { owner, accountId, app }: Owner,
): Promise<Container[]> => {
  const rows = await sql<(Omit<Container, 'epoch'> & { epoch: bigint })[]>`
    with mine as (
      select t.host_id, t.epoch from attribution t
      where t.account_id = ${accountId} and t.app = ${app} and t.until_hour = ${FOREVER_HOUR}
      union
      select s.host_id, s.epoch from abuse_sighting s where s.owner = ${owner} and s.app = ${app}
      union
      select e.host_id, e.epoch from epoch e
        join attribution t on t.host_id = e.host_id and t.epoch = e.epoch and t.until_hour = ${FOREVER_HOUR}
        where ${accountId}::bigint is null and e.ended_at is null and e.kind = 'container'
          and t.account_id is null and t.app = ${app} and e.labels ->> ${env.WHARF_LABEL_ACCOUNT} = ${owner}
    )
    select distinct on (e.host_id, e.object_id) e.host_id, e.epoch, e.object_id as container_id, e.name,
      e.ended_at is null and not exists (select from abuse_sighting s where s.host_id = e.host_id and s.epoch = e.epoch
        and s.action = 'stopped') as running,
      exists (select from abuse_sighting s where s.host_id = e.host_id and s.epoch = e.epoch and s.action = 'stopped')
        or exists (select from command k where k.host_id = e.host_id and k.epoch = e.epoch and k.kind = 'stop'
          and k.key like 'abuse:%') as stopped
    from (select distinct k.host_id, k.object_id from mine join epoch k on k.host_id = mine.host_id
      and k.epoch = mine.epoch and k.kind = 'container') c
    join epoch e on e.host_id = c.host_id and e.container_id = c.object_id and e.object_id = c.object_id
      and e.kind = 'container'
    join host h on h.id = e.host_id and h.revoked_at is null
    where not exists (select from epoch l where l.host_id = e.host_id and l.container_id = c.object_id and l.kind = 'layer')
      or exists (select from epoch l where l.host_id = e.host_id and l.container_id = c.object_id and l.kind = 'layer'
        and l.ended_at is null)
    order by e.host_id, e.object_id, e.opened_at desc`
  return rows.map((row) => ({ ...row, epoch: Number(row.epoch) }))
}
