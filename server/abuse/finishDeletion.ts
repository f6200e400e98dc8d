import type { Tx } from '#db/client.ts'
import type { Context } from '../context.ts'
import { act, type Target } from './act.ts'
import type { Owner } from './owner.ts'

/** The deletion that is under way for a container of an app, which its owner may have started once more meanwhile. */
export const deletionOf = async (
  tx: Tx,
  { owner, app }: Pick<Owner, 'owner' | 'app'>,
  { hostId, containerId }: Pick<Target, 'hostId' | 'containerId'>,
): Promise<bigint | undefined> => {
  const [row] = await tx<{ id: bigint }[]>`
    select d.id from abuse_deletion d join command c on c.key like 'abuse:deletion:' || d.id || ':delete:%'
    where d.owner = ${owner} and d.app = ${app} and d.restored_at is null and d.wiped_at is null
      and c.host_id = ${hostId} and c.container_id = ${containerId} limit 1`
  return row?.id
}

/** Has the host delete one life of a container of a deleted app: a command is for one life, and its owner may begin another. */
export const deleteLife = (tx: Tx, ctx: Context, caseId: bigint, deletionId: bigint, life: Target) =>
  act(tx, ctx, caseId, life, 'delete', { key: `deletion:${deletionId}`, why: 'its app is deleted' })

/** Deletes containers of deleted apps that escaped into another life before the host got to them. */
export const finishDeletions = async (ctx: Context): Promise<void> => {
  const escaped = await ctx.sql<(Omit<Target, 'epoch'> & { epoch: bigint; deletionId: bigint; caseId: bigint })[]>`
    select d.id as deletion_id, d.case_id, asked.host_id, asked.container_id, e.epoch, e.name
    from abuse_deletion d
    join lateral (select c.host_id, c.container_id, max(c.id) as last_id, bool_or(c.state in ('done', 'pending')) as is_done
      from command c where c.key like 'abuse:deletion:' || d.id || ':delete:%'
      group by c.host_id, c.container_id) asked on not asked.is_done
    join command last on last.id = asked.last_id
    join lateral (select l.epoch, l.name, l.ended_at from epoch l where l.host_id = asked.host_id
      and l.object_id = asked.container_id and l.kind = 'container' order by l.opened_at desc limit 1) e
      on e.epoch <> last.epoch and e.ended_at is null
    where d.restored_at is null and d.wiped_at is null order by d.id`
  for (const { deletionId, caseId, epoch, ...life } of escaped) {
    const target = { ...life, epoch: Number(epoch) }
    await ctx.sql.begin((tx) => deleteLife(tx, ctx, caseId, deletionId, target))
  }
}
