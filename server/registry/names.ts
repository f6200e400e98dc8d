import type { Sql } from '#db/client.ts'

/** A repository as the front knows it. */
export type Place = { repositoryId: bigint; accountId: bigint; path: string }

const MAX_AGE_MS = 3_000
const MOST_KEPT = 20_000

/** The repository of a name: its own, or the one that had the name before it was renamed. */
export const placeOf = async (sql: Sql, path: string): Promise<Place | undefined> => {
  const [row] = await sql<Place[]>`select r.id as repository_id, r.account_id, r.path from repository r
    where r.id = coalesce((select id from repository where path = ${path}),
      (select repository_id from repository_redirect where path = ${path}))`
  return row
}

/** `placeOf`, kept for a few seconds; a name without a repository is always asked for anew. */
export const keepPlaces = (sql: Sql) => {
  const kept = new Map<string, { place: Place; untilMs: number }>()
  return async (path: string, nowMs: number): Promise<Place | undefined> => {
    const known = kept.get(path)
    if (known && known.untilMs > nowMs) return known.place
    kept.delete(path)
    const place = await placeOf(sql, path)
    if (!place) return undefined
    kept.set(path, { place, untilMs: nowMs + MAX_AGE_MS })
    const [oldest] = kept.size > MOST_KEPT ? kept.keys() : []
    if (oldest !== undefined) kept.delete(oldest)
    return place
  }
}
