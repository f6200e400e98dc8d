import type { Pool } from '#db/client.ts'
import type { Context } from '../context.ts'
import type { Place } from './names.ts'
import type { Seen } from './readStorage.ts'
import type { ReadOne } from './reconcile.ts'
import { dropManifests, storeManifest, storeTag } from './record.ts'
import { lockAccounts } from './sizes.ts'

/** What the record has of a repository, with when it was recorded. */
export type Known = {
  revisions: Map<string, Date>
  layers: Map<string, Date>
  tags: Map<string, { digest: string; at: Date }>
}

export const knownOf = async (sql: Pool, repositoryId: bigint): Promise<Known> => {
  const [revisions, layers, tags] = await Promise.all([
    sql<
      { digest: string; at: Date }[]
    >`select digest, recorded_at as at from registry_manifest where repository_id = ${repositoryId}`,
    sql<
      { digest: string; at: Date }[]
    >`select digest, recorded_at as at from registry_layer where repository_id = ${repositoryId}`,
    sql<{ name: string; digest: string; at: Date }[]>`select name, digest, pushed_at as at from repository_tag
      where repository_id = ${repositoryId}`,
  ])
  return {
    revisions: new Map(revisions.map(({ digest, at }) => [digest, at])),
    layers: new Map(layers.map(({ digest, at }) => [digest, at])),
    tags: new Map(tags.map(({ name, digest, at }) => [name, { digest, at }])),
  }
}

type Input = { known: Known; seen: Seen; readOne: ReadOne; startedAt: Date }

/**
 * Makes one repository's record agree with what was seen, in one transaction. What was recorded after the reading began
 * is not judged. Gives how much was missing, and how much is gone.
 */
export const settleRepository = async (
  ctx: Context,
  place: Place,
  input: Input,
): Promise<{ found: number; gone: number }> => {
  const { known, seen, readOne, startedAt } = input
  const { repositoryId } = place
  const isOld = (at: Date) => at < startedAt
  const newRevisions = [...seen.revisions].filter((digest) => !known.revisions.has(digest))
  const goneRevisions = [...known.revisions].filter(([digest, at]) => !seen.revisions.has(digest) && isOld(at))
  const newLayers = [...seen.layers].filter((digest) => !known.layers.has(digest))
  const goneLayers = [...known.layers].filter(([digest, at]) => !seen.layers.has(digest) && isOld(at))
  const newTags = [...seen.tags].filter(([name, digest]) => {
    const tag = known.tags.get(name)
    return !tag || (tag.digest !== digest && isOld(tag.at))
  })
  const goneTags = [...known.tags].filter(([name, { at }]) => !seen.tags.has(name) && isOld(at))
  const found = newRevisions.length + newLayers.length + newTags.length
  const gone = goneRevisions.length + goneLayers.length + goneTags.length
  if (found + gone === 0) return { found, gone }

  const read = new Map<string, NonNullable<Awaited<ReturnType<ReadOne>>>>()
  for (const digest of newRevisions) {
    const one = await readOne(place, digest)
    if (one) read.set(digest, one)
  }
  await ctx.sql.begin(async (tx) => {
    await lockAccounts(tx, [place.accountId])
    await dropManifests(
      tx,
      repositoryId,
      goneRevisions.map(([digest]) => digest),
    )
    for (const [digest, one] of read) await storeManifest(tx, repositoryId, { digest, ...one }, startedAt)
    await tx`delete from registry_layer where repository_id = ${repositoryId}
      and digest = any(${goneLayers.map(([digest]) => digest)}::text[])`
    await tx`insert into registry_layer (repository_id, digest, recorded_at)
      select ${repositoryId}, d, ${startedAt} from unnest(${newLayers}::text[]) d on conflict do nothing`
    await tx`delete from repository_tag where repository_id = ${repositoryId}
      and name = any(${goneTags.map(([name]) => name)}::text[]) and pushed_at < ${startedAt}`
    for (const [name, digest] of newTags) await storeTag(tx, repositoryId, { name, digest, by: '' }, startedAt)
  })
  return { found, gone }
}
