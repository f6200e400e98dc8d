import type { Pool, Sql } from '#db/client.ts'

export type FoundRepository = {
  id: bigint
  path: string
  description: string
  official: boolean
  visibility: 'public' | 'private'
  pulls: bigint
  stars: number
  pushedAt: Date | null
}

/** Of what fits, so many of the most popular are ranked: a common word fits a third of all, and nobody pages past these. */
const MOST_RANKED = 200
/** What a name must share with what was typed to be what was meant; two letters swapped in eight leave about 0.5. */
const LIKENESS = 0.42

/** The words of a query for full-text search, each as a prefix: `Post-gr` is `'post':* & 'gr':*`. */
export const queryOf = (text: string): string =>
  (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [])
    .slice(0, 8)
    .map((word) => `'${word.slice(0, 40)}':*`)
    .join(' & ')

/**
 * Public repositories that fit what was typed, best first: by words of name and description, else by names that are
 * nearly it. The logarithm of pulls and stars weighs beside the fit, and an official image before others of its name.
 * Without words: the most popular.
 */
export const searchRepositories = async (
  sql: Pool,
  asked: { text: string; official?: boolean | undefined; offset: number; limit: number },
): Promise<FoundRepository[]> => {
  const words = queryOf(asked.text)
  const of = { ...asked, text: asked.text.trim().toLowerCase().slice(0, 100), official: asked.official ?? false }
  if (words === '') return await popular(sql, of)
  const found = await byWords(sql, words, of)
  if (found.length > 0 || of.offset > 0) return found
  return await sql.begin(async (tx) => {
    await tx`select set_config('pg_trgm.word_similarity_threshold', ${String(LIKENESS)}, true)`
    return await byLikeness(tx, of)
  })
}

type Asked = { text: string; official: boolean; offset: number; limit: number }

const columns = (sql: Sql) => sql`id, path, name, description, official, visibility, pulls, stars, pushed_at`
const open = (sql: Sql, official: boolean) =>
  official
    ? sql`visibility = 'public' and delete_at is null and official`
    : sql`visibility = 'public' and delete_at is null`

const popular = (sql: Sql, { official, offset, limit }: Asked) => sql<FoundRepository[]>`
  select ${columns(sql)} from repository where ${open(sql, official)}
  order by pulls + 20 * stars desc, id limit ${limit} offset ${offset}`

const byWords = (sql: Sql, words: string, { text, official, offset, limit }: Asked) => sql<FoundRepository[]>`
  with asked as materialized (select to_tsquery('simple', ${words}) || to_tsquery('english', ${words}) as words),
  matches as materialized (
    (select ${columns(sql)}, search from repository
      where search @@ (to_tsquery('simple', ${words}) || to_tsquery('english', ${words})) and ${open(sql, official)}
      order by pulls + 20 * stars desc, id limit ${MOST_RANKED})
    union all
    (select ${columns(sql)}, search from repository
      where path in (${text}, ${`library/${text}`}) and ${open(sql, official)})
  )
  select distinct on (fit, id) ${columns(sql)} from matches, lateral (
    select - (ts_rank(search, asked.words) * 4 + ln(1 + pulls + 20 * stars) / 4
      + case when name = ${text} or path = ${text} then 4 else 0 end + case when official then 2 else 0 end) as fit
    from asked) ranked
  order by fit, id limit ${limit} offset ${offset}`

const byLikeness = (sql: Sql, { text, official, limit }: Asked) => sql<FoundRepository[]>`
  with near as materialized (
    select ${columns(sql)}, word_similarity(${text}, path) as likeness from repository
    where path %> ${text} and ${open(sql, official)}
    order by likeness desc limit ${MOST_RANKED}
  )
  select ${columns(sql)} from near
  order by likeness * 8 + ln(1 + pulls + 20 * stars) / 4 + case when official then 1 else 0 end desc, id limit ${limit}`
