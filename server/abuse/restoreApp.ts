import { audit } from '../audit.ts'
import { labelOf, type Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { act } from './act.ts'
import { caseEvent, plain } from './caseEvent.ts'
import { lockOwner, setState } from './openCase.ts'
import { tellOwner } from './tellOwner.ts'

type Kept = { hostId: number; epoch: bigint; containerId: string; config: string | null; state: string }

/**
 * Has every container of a deleted app made again from its sealed create-configuration, beside the volumes that were kept. The
 * deletion counts no more. Gives how many containers come back.
 * @throws DomainError NOT_FOUND, CONFLICT (restored before, or what was kept is gone)
 */
export const restoreApp = async (ctx: Context, deletionId: bigint, reason: string): Promise<number> => {
  const [about] = await ctx.sql<{ owner: string }[]>`select owner from abuse_deletion where id = ${deletionId}`
  if (!about) throw new DomainError('NOT_FOUND', `no deletion ${deletionId}`)
  return ctx.sql.begin(async (tx) => {
    await lockOwner(tx, about.owner)
    const [row] = await tx<{ caseId: bigint; owner: string; accountId: bigint | null; app: string }[]>`
      update abuse_deletion set restored_at = ${ctx.now}, restored_by = ${labelOf(ctx.actor)}
      where id = ${deletionId} and restored_at is null and wiped_at is null
      returning case_id, owner, account_id, app`
    if (!row) throw new DomainError('CONFLICT', 'it was restored before, or what was kept of it is gone')
    const kept = await tx<Kept[]>`
      select host_id, epoch, container_id, evidence ->> 'createConfig' as config, state from command
      where key like ${`abuse:deletion:${deletionId}:delete:%`} order by id`
    const containers = new Set(kept.map(({ hostId, containerId }) => `${hostId}:${containerId}`)).size
    let restored = 0
    for (const { hostId, epoch, containerId, config, state } of kept) {
      if (state === 'pending') {
        await tx`update command set state = 'expired', finished_at = ${ctx.now}, detail = 'the app was restored first'
          where key = ${`abuse:deletion:${deletionId}:delete:${hostId}:${epoch}`} and delivered_at is null`
        continue
      }
      if (config === null) continue
      const target = { hostId, epoch: Number(epoch), containerId, name: containerId.slice(0, 12) }
      const made = await act(tx, ctx, row.caseId, target, 'recreate', {
        key: `restore:${deletionId}`,
        why: 'the app is restored',
        args: { createConfig: config },
      })
      if (made !== undefined) restored += 1
    }
    await setState(tx, row.caseId, 'stopped')
    await caseEvent(tx, ctx, row.caseId, {
      kind: 'restored',
      words: `Restored ${restored} of ${containers} containers of ${plain(row.app)}: ${plain(reason, 300)}`,
      detail: { deletionId },
    })
    await audit(tx, ctx, {
      action: 'abuse.app.restore',
      subject: { kind: 'abuse_case', id: row.caseId },
      accountId: row.accountId,
      after: { deletionId, restored, reason },
    })
    await tellOwner(tx, ctx, row.caseId, row, {
      severity: 'warning',
      kind: 'abuse.restored',
      title: `${plain(row.app)} is restored`,
      body: `An admin gave the app back: ${plain(reason, 300)}. Its containers are made again beside their volumes.`,
      key: `restored:${deletionId}`,
    })
    return restored
  })
}
