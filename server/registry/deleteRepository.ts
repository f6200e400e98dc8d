import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { announce } from '../live.ts'
import { needRoom } from './createRepository.ts'
import type { Met } from './meet.ts'

/** How long a repository that was deleted can still be kept. */
export const KEEP_MS = 7 * 86_400_000

/**
 * Marks a repository to be deleted in seven days. From now on nobody pushes to it, only its admins pull, and searches do
 * not find it. @throws BAD_REQUEST unless its path is typed
 */
export const deleteRepository = async (ctx: Context, met: Met, typedPath: string): Promise<{ deleteAt: Date }> => {
  if (typedPath !== met.path)
    throw new DomainError('BAD_REQUEST', `type ${met.path} to delete it`, { path: 'typedPath' })
  if (met.isMoving) throw new DomainError('CONFLICT', `${met.path} is being renamed; try again in a minute`)
  const deleteAt = new Date(ctx.now.getTime() + KEEP_MS)
  await ctx.sql.begin(async (tx) => {
    const [row] = await tx`update repository set delete_at = ${deleteAt} where id = ${met.id} and delete_at is null
      returning id`
    if (!row) throw new DomainError('CONFLICT', `${met.path} is being deleted already`)
    await audit(tx, ctx, {
      action: 'registry.repository.delete',
      subject: { kind: 'repository', id: met.id },
      accountId: met.accountId,
      before: { path: met.path },
      after: { deleteAt },
    })
    await announce(tx, `account:${met.accountId}`)
  })
  return { deleteAt }
}

/** Keeps a repository that was to be deleted. @throws FORBIDDEN where its place among the plan's private ones is taken */
export const keepRepository = async (ctx: Context, met: Met): Promise<void> => {
  await ctx.sql.begin(async (tx) => {
    if (met.visibility === 'private') await needRoom(tx, ctx, { id: met.accountId, name: met.account })
    const [row] = await tx`update repository set delete_at = null where id = ${met.id} and delete_at > ${ctx.now}
      returning id`
    if (!row) throw new DomainError('CONFLICT', `${met.path} is not waiting to be deleted`)
    await audit(tx, ctx, {
      action: 'registry.repository.keep',
      subject: { kind: 'repository', id: met.id },
      accountId: met.accountId,
      before: { deleteAt: met.deleteAt },
      after: { deleteAt: null },
    })
    await announce(tx, `account:${met.accountId}`)
  })
}
