import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { issue } from '../hosts/command.ts'
import { violationById } from './violationSql.ts'
import { record } from './violationLog.ts'

export type BulkKind = 'stop' | 'restart' | 'throttle' | 'unthrottle' | 'truncate_log'
export type BulkOutcome = { done: string[]; refused: { id: string; why: string }[] }

const THROTTLE_TO_PERCENT = 20

/**
 * Sends one command to the container of each violation. What cannot be done is told by violation; the rest is done.
 * `key` names the request, so that sent twice it is one.
 */
export const commandViolations = async (
  ctx: Context,
  ids: readonly bigint[],
  kind: BulkKind,
  reason: string,
  key: string,
): Promise<BulkOutcome> => {
  const outcome: BulkOutcome = { done: [], refused: [] }
  for (const id of ids) {
    try {
      await ctx.sql.begin(async (tx) => {
        const found = await violationById(tx, id)
        if (!found) throw new DomainError('NOT_FOUND', `no violation ${id}`)
        const { hostId, epoch, containerId, container, running } = found
        if (hostId === null || epoch === null || containerId === null) {
          throw new DomainError(
            'UNPROCESSABLE',
            'it is about an account or app, not one container; open it and choose one',
          )
        }
        if (!running && kind !== 'restart') throw new DomainError('CONFLICT', `${container} does not run`)
        const args = kind === 'throttle' ? { cpuPercent: THROTTLE_TO_PERCENT } : {}
        const { id: commandId, repeated } = await issue(tx, ctx, {
          hostId,
          epoch,
          containerId,
          kind,
          args,
          reason,
          key: `violation:${id}:${kind}:${key}`,
        })
        if (!repeated)
          await record(tx, ctx, id, 'acted', { action: kind, container, containerId, hostId, commandId, reason })
      })
      outcome.done.push(String(id))
    } catch (error) {
      if (!(error instanceof DomainError)) throw error
      outcome.refused.push({ id: String(id), why: error.message })
    }
  }
  return outcome
}
