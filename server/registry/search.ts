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

/** Of what fits, so many of the most popular are ranked; nobody pages past these. */
export const MOST_RANKED = 60
/** Words that fit more repositories than this are common: these are found by going down from the most popular. */
const COMMON = 1_500
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
 * Without words: the most popular, of official images first those that were put in an order.
 */
export const searchRepositories = async (
  sql: Pool,
  asked: { text: string; official?: boolean | undefined; offset: number; limit: number },
): Promise<FoundRepository[]> => {
  const words = queryOf(asked.text)
  const of = { ...asked, text: asked.text.trim().toLowerCase().slice(0, 100), official: asked.official ?? false, words }
  if (words === '') return await popular(sql, of)
  return await sql.begin('read only', async (tx): Promise<FoundRepository[]> => {
    // How many repositories have a prefix is beyond the planner: misjudged, it reads all of them one by one. Each
    // statement has one way that is bounded whatever the words are.
    await tx`select set_config('enable_seqscan', 'off', true), set_config('enable_indexscan', 'off', true),
      set_config('pg_trgm.word_similarity_threshold', ${String(LIKENESS)}, true)`
    const [{ fits } = { fits: 0 }] = await tx<{ fits: number }[]>`select count(*)::int as fits from (
      select 1 from repository where ${fit(tx, of)} and ${open(tx, of)} limit ${COMMON}) found`
    if (fits === 0) return of.offset > 0 ? [] : await byLikeness(tx, of)
    if (fits === COMMON)
      await tx`select set_config('enable_bitmapscan', 'off', true), set_config('enable_indexscan', 'on', true)`
    return await byWords(tx, of)
  })
}

type Asked = { text: string; words: string; official: boolean; offset: number; limit: number }

const columns = (sql: Sql) => sql`id, path, name, description, official, visibility, pulls, stars, pushed_at`
const open = (sql: Sql, { official }: Asked) =>
  official
    ? sql`visibility = 'public' and delete_at is null and official`
    : sql`visibility = 'public' and delete_at is null`
const query = (sql: Sql, { words }: Asked) => sql`(to_tsquery('simple', ${words}) || to_tsquery('english', ${words}))`
const fit = (sql: Sql, of: Asked) => sql`search @@ ${query(sql, of)}`

const popular = (sql: Sql, of: Asked) => sql<FoundRepository[]>`
  select ${columns(sql)} from repository where ${open(sql, of)}
  order by ${of.official ? sql`official_rank nulls last,` : sql``} pulls + 20 * stars desc, id
  limit ${of.limit} offset ${of.offset}`

const byWords = (sql: Sql, of: Asked) => sql<FoundRepository[]>`
  with matches as materialized (
    (select ${columns(sql)}, search from repository where ${fit(sql, of)} and ${open(sql, of)}
      order by pulls + 20 * stars desc, id limit ${MOST_RANKED})
    union all
    (select ${columns(sql)}, search from repository
      where path in (${of.text}, ${`library/${of.text}`}) and ${open(sql, of)})
  )
  select distinct on (fit, id) ${columns(sql)} from matches, lateral (
    select - (ts_rank(search, ${query(sql, of)}) * 4 + ln(1 + pulls + 20 * stars) / 4
      + case when name = ${of.text} or path = ${of.text} then 4 else 0 end + case when official then 2 else 0 end) as fit
    ) ranked
  order by fit, id limit ${of.limit} offset ${of.offset}`

const byLikeness = (sql: Sql, of: Asked) => sql<FoundRepository[]>`
  with near as materialized (
    select ${columns(sql)}, word_similarity(${of.text}, path) as likeness from repository
    where path %> ${of.text} and ${open(sql, of)}
    order by likeness desc limit ${MOST_RANKED}
  )
  select ${columns(sql)} from near
  order by likeness * 8 + ln(1 + pulls + 20 * stars) / 4 + case when official then 1 else 0 end desc, id
  limit ${of.limit}`
