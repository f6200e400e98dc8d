import type { Pool, Tx } from '#db/client.ts'
import { log } from '../log.ts'
import { hourOf } from '../time.ts'
import type { Place } from './names.ts'
import { lockAccounts } from './sizes.ts'

/** What passed the front for one repository since the last flush. */
type Counts = {
  pulls: number
  pushes: number
  egressBytes: number
  ingressBytes: number
  manifestsSent: number
  manifestsTaken: number
}
export type Count = keyof Counts
type Row = Counts & { accountId: bigint; repositoryId: bigint; hour: number; tags: Map<string, number> }

const FLUSH_MS = 1_000
const NOTHING: Counts = { pulls: 0, pushes: 0, egressBytes: 0, ingressBytes: 0, manifestsSent: 0, manifestsTaken: 0 }

/** Counts what passes, in memory, and adds it to the store every second in one short transaction. */
export type Traffic = {
  add(place: Place, count: Count, amount: number): void
  /** A pull of a repository, by the tag where it was one. */
  pull(place: Place, tag: string | undefined): void
  flush(): Promise<void>
  close(): Promise<void>
}

export const countTraffic = (sql: Pool, clock: () => Date = () => new Date()): Traffic => {
  let rows = new Map<string, Row>()
  let flushing: Promise<void> | undefined

  const rowOf = (place: Place): Row => {
    const hour = hourOf(clock().getTime())
    const key = `${place.accountId} ${place.repositoryId} ${hour}`
    const known = rows.get(key)
    if (known) return known
    const { accountId, repositoryId } = place
    const made: Row = { ...NOTHING, accountId, repositoryId, hour, tags: new Map() }
    rows.set(key, made)
    return made
  }

  const giveBack = (lost: Map<string, Row>) => {
    for (const [key, row] of lost) {
      const now = rows.get(key)
      if (!now) {
        rows.set(key, row)
        continue
      }
      for (const count of Object.keys(NOTHING) as Count[]) now[count] += row[count]
      for (const [tag, pulls] of row.tags) now.tags.set(tag, (now.tags.get(tag) ?? 0) + pulls)
    }
  }

  const store = async () => {
    if (rows.size === 0) return
    const taken = rows
    rows = new Map()
    try {
      await sql.begin((tx) => addTraffic(tx, [...taken.values()], clock()))
    } catch (error) {
      giveBack(taken)
      log.warn({ err: error }, 'traffic of the registry was not stored; it is tried again')
    }
  }
  /** One flush at a time, so that rows are taken in order. */
  const flush = async () => {
    await flushing
    flushing = store()
    await flushing
  }
  const timer = setInterval(() => void flush(), FLUSH_MS)
  timer.unref()

  return {
    add(place, count, amount) {
      if (amount > 0) rowOf(place)[count] += amount
    },
    pull(place, tag) {
      const row = rowOf(place)
      row.pulls++
      if (tag !== undefined) row.tags.set(tag, (row.tags.get(tag) ?? 0) + 1)
    },
    flush,
    async close() {
      clearInterval(timer)
      await flush()
    },
  }
}

/** Adds counts to hours, days, repositories, tags and the accounts' meters; rows in one order, so that flushes never meet crosswise. */
export const addTraffic = async (tx: Tx, rows: readonly Row[], now: Date): Promise<void> => {
  const ordered = rows.toSorted((a, b) => Number(a.accountId - b.accountId) || Number(a.repositoryId - b.repositoryId))
  await lockAccounts(
    tx,
    ordered.map(({ accountId }) => accountId),
  )
  const text = JSON.stringify(
    ordered.map(({ accountId, repositoryId, tags: _, ...counts }) => ({
      account: String(accountId),
      repository: String(repositoryId),
      ...counts,
    })),
  )
  const given = tx`json_to_recordset(${text}::text::json) as x (account bigint, repository bigint, hour int, pulls bigint,
    pushes bigint, "egressBytes" bigint, "ingressBytes" bigint, "manifestsSent" bigint, "manifestsTaken" bigint)`
  await tx`insert into registry_meter as m (account_id, opened_at, integrated_at, egress_bytes, ingress_bytes, pulls, pushes)
    select x.account, ${now}::timestamptz, ${now}::timestamptz, sum(x."egressBytes"), sum(x."ingressBytes"), sum(x.pulls), sum(x.pushes)
    from ${given} group by 1 order by 1
    on conflict (account_id) do update set egress_bytes = m.egress_bytes + excluded.egress_bytes,
      ingress_bytes = m.ingress_bytes + excluded.ingress_bytes, pulls = m.pulls + excluded.pulls,
      pushes = m.pushes + excluded.pushes`
  await tx`insert into registry_hour as h (account_id, repository_id, hour, pulls, pushes, egress_bytes, ingress_bytes,
      manifests_sent, manifests_taken)
    select x.account, x.repository, x.hour, x.pulls, x.pushes, x."egressBytes", x."ingressBytes", x."manifestsSent",
      x."manifestsTaken" from ${given}
    on conflict (account_id, repository_id, hour) do update set pulls = h.pulls + excluded.pulls,
      pushes = h.pushes + excluded.pushes, egress_bytes = h.egress_bytes + excluded.egress_bytes,
      ingress_bytes = h.ingress_bytes + excluded.ingress_bytes, manifests_sent = h.manifests_sent + excluded.manifests_sent,
      manifests_taken = h.manifests_taken + excluded.manifests_taken`
  await tx`insert into registry_day as d (account_id, repository_id, day, pulls, pushes, egress_bytes, size_bytes)
    select x.account, x.repository, to_timestamp(x.hour * 3600::bigint) at time zone 'UTC', sum(x.pulls), sum(x.pushes),
      sum(x."egressBytes"), coalesce(max(r.size_bytes), 0)
    from ${given} left join repository r on r.id = x.repository group by 1, 2, 3 order by 1, 2, 3
    on conflict (account_id, repository_id, day) do update set pulls = d.pulls + excluded.pulls,
      pushes = d.pushes + excluded.pushes, egress_bytes = d.egress_bytes + excluded.egress_bytes,
      size_bytes = excluded.size_bytes`
  await tx`update repository r set pulls = r.pulls + y.pulls, pulled_at = ${now}
    from (select x.repository, sum(x.pulls) as pulls from ${given} group by 1) y
    where r.id = y.repository and y.pulls > 0`
  const tags = ordered.flatMap(({ repositoryId, tags }) =>
    [...tags].map(([tag, pulls]) => ({ repository: String(repositoryId), tag, pulls })),
  )
  if (tags.length === 0) return
  await tx`update repository_tag t set pulls = t.pulls + y.pulls, pulled_at = ${now}
    from json_to_recordset(${JSON.stringify(tags)}::text::json) as y (repository bigint, tag text, pulls bigint)
    where t.repository_id = y.repository and t.name = y.tag`
}
