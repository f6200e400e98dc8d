import type { Sql } from '#db/client.ts'
import { sha256Hex } from '#agents/protocol.ts'
import type { Env } from '../env.ts'
import { linkSignature } from '../seal.ts'

export const MARK_KINDS = ['wallet', 'executable', 'payment', 'address', 'image'] as const
export type MarkKind = (typeof MARK_KINDS)[number]
export type Mark = { kind: MarkKind; value: string }

/** A mark that this many owners share is public: it links nobody. */
export const PUBLIC_FROM_OWNERS = 4
/** Stands for everybody: what is marked as theirs links nobody. No account can have this name. */
export const EVERYBODY = '(public)'

/** Addresses and cards are few enough to be tried one by one: their hash takes a key. */
const KEYED: ReadonlySet<MarkKind> = new Set(['payment', 'address'])

const hashOf = ({ secret }: Pick<Env, 'secret'>, { kind, value }: Mark): string =>
  KEYED.has(kind) ? linkSignature(secret, 'abuse-mark', `${kind}\n${value}`) : sha256Hex(value)

/** Keeps what may tie an owner to another; of its value only the hash. `proven`: seen on a proven stop. */
export const keepMarks = async (
  tx: Sql,
  env: Pick<Env, 'secret'>,
  owner: string,
  marks: readonly Mark[],
  at: Date,
  proven: boolean,
): Promise<void> => {
  const unique = new Map(marks.map((mark) => [`${mark.kind}\n${mark.value}`, mark]))
  for (const mark of unique.values()) {
    await tx`insert into abuse_mark (kind, hash, owner, proven, first_seen_at, last_seen_at)
      values (${mark.kind}, ${hashOf(env, mark)}, ${owner}, ${proven}, ${at}, ${at})
      on conflict (kind, hash, owner) do update set last_seen_at = greatest(abuse_mark.last_seen_at, excluded.last_seen_at),
        proven = abuse_mark.proven or excluded.proven`
  }
}

export type Link = { owner: string; kinds: MarkKind[] }

/** Other owners that share marks with this one, and by what. A public mark is left out. */
export const linksOf = async (sql: Sql, owner: string): Promise<Link[]> =>
  await sql<Link[]>`
    select o.owner, array_agg(distinct o.kind order by o.kind) as kinds
    from abuse_mark m
    join abuse_mark o on o.kind = m.kind and o.hash = m.hash and o.owner <> m.owner
    where m.owner = ${owner}
      and (select count(*) < ${PUBLIC_FROM_OWNERS} and not bool_or(p.owner = ${EVERYBODY}) from abuse_mark p
        where p.kind = m.kind and p.hash = m.hash)
    group by o.owner order by o.owner`

/** Whether kinds of link are enough: a wallet, an executable that is not public, or two that are independent. */
export const isSame = (kinds: readonly MarkKind[]): boolean =>
  kinds.includes('wallet') || kinds.includes('executable') || new Set(kinds).size >= 2

/** Whether the owner is somebody with strikes that stand under another name. */
export const isReturning = async (sql: Sql, owner: string, now: Date): Promise<boolean> => {
  const same = (await linksOf(sql, owner)).filter(({ kinds }) => isSame(kinds)).map((link) => link.owner)
  if (same.length === 0) return false
  const [struck] = await sql`select 1 from abuse_strike
    where owner = any(${same}) and erased_at is null and expires_at > ${now} limit 1`
  return struck !== undefined
}
