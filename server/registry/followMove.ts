import type { Tx } from '#db/client.ts'
import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import type { JobPayload } from '../jobs.ts'
import { addJob } from '../jobs.ts'
import { announce } from '../live.ts'
import { deleteManifest, getManifest, mountBlob, putManifest, registryHere } from './images.ts'
import { readManifest } from './manifest.ts'
import { OFFICIAL } from './path.ts'
import { lockAccounts, recount } from './sizes.ts'
import type { Upstream } from './upstream.ts'

type Move = {
  id: bigint
  repositoryId: bigint
  accountId: bigint
  fromPath: string
  toPath: string
  toAccountId: bigint
}
type Tagged = { name: string; digest: string }

/** A push with a token from before the move began may still come: so often is looked again for what it brought. */
const MOST_ROUNDS = 5
/** Fronts know names for a few seconds: until then the old one still answers. */
const FORGET_MS = 60_000

/**
 * Job `registry.move`: brings a repository's images under their new path and then changes its name, in one transaction
 * that finds nothing new. Done twice it mounts and puts what is there, which changes nothing.
 */
export const followMove = async (ctx: Context, { moveId }: JobPayload<'registry.move'>): Promise<void> => {
  const [move] = await ctx.sql<Move[]>`
    select m.id, m.repository_id, r.account_id, m.from_path, m.to_path, m.to_account_id from repository_move m
    join repository r on r.id = m.repository_id where m.id = ${moveId} and m.state = 'running'`
  if (!move) return
  const upstream = registryHere()
  const copied = new Set<string>()
  for (let round = 1; round <= MOST_ROUNDS; round += 1) {
    const { manifests, tags } = await heldBy(ctx, move.repositoryId)
    await ctx.sql`update repository_move set total = ${manifests.length} where id = ${move.id}`
    for (const digest of manifests) {
      if (!copied.has(digest)) await copyManifest(upstream, move, digest)
      copied.add(digest)
      await ctx.sql.begin(async (tx) => {
        await tx`update repository_move set done = ${copied.size} where id = ${move.id}`
        await announce(tx, `account:${move.accountId}`)
      })
    }
    await copyTags(upstream, move, tags)
    if (await changeName(ctx, move, manifests, tags)) return
  }
  throw new DomainError('CONFLICT', `${move.fromPath} is still pushed to; it is tried again`)
}

/** A repository's manifests, children before the indexes that name them, and its tags. */
const heldBy = async ({ sql }: Pick<Context, 'sql'>, repositoryId: bigint) => {
  const manifests = await sql<{ digest: string }[]>`
    select m.digest from registry_manifest m where m.repository_id = ${repositoryId}
    order by exists (select 1 from registry_reference c where c.repository_id = m.repository_id
      and c.manifest = m.digest and c.role = 'child'), m.recorded_at, m.digest`
  const tags = await sql<Tagged[]>`select name, digest from repository_tag where repository_id = ${repositoryId}
    order by name`
  return { manifests: manifests.map(({ digest }) => digest), tags: [...tags] }
}

const copyManifest = async (upstream: Upstream, { fromPath, toPath }: Move, digest: string): Promise<void> => {
  const manifest = await getManifest(upstream, fromPath, digest)
  // It was deleted meanwhile, and its record is about to follow.
  if (!manifest) return
  const { references } = readManifest(manifest.body, manifest.mediaType)
  const blobs = references.filter(({ role }) => role === 'config' || role === 'layer')
  for (const blob of new Set(blobs.map(({ digest }) => digest))) await mountBlob(upstream, fromPath, toPath, blob)
  await putManifest(upstream, toPath, digest, manifest)
}

const copyTags = async (upstream: Upstream, { toPath }: Move, tags: readonly Tagged[]): Promise<void> => {
  for (const { name, digest } of tags) {
    const manifest = await getManifest(upstream, toPath, digest)
    if (manifest) await putManifest(upstream, toPath, name, manifest)
  }
}

/** Gives the repository its new name where nothing came or went since; false to look again. */
const changeName = async (ctx: Context, move: Move, manifests: string[], tags: Tagged[]): Promise<boolean> =>
  ctx.sql.begin(async (tx) => {
    const owners = await tx<{ accountId: bigint }[]>`select account_id from repository where id = ${move.repositoryId}`
    await lockAccounts(tx, [...owners.map(({ accountId }) => accountId), move.toAccountId])
    const [row] = await tx<{ accountId: bigint; visibility: string }[]>`
      select account_id, visibility from repository where id = ${move.repositoryId} for update`
    if (!row) return true
    const now = await heldNow(tx, move.repositoryId)
    if (now !== fingerprint(manifests, tags)) return false
    const [account = '', name = ''] = move.toPath.split('/')
    await tx`update repository set account_id = ${move.toAccountId}, name = ${name}, path = ${move.toPath},
      official = ${account === OFFICIAL}, official_rank = null where id = ${move.repositoryId}`
    await tx`delete from repository_redirect where path = ${move.toPath}`
    await tx`insert into repository_redirect (path, repository_id, created_at)
      values (${move.fromPath}, ${move.repositoryId}, ${ctx.now})
      on conflict (path) do update set repository_id = excluded.repository_id, created_at = excluded.created_at`
    await tx`update webhook_endpoint set subject = ${move.toPath} where subject = ${move.fromPath}
      and account_id = ${move.toAccountId}`
    if (row.accountId !== move.toAccountId) await leave(tx, move, row.accountId)
    await tx`update repository_move set state = 'done', finished_at = ${ctx.now} where id = ${move.id}`
    for (const accountId of new Set([row.accountId, move.toAccountId])) {
      await recount(tx, { accountId }, ctx.now)
      await announce(tx, `account:${accountId}`)
    }
    await audit(tx, ctx, {
      action: 'registry.repository.moved',
      subject: { kind: 'repository', id: move.repositoryId },
      accountId: move.toAccountId,
      before: { path: move.fromPath },
      after: { path: move.toPath },
    })
    const runAt = new Date(ctx.now.getTime() + FORGET_MS)
    await addJob(tx, 'registry.forget_path', { path: move.fromPath, digests: manifests }, { runAt })
    return true
  })

/** Teams and robots are the old account's; people with a permission of their own keep it. */
const leave = async (tx: Tx, { repositoryId }: Move, fromAccountId: bigint): Promise<void> => {
  await tx`delete from repository_team where repository_id = ${repositoryId}`
  await tx`delete from robot_repository p using robot b where p.repository_id = ${repositoryId}
    and b.id = p.robot_id and b.account_id = ${fromAccountId}`
}

const fingerprint = (manifests: readonly string[], tags: readonly Tagged[]): string =>
  [...manifests.toSorted(), ...tags.map(({ name, digest }) => `${name}=${digest}`).toSorted()].join(' ')

const heldNow = async (tx: Tx, repositoryId: bigint): Promise<string> => {
  const manifests = await tx<
    { digest: string }[]
  >`select digest from registry_manifest where repository_id = ${repositoryId}`
  const tags = await tx<Tagged[]>`select name, digest from repository_tag where repository_id = ${repositoryId}`
  return fingerprint(
    manifests.map(({ digest }) => digest),
    tags,
  )
}

/** Job `registry.forget_path`: takes images away under a name that a repository had, unless another one has it now. */
export const forgetPath = async (
  ctx: Context,
  { path, digests }: JobPayload<'registry.forget_path'>,
): Promise<void> => {
  const [taken] = await ctx.sql`select 1 from repository where path = ${path}`
  if (taken) return
  const upstream = registryHere()
  for (const digest of digests.toReversed()) await deleteManifest(upstream, path, digest)
}
