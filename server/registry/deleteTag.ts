import type { Sql } from '#db/client.ts'
import { audit } from '../audit.ts'
import { labelOf, type Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { announce } from '../live.ts'
import { deleteManifest, registryHere, untag } from './images.ts'
import type { Met } from './meet.ts'
import { needSettled } from './meet.ts'
import { dropManifests } from './record.ts'
import { lockAccounts, recount } from './sizes.ts'
import { tellDelete } from './tellRegistry.ts'

/**
 * Deletes a tag. Its image goes too where nothing else names it; what both shared stays. The registry is changed before
 * the record: done twice, the second time finds less to do.
 */
export const deleteTag = async (ctx: Context, met: Met, tag: string): Promise<void> => {
  needSettled(met)
  const upstream = registryHere()
  const [row] = await ctx.sql<{ digest: string }[]>`select digest from repository_tag
    where repository_id = ${met.id} and name = ${tag}`
  if (!row) throw new DomainError('NOT_FOUND', `no tag "${tag}" in ${met.path}`, { path: 'tag' })
  await untag(upstream, met.path, tag)
  const gone = await unnamedWithout(ctx.sql, met.id, tag, row.digest)
  for (const digest of gone) await deleteManifest(upstream, met.path, digest)
  await ctx.sql.begin(async (tx) => {
    await lockAccounts(tx, [met.accountId])
    const [removed] = await tx`delete from repository_tag
      where repository_id = ${met.id} and name = ${tag} and digest = ${row.digest} returning 1`
    await dropManifests(tx, met.id, gone)
    await recount(tx, { accountId: met.accountId, repositoryId: met.id }, ctx.now)
    if (!removed) return
    await audit(tx, ctx, {
      action: 'registry.tag.delete',
      subject: { kind: 'repository', id: met.id },
      accountId: met.accountId,
      before: { path: met.path, tag, digest: row.digest },
    })
    await tellDelete(tx, ctx, met, { tag, digest: row.digest, by: labelOf(ctx.actor) })
    await announce(tx, `account:${met.accountId}`)
  })
}

/** Manifests that no other tag or index names once the tag is gone: its own first, then its children. */
const unnamedWithout = async (sql: Sql, repositoryId: bigint, tag: string, digest: string): Promise<string[]> => {
  const rows = await sql<{ digest: string; rank: number }[]>`
    with own as (
      select ${digest}::text as digest, 0 as rank where not exists (select 1 from repository_tag t
          where t.repository_id = ${repositoryId} and t.digest = ${digest} and t.name <> ${tag})
        and not exists (select 1 from registry_reference r where r.repository_id = ${repositoryId}
          and r.digest = ${digest} and r.role = 'child')
    )
    select digest, rank from own
    union
    select c.digest, 1 from own join registry_reference c on c.manifest = own.digest and c.role = 'child'
    where c.repository_id = ${repositoryId}
      and not exists (select 1 from repository_tag t where t.repository_id = ${repositoryId} and t.digest = c.digest)
      and not exists (select 1 from registry_reference o where o.repository_id = ${repositoryId}
        and o.digest = c.digest and o.role = 'child' and o.manifest <> c.manifest)
    order by rank`
  return rows.map((row) => row.digest)
}
