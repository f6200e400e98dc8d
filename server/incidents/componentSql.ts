import type { Sql } from '#db/client.ts'
import type { ComponentStatus } from './impact.ts'

export type PlacementView = {
  id: bigint
  componentId: bigint
  host: string | null
  cluster: string | null
  hostName: string | null
}

export type ComponentView = {
  id: bigint
  key: string
  name: string
  description: string
  region: string | null
  groupId: bigint | null
  group: string | null
  position: number
  status: ComponentStatus
  showUptime: boolean
  /** Hosts it stands on now. */
  hosts: number
  /** Accounts with containers running there now. */
  customers: number
  placements: PlacementView[]
}

/** Components in use, in the order they are shown, with what they stand on and how many customers are above it. */
export const listComponents = async (sql: Sql): Promise<ComponentView[]> => {
  const rows = await sql<Omit<ComponentView, 'placements'>[]>`
    with under as (
      select distinct p.component_id, h.id as host_id from component_placement p
        join host h on (p.host_id is null or h.id = p.host_id) and (p.cluster_id is null or h.cluster_id = p.cluster_id)
          and (p.host_name is null or h.name like replace(replace(replace(replace(p.host_name,
            '\\', '\\\\'), '_', '\\_'), '%', '\\%'), '*', '%'))
      where h.revoked_at is null),
    customers as (
      select u.component_id, count(distinct t.account_id)::int as n from under u
        join epoch e on e.host_id = u.host_id and e.kind = 'container' and e.ended_at is null
        join attribution t on t.host_id = e.host_id and t.epoch = e.epoch and t.until_hour = 2147483647
          and t.account_id is not null
      group by 1)
    select c.id, c.key, c.name, c.description, c.region, c.group_id, g.name as "group", c.position, c.status,
      c.show_uptime, (select count(*)::int from under u where u.component_id = c.id) as hosts,
      coalesce(k.n, 0) as customers
    from component c left join component_group g on g.id = c.group_id left join customers k on k.component_id = c.id
    where c.archived_at is null order by g.position nulls last, g.name, c.position, c.id`
  const placements = await sql<
    PlacementView[]
  >`select p.id, p.component_id, h.name as host, c.name as cluster, p.host_name
    from component_placement p left join host h on h.id = p.host_id left join cluster c on c.id = p.cluster_id order by p.id`
  return rows.map((row) => ({ ...row, placements: placements.filter(({ componentId }) => componentId === row.id) }))
}

/** Headings of the status page, in order. */
export const listGroups = async (sql: Sql): Promise<{ id: bigint; name: string; position: number }[]> => [
  ...(await sql<{ id: bigint; name: string; position: number }[]>`
    select id, name, position from component_group order by position, name`),
]
