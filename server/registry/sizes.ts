import type { Sql, Tx } from '#db/client.ts'

/**
 * A repository holds its manifests and the blobs it is linked to, each digest once, at the true sizes of the blobs that
 * are there. A link to what garbage collection took counts nothing.
 */
const heldBy = (sql: Sql, accountId: bigint, repositoryId: bigint | null) => {
  const own = sql`join repository o on o.id = m.repository_id and o.account_id = ${accountId}
    and (${repositoryId}::bigint is null or o.id = ${repositoryId})`
  return sql`select m.repository_id, m.digest from registry_manifest m ${own}
    union select m.repository_id, m.digest from registry_layer m ${own}`
}

/**
 * Takes accounts for what changes their repositories, tags, sizes or meters; first in a transaction, so that two never wait
 * for each other crosswise.
 */
export const lockAccounts = async (tx: Tx, accountIds: readonly bigint[]): Promise<void> => {
  const ids = [...new Set(accountIds)].map(String)
  await tx`insert into registry_account (account_id) select id from unnest(${ids}::bigint[]) id order by 1
    on conflict do nothing`
  await tx`select 1 from registry_account where account_id = any(${ids}::bigint[]) order by account_id for update`
}

/**
 * Computes anew what a repository (all of the account's without one) and its account hold, in the transaction that
 * changed it, and lets the account's meter run on with the new size. Accounts are locked, so two pushes count one after
 * the other.
 */
export const recount = async (
  tx: Tx,
  input: { accountId: bigint; repositoryId?: bigint },
  now: Date,
): Promise<void> => {
  const { accountId, repositoryId = null } = input
  await lockAccounts(tx, [accountId])
  await tx`update repository r set size_bytes = s.bytes from (
      select o.id, coalesce(sum(b.size_bytes), 0)::bigint as bytes from repository o
      left join (${heldBy(tx, accountId, repositoryId)}) d on d.repository_id = o.id
      left join registry_blob b on b.digest = d.digest
      where o.account_id = ${accountId} and (${repositoryId}::bigint is null or o.id = ${repositoryId}) group by o.id
    ) s where r.id = s.id and r.size_bytes <> s.bytes`
  const [account] = await tx<{ sizeBytes: bigint }[]>`
    update registry_account set updated_at = ${now}, size_bytes = coalesce((select sum(b.size_bytes) from registry_blob b
      where b.digest in (select digest from (${heldBy(tx, accountId, null)}) d)), 0)
    where account_id = ${accountId} returning size_bytes`
  await runMeter(tx, accountId, account?.sizeBytes ?? 0n, now)
  await tx`insert into registry_day as d (account_id, repository_id, day, size_bytes)
    select r.account_id, r.id, ${now}::timestamptz at time zone 'UTC', r.size_bytes from repository r
    where r.account_id = ${accountId} and (${repositoryId}::bigint is null or r.id = ${repositoryId})
    on conflict (account_id, repository_id, day) do update set size_bytes = excluded.size_bytes`
}

/** Adds the time since the last change at the size it had, and goes on with the new size. Time never runs back. */
const runMeter = (tx: Tx, accountId: bigint, bytes: bigint, now: Date) => tx`
  insert into registry_meter as m (account_id, opened_at, integrated_at, stored_bytes)
  values (${accountId}, ${now}, ${now}, ${bytes})
  on conflict (account_id) do update set
    stored_byte_ms = m.stored_byte_ms + m.stored_bytes
      * greatest(0, floor(extract(epoch from ${now}::timestamptz - m.integrated_at) * 1000)),
    integrated_at = greatest(m.integrated_at, ${now}::timestamptz), stored_bytes = excluded.stored_bytes`
