import type { Tx } from '#db/client.ts'
import type { CommandKind } from '#agents/protocol.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { issue, type NewCommand } from '../hosts/command.ts'
import { caseEvent, caseName, plain } from './caseEvent.ts'

export const THROTTLE_PERCENT = 10
/** Long enough for a host that is away over a weekend. */
const EXPIRES_IN_SECONDS = 3 * 86_400

export type Target = { hostId: number; epoch: number; containerId: string; name: string }

/** Has a host act on one life of a container for a case. A refusal (a protected app, a revoked host) goes into the timeline. */
export const act = async (
  tx: Tx,
  ctx: Context,
  caseId: bigint,
  target: Target,
  kind: CommandKind,
  options: { key: string; why: string; args?: NonNullable<NewCommand['args']> },
): Promise<bigint | undefined> => {
  const { hostId, epoch, containerId, name } = target
  try {
    const { id, repeated } = await issue(tx, ctx, {
      hostId,
      epoch,
      containerId,
      kind,
      reason: `abuse case ${caseName(caseId)}: ${options.why}`,
      key: `abuse:${options.key}:${kind}:${hostId}:${epoch}`,
      expiresInSeconds: EXPIRES_IN_SECONDS,
      args: kind === 'throttle' ? { cpuPercent: THROTTLE_PERCENT } : (options.args ?? {}),
    })
    if (!repeated) {
      await caseEvent(tx, ctx, caseId, {
        kind: 'command',
        words: `Told the host to ${kind.replaceAll('_', ' ')} ${plain(name)}: ${options.why}.`,
        detail: { commandId: id, command: kind, hostId, epoch },
      })
    }
    return id
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    await caseEvent(tx, ctx, caseId, {
      kind: 'refused',
      words: `Could not ${kind.replaceAll('_', ' ')} ${plain(name)}: ${error.message}.`,
      detail: { command: kind, hostId, epoch },
    })
    return undefined
  }
}
