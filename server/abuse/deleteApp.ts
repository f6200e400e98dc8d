import type { Tx } from '#db/client.ts'
import { audit } from '../audit.ts'
import { labelOf, type Context } from '../context.ts'
import { caseEvent, plain } from './caseEvent.ts'
import { deleteLife } from './finishDeletion.ts'
import { setState } from './openCase.ts'
import { containersOf, type Owner } from './owner.ts'

export const KEEP_DAYS = 7
const DAY_MS = 86_400_000

/**
 * Deletes an app's containers on all hosts. Volumes stay, and each container's create-configuration comes back with the
 * result of its deletion, sealed: for `KEEP_DAYS` an admin can restore the app. Gives the deletion's id.
 */
export const deleteApp = async (tx: Tx, ctx: Context, caseId: bigint, owner: Owner, why: string): Promise<bigint> => {
  const keepUntil = new Date(ctx.now.getTime() + KEEP_DAYS * DAY_MS)
  const [row] = await tx<{ id: bigint }[]>`
    insert into abuse_deletion (case_id, owner, account_id, app, at, deleted_by, keep_until)
    values (${caseId}, ${owner.owner}, ${owner.accountId}, ${owner.app}, ${ctx.now}, ${labelOf(ctx.actor)}, ${keepUntil})
    returning id`
  if (!row) throw new Error('a deletion was not kept')
  const containers = await containersOf(tx, ctx.env, owner)
  await caseEvent(tx, ctx, caseId, {
    kind: 'deleted',
    words: `Deleted the app ${plain(owner.app)}: ${why}. Its volumes and configuration are kept until ${keepUntil.toISOString().slice(0, 10)}.`,
    detail: { deletionId: row.id, containers: containers.length },
  })
  for (const container of containers) {
    await deleteLife(tx, ctx, caseId, row.id, container)
  }
  await setState(tx, caseId, 'deleted')
  await audit(tx, ctx, {
    action: 'abuse.app.delete',
    subject: { kind: 'abuse_case', id: caseId },
    accountId: owner.accountId,
    after: { app: owner.app, deletionId: row.id, containers: containers.length, why, keepUntil },
  })
  return row.id
}
