import type { Sql } from '#db/client.ts'
import { HOUR_MS } from '../time.ts'

export type ReconciliationRow = {
  id: bigint
  source: 'storage' | 'api'
  startedAt: Date
  finishedAt: Date | null
  startedBy: string
  repositories: number
  manifests: number
  blobs: number | null
  physicalBytes: bigint | null
  found: number
  gone: number
  differences: { path: string; found: number; gone: number }[]
  error: string | null
}

export const reconciliations = async (sql: Sql, limit: number): Promise<ReconciliationRow[]> =>
  await sql<ReconciliationRow[]>`select id, source, started_at, finished_at, started_by, repositories, manifests, blobs,
    physical_bytes, found, gone, differences, error from registry_reconciliation order by id desc limit ${limit}`

export type CollectionRow = {
  id: bigint
  startedAt: Date
  finishedAt: Date | null
  startedBy: string
  state: 'running' | 'done' | 'failed'
  freedBytes: bigint
  freedBlobs: number
  tagsWhole: number
  tagsBroken: string[]
  stoppedMs: number
  error: string | null
}

export const collections = async (sql: Sql, limit: number): Promise<CollectionRow[]> =>
  await sql<
    CollectionRow[]
  >`select id, started_at, finished_at, started_by, state, freed_bytes, freed_blobs, tags_whole,
    tags_broken, stopped_ms, error from registry_collection order by id desc limit ${limit}`

/** What passed the front since an hour, and what notifications said of the same time. */
export type CrossCheck = {
  manifestsSent: bigint
  manifestsTaken: bigint
  eventsSent: bigint
  eventsTaken: bigint
  pulls: bigint
  pushes: bigint
  egressBytes: bigint
}

export const crossCheck = async (sql: Sql, fromHour: number): Promise<CrossCheck> => {
  const [row] = await sql<CrossCheck[]>`select coalesce(sum(manifests_sent), 0)::bigint as manifests_sent,
    coalesce(sum(manifests_taken), 0)::bigint as manifests_taken, coalesce(sum(events_sent), 0)::bigint as events_sent,
    coalesce(sum(events_taken), 0)::bigint as events_taken, coalesce(sum(pulls), 0)::bigint as pulls,
    coalesce(sum(pushes), 0)::bigint as pushes, coalesce(sum(egress_bytes), 0)::bigint as egress_bytes
    from registry_hour where hour >= ${fromHour}`
  return row!
}

/** How many notifications came in the last day, when the newest did, and how late those of the last hour were, in ms. */
export const eventFlow = async (
  sql: Sql,
  now: Date,
): Promise<{ count: number; newestAt: Date | null; lagMs: number | null }> => {
  const [row] = await sql<{ count: number; newestAt: Date | null; lagMs: number | null }[]>`
    select count(*)::int as count, max(received_at) as newest_at,
      (percentile_cont(0.95) within group (order by extract(epoch from received_at - at) * 1000)
        filter (where received_at > ${new Date(now.getTime() - HOUR_MS)}))::float8 as lag_ms
    from registry_event where received_at > ${new Date(now.getTime() - 24 * HOUR_MS)}`
  return row!
}

export type Totals = { repositories: number; tags: number; accounts: number; logicalBytes: bigint }

/** Everything the record holds. `logicalBytes` is the sum over accounts: what two share counts for both. */
export const totals = async (sql: Sql): Promise<Totals> => {
  const [row] = await sql<Totals[]>`select (select count(*)::int from repository) as repositories,
    (select count(*)::int from repository_tag) as tags,
    (select count(*)::int from registry_account where size_bytes > 0) as accounts,
    (select coalesce(sum(size_bytes), 0)::bigint from registry_account) as logical_bytes`
  return row!
}

export type HourRow = { hour: number; pulls: bigint; pushes: bigint; egressBytes: bigint; ingressBytes: bigint }

/** What passed the front, by hour. */
export const trafficHours = async (sql: Sql, fromHour: number): Promise<HourRow[]> =>
  await sql<HourRow[]>`select hour, sum(pulls)::bigint as pulls, sum(pushes)::bigint as pushes,
    sum(egress_bytes)::bigint as egress_bytes, sum(ingress_bytes)::bigint as ingress_bytes
    from registry_hour where hour >= ${fromHour} group by 1 order by 1`

/** Accounts that store most. */
export const largestAccounts = async (
  sql: Sql,
  limit: number,
): Promise<{ name: string; sizeBytes: bigint; repositories: number }[]> =>
  await sql<{ name: string; sizeBytes: bigint; repositories: number }[]>`
    select a.name, s.size_bytes, (select count(*)::int from repository r where r.account_id = a.id) as repositories
    from registry_account s join account a on a.id = s.account_id where s.size_bytes > 0
    order by s.size_bytes desc, a.name limit ${limit}`

/** How far the front has reported, as the host it is; and since when tokens are signed with the present key. */
export const frontState = async (
  sql: Sql,
  now: Date,
): Promise<{
  hostId: number | null
  seq: bigint | null
  reportedAt: Date | null
  keySince: Date | null
  keyNext: Date | null
}> => {
  const [row] = await sql<
    {
      hostId: number | null
      seq: bigint | null
      reportedAt: Date | null
      keySince: Date | null
      keyNext: Date | null
    }[]
  >`
    select f.host_id, f.seq, f.reported_at,
      (select max(signs_from) from registry_key where signs_from <= ${now}) as key_since,
      (select min(signs_from) from registry_key where signs_from > ${now}) as key_next
    from (select 1) one left join lateral (select * from registry_front order by id limit 1) f on true`
  return row!
}
