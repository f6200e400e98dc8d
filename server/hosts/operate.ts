import type { CommandKind } from '#agents/protocol.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { issue } from './command.ts'
import type { CommandArgs } from './commandArgs.ts'

export type OperateInput = {
  hostId: number
  epoch: number
  kind: CommandKind
  args: CommandArgs
  reason: string
  /** Given by the caller, a repeat of the same request is one command. */
  key?: string | undefined
}

/** What can be done to a container that does not run. */
const WHEN_ENDED: ReadonlySet<CommandKind> = new Set<CommandKind>(['restart', 'delete', 'truncate_log', 'unthrottle'])

/**
 * An operator's command to the life of a container that is named. Gives the command's id.
 * @throws DomainError NOT_FOUND, CONFLICT (it ended, a later life runs, or the same is under way), and as `issue`
 */
export const operate = async (ctx: Context, input: OperateInput): Promise<string> =>
  ctx.sql.begin(async (tx) => {
    const [life] = await tx<{ containerId: string; name: string; ended: boolean; replaced: boolean }[]>`
      select e.object_id as container_id, e.name, e.ended_at is not null as ended, exists (select 1 from epoch n
        where n.host_id = e.host_id and n.object_id = e.object_id and n.kind = 'container'
          and n.opened_at > e.opened_at) as replaced
      from epoch e where e.host_id = ${input.hostId} and e.epoch = ${input.epoch} and e.kind = 'container'`
    if (!life) throw new DomainError('NOT_FOUND', `host ${input.hostId} has no container with the epoch ${input.epoch}`)
    if (life.replaced) throw new DomainError('CONFLICT', `${life.name} was started again since; open its present life`)
    if (life.ended && !WHEN_ENDED.has(input.kind)) {
      throw new DomainError('CONFLICT', `${life.name} does not run; ${input.kind} needs a running container`)
    }
    const [same] = await tx<{ id: bigint }[]>`select id from command where host_id = ${input.hostId}
      and epoch = ${input.epoch} and kind = ${input.kind} and state = 'pending' and expires_at > ${ctx.now}
      and key <> ${`manual:${input.key}`} limit 1`
    if (same) throw new DomainError('CONFLICT', `${input.kind} of ${life.name} is under way (command ${same.id})`)
    const { id } = await issue(tx, ctx, {
      hostId: input.hostId,
      epoch: input.epoch,
      containerId: life.containerId,
      kind: input.kind,
      args: input.args,
      reason: input.reason,
      key: `manual:${input.key ?? ctx.requestId}`,
    })
    return String(id)
  })
