import type { Sql } from '#db/client.ts'
import type { SubscriberKind } from './address.ts'

export type SubscriberState = 'told' | 'asked' | 'quarantined' | 'left'

export type SubscriberView = {
  id: bigint
  kind: SubscriberKind
  address: string
  /** Names of components; null is all. */
  components: string[] | null
  state: SubscriberState
  reason: string | null
  createdBy: string
  createdAt: Date
  confirmedAt: Date | null
  lastTold: Date | null
}

const state = (sql: Sql) => sql`case when s.unsubscribed_at is not null then 'left'
  when s.quarantined_at is not null then 'quarantined' when s.confirmed_at is null then 'asked' else 'told' end`

export type SubscriberFilter = {
  search: string
  kind: SubscriberKind | null
  state: SubscriberState | null
  page: number
}
export const PAGE_ROWS = 50

/** Subscribers as operators see them, newest first; never a secret. `total` counts all the filter finds. */
export const listSubscribers = async (
  sql: Sql,
  { search, kind, state: of, page }: SubscriberFilter,
): Promise<{ rows: SubscriberView[]; total: number }> => {
  const where = sql`(${kind}::text is null or s.kind = ${kind}) and (${search} = '' or strpos(lower(s.address), lower(${search})) > 0)
    and case when ${of}::text is null then s.unsubscribed_at is null else ${state(sql)} = ${of} end`
  const rows = await sql<SubscriberView[]>`select s.id, s.kind, s.address, ${state(sql)} as state,
      s.quarantine_reason as reason, s.created_by, s.created_at, s.confirmed_at,
      (select array_agg(c.name order by c.position, c.id) from component c where c.key = any(s.components)) as components,
      (select max(accepted_at) from delivery d where d.target = 'subscriber:' || s.id) as last_told
    from subscriber s where ${where} order by s.id desc limit ${PAGE_ROWS} offset ${(page - 1) * PAGE_ROWS}`
  const [count] = await sql<{ total: number }[]>`select count(*)::int as total from subscriber s where ${where}`
  return { rows: [...rows], total: count!.total }
}

/** How many subscribers there are, by kind and how they stand. */
export const countSubscribers = async (
  sql: Sql,
): Promise<{ kind: SubscriberKind; state: SubscriberState; count: number }[]> =>
  await sql`select s.kind, ${state(sql)} as state, count(*)::int as count from subscriber s group by 1, 2 order by 1, 2`

/** A subscription as its own page shows it; undefined where they left or never were. */
export const readSubscription = async (
  sql: Sql,
  id: bigint,
): Promise<{ kind: SubscriberKind; address: string; components: string[] | null; isTold: boolean } | undefined> => {
  const [row] = await sql<
    { kind: SubscriberKind; address: string; components: string[] | null; isTold: boolean }[]
  >`select kind, address, components, confirmed_at is not null and quarantined_at is null as is_told from subscriber
    where id = ${id} and unsubscribed_at is null`
  return row
}

/** Components that can be chosen. */
export const choices = async (sql: Sql): Promise<{ key: string; name: string; region: string | null }[]> =>
  await sql`select c.key, c.name, c.region from component c where c.archived_at is null order by c.position, c.id`

export type Reached = Record<SubscriberKind, number>

/** How many subscribers an update about these components would be told to. */
export const countReached = async (sql: Sql, incidentId: bigint, componentIds: readonly string[]): Promise<Reached> => {
  const rows = await sql<{ kind: SubscriberKind; count: number }[]>`
    select s.kind, count(*)::int as count from subscriber s
    where s.confirmed_at is not null and s.unsubscribed_at is null and s.quarantined_at is null
      and (s.components is null
        or s.components && array(select key from component where id = any(${[...componentIds]}::bigint[])
          union select c.key from incident_component i join component c on c.id = i.component_id
          where i.incident_id = ${incidentId}))
    group by 1`
  const of = (kind: SubscriberKind) => rows.find((row) => row.kind === kind)?.count ?? 0
  return { email: of('email'), webhook: of('webhook'), slack: of('slack') }
}
