import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { log } from '../log.ts'
import { announce } from '../live.ts'
import { deleteManifest, registryHere } from './images.ts'
import { lockAccounts, recount } from './sizes.ts'
import { tellDelete } from './tellRegistry.ts'

const AT_ONCE = 20

type Due = { id: bigint; accountId: bigint; path: string }

/** Job `registry.purge`: deletes repositories whose seven days are over, images first. What fails is tried in an hour. */
export const purgeRepositories = async (ctx: Context): Promise<void> => {
  const due = await ctx.sql<Due[]>`select id, account_id, path from repository
    where delete_at <= ${ctx.now} order by delete_at limit ${AT_ONCE}`
  if (due.length === 0) return
  for (const repository of due) {
    try {
      await purge(ctx, repository)
    } catch (error) {
      log.warn({ err: error, path: repository.path }, 'a repository was not deleted; it is tried again')
    }
  }
}

const purge = async (ctx: Context, { id, accountId, path }: Due): Promise<void> => {
  const upstream = registryHere()
  const manifests = await ctx.sql<
    { digest: string }[]
  >`select digest from registry_manifest where repository_id = ${id}`
  for (const { digest } of manifests) await deleteManifest(upstream, path, digest)
  await ctx.sql.begin(async (tx) => {
    await lockAccounts(tx, [accountId])
    const [row] = await tx`delete from repository where id = ${id} and delete_at <= ${ctx.now} returning id`
    if (!row) return
    await tx`delete from repository_tag where repository_id = ${id}`
    await tx`delete from registry_manifest where repository_id = ${id}`
    await tx`delete from registry_reference where repository_id = ${id}`
    await tx`delete from registry_layer where repository_id = ${id}`
    await recount(tx, { accountId }, ctx.now)
    await audit(tx, ctx, {
      action: 'registry.repository.purge',
      subject: { kind: 'repository', id },
      accountId,
      before: { path, manifests: manifests.length },
    })
    await tellDelete(tx, ctx, { accountId, path }, { by: 'the registry' })
    await announce(tx, `account:${accountId}`)
  })
}
