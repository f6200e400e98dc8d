import type { Sql } from '#db/client.ts'
import type { StatusSpan } from '../standing.ts'
import { incidentName } from '../state.ts'
import type { DeliveryCount, Outage, Promised, Recorded } from './analyse.ts'

/** What counts as an outage: told of, not wholly taken back, no drill, no maintenance. */
const isOutage = (sql: Sql) => sql`
  i.kind = 'incident' and not i.is_drill and exists (select 1 from incident_update u where u.incident_id = i.id
    and u.kind = 'update' and u.undone_at is null and not exists (select 1 from incident_update r
      where r.about_id = u.id and r.kind = 'retraction' and r.undone_at is null))`

const readOutages = async (sql: Sql, from: Date, until: Date): Promise<Outage[]> => {
  const rows = await sql<Omit<Outage, 'incident'>[]>`
    select i.id, i.title, i.impact, i.started_at, i.detected_at, i.acknowledged_at, i.resolved_at,
      (select min(u.created_at) from incident_update u where u.incident_id = i.id and u.undone_at is null
        and exists (select 1 from delivery d where d.update_id = u.id)) as first_update_at
    from incident i where ${isOutage(sql)} and i.started_at >= ${from} and i.started_at < ${until}
    order by i.started_at desc, i.id desc`
  return rows.map((row) => ({ ...row, incident: incidentName(row.id) }))
}

const readComponents = async (sql: Sql, from: Date, until: Date): Promise<Recorded['components']> => {
  const components = await sql<{ id: bigint; name: string }[]>`
    select id, name || coalesce(', ' || region, '') as name from component
    where archived_at is null or archived_at > ${from} order by position, id`
  const spans = await sql<(StatusSpan & { componentId: bigint })[]>`
    select component_id, status, from_at, until_at, incident_id from component_status
    where from_at < ${until} and (until_at is null or until_at > ${from}) order by component_id, from_at`
  const own = Map.groupBy(spans, ({ componentId }) => componentId)
  return components.map((component) => ({ ...component, spans: own.get(component.id) ?? [] }))
}

/** Of each promise made in the window the next thing that was said, undone words left out. */
const readPromises = async (sql: Sql, from: Date, until: Date): Promise<Promised[]> => [
  ...(await sql<Promised[]>`
    select u.incident_id, u.display_at + u.next_update_minutes * interval '1 minute' as due_at,
      (select min(n.created_at) from incident_update n where n.incident_id = u.incident_id and n.number > u.number
        and n.undone_at is null) as next_at
    from incident_update u join incident i on i.id = u.incident_id
    where u.next_update_minutes is not null and u.undone_at is null and u.kind <> 'retraction' and not i.is_drill
      and u.created_at >= ${from} and u.created_at < ${until}
      and exists (select 1 from delivery d where d.update_id = u.id)`),
]

const readDeliveries = async (sql: Sql, from: Date, until: Date): Promise<DeliveryCount[]> => [
  ...(await sql<DeliveryCount[]>`
    select coalesce(c.kind, s.kind, case when d.recipient is not null then 'email' end, d.target) as kind,
      coalesce(c.name, 'Subscribers by ' || s.kind, case when d.recipient is not null then 'Mails to customers' end,
        initcap(d.target)) as name, d.state, count(*)::int as count,
      coalesce(array_agg(greatest(0, extract(epoch from d.accepted_at - u.send_after) * 1000)::float8)
        filter (where d.state = 'delivered' and d.accepted_at is not null), '{}') as accepted_ms
    from delivery d join incident_update u on u.id = d.update_id join incident i on i.id = d.incident_id
      left join channel c on c.id = d.channel_id left join subscriber s on s.id = d.subscriber_id
    where not i.is_drill and u.undone_at is null and d.created_at >= ${from} and d.created_at < ${until}
    group by coalesce(c.position, 1000000), 1, 2, 3 order by coalesce(c.position, 1000000), 1, 2, 3`),
]

/** Everything the record holds of `[from, until)`. */
export const readRecorded = async (sql: Sql, from: Date, until: Date): Promise<Recorded> => ({
  outages: await readOutages(sql, from, until),
  components: await readComponents(sql, from, until),
  hosts: await sql<Recorded['hosts'][number][]>`
    select o.incident_id, h.name as host, o.from_at, o.until_at from incident_host o join host h on h.id = o.host_id
      join incident i on i.id = o.incident_id
    where ${isOutage(sql)} and o.from_at < ${until} and (o.until_at is null or o.until_at > ${from})`,
  customers: await sql<Recorded['customers'][number][]>`
    select o.incident_id, o.account_id, o.from_at, o.until_at from incident_account o
      join incident i on i.id = o.incident_id
    where ${isOutage(sql)} and o.from_at < ${until} and (o.until_at is null or o.until_at > ${from})`,
  promises: await readPromises(sql, from, until),
  deliveries: await readDeliveries(sql, from, until),
})
