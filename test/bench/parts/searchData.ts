import type { Pool } from '#db/client.ts'

export const REPOSITORIES = 100_000
const ACCOUNTS = 2_000

const STEMS =
  `api web worker proxy gateway cache queue auth billing search mail chat video image audio map report export
  import sync backup monitor metrics log trace alert deploy build test runner agent scheduler cron batch stream event
  ingest etl warehouse notebook model train serve inference vision speech text translate crawler scraper bot game shop
  cart payment invoice ledger wallet blog wiki forum docs portal admin console dashboard frontend backend mobile gate
  postgres mysql redis mongo kafka rabbit nginx haproxy envoy node python ruby golang rust java php dotnet elixir scala
  ubuntu debian alpine fedora busybox toolbox helper sidecar operator controller exporter collector router resolver`
    .split(/\s+/)
    .filter(Boolean)
const WORDS = `fast small secure simple production development nightly stable experimental official community internal
  service server client library toolkit runtime platform framework engine daemon image container for with and of the
  high available distributed incremental streaming realtime static dynamic multi arch minimal hardened`.split(/\s+/)

const list = (words: readonly string[]) => `array['${words.join("','")}']::text[]`

/** Repositories with names of two words and descriptions of eight, popularity as unequal as in the world (1 / rank). */
export const seedRepositories = async (sql: Pool): Promise<void> => {
  await sql`insert into account (name, kind, display_name)
    select 'acct-' || n, 'organization', 'Account ' || n from generate_series(1, ${ACCOUNTS}) n`
  await sql.unsafe(`
    with words as (select ${list(STEMS)} as stems, ${list(WORDS)} as words),
    ids as (select a.id, a.name, row_number() over (order by a.id) - 1 as k from account a where a.name like 'acct-%')
    insert into repository (account_id, name, path, visibility, description, created_by, pulls, stars, pushed_at)
    select i.id, named.name, i.name || '/' || named.name, case when n % 5 = 0 then 'private' else 'public' end,
      (select string_agg(words[1 + (n * 31 + w * w * 17 + n / 7 * w) % cardinality(words)], ' ')
        from words, generate_series(1, 8) w),
      'bench', (50000000 / (1 + (n * 7919) % ${REPOSITORIES}))::bigint, (20000 / (1 + (n * 7919) % ${REPOSITORIES}))::int,
      now() - (n % 1000) * interval '1 hour'
    from generate_series(0, ${REPOSITORIES - 1}) n
    cross join words
    join ids i on i.k = n % ${ACCOUNTS}
    cross join lateral (select stems[1 + (n / ${ACCOUNTS} * 13 + n) % cardinality(stems)] || '-'
      || stems[1 + (n * 29 + n / 97) % cardinality(stems)] || '-' || to_hex(n) as name) named`)
  await sql`vacuum analyze repository`
}

const swapped = (word: string) => word.slice(0, 2) + (word[3] ?? '') + (word[2] ?? '') + word.slice(4)
const left = (word: string) => word.slice(0, 3) + word.slice(4)

/** What is searched for: `count` texts of every kind in turn. */
export const searches = (count: number): { kind: string; text: string }[] => {
  const long = STEMS.filter((stem) => stem.length >= 6)
  const at = <T>(of: readonly T[], n: number): T => of[n % of.length] as T
  const kinds = [
    (n: number) => ({ kind: 'one common word', text: at(STEMS, n * 7) }),
    (n: number) => ({ kind: 'two words', text: `${at(STEMS, n * 11)} ${at(WORDS, n * 5)}` }),
    (n: number) => ({ kind: 'the beginning of a word', text: at(long, n * 3).slice(0, 4) }),
    (n: number) => ({ kind: 'a whole name', text: `acct-${1 + ((n * 37) % ACCOUNTS)}` }),
    (n: number) => ({ kind: 'letters swapped', text: swapped(at(long, n * 13)) }),
    (n: number) => ({ kind: 'a letter left out', text: left(at(long, n * 17)) }),
    (n: number) => ({ kind: 'words of descriptions', text: `${at(WORDS, n * 3)} ${at(WORDS, n * 7 + 1)}` }),
    () => ({ kind: 'nothing', text: '' }),
  ]
  return Array.from({ length: count }, (_, n) => at(kinds, n)(n))
}
