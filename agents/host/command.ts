import type { KeyObject } from 'node:crypto'
import { COMMAND_KINDS, verifyText, type Command, type CommandResult, type SignedCommand } from '#agents/protocol.ts'

export const NOT_HERE = 'the container is not on this host'
export const OVER = 'it means an earlier life of the container, which is over'

/** The command that the control plane signed; null where signature or shape do not hold. */
export const readCommand = (signed: SignedCommand, key: KeyObject): Command | null => {
  try {
    if (!verifyText(key, signed.payload, signed.signature)) return null
    const command = JSON.parse(signed.payload) as Partial<Command>
    const numbers = [command.id, command.hostId, command.epoch, command.issuedAtMs, command.expiresAtMs]
    const holds =
      numbers.every(Number.isSafeInteger) &&
      typeof command.containerId === 'string' &&
      typeof command.args === 'object' &&
      COMMAND_KINDS.some((kind) => kind === command.kind)
    return holds ? (command as Command) : null
  } catch {
    return null
  }
}

/** Null where a command is for this host and in time on the corrected clock `nowMs`, else its result. */
export const misdirection = (
  { id, hostId, expiresAtMs }: Command,
  own: number,
  nowMs: number,
): CommandResult | null => {
  if (hostId !== own) return { id, outcome: 'refused', detail: `it is for host ${hostId}` }
  return nowMs >= expiresAtMs ? { id, outcome: 'expired', detail: 'it arrived after its expiry' } : null
}

/**
 * Null where a command may be carried out, else its result: it must be for this host, in time on the corrected clock
 * `nowMs`, and mean one of the epochs that its container has now (`current`).
 */
export const objection = (
  command: Command,
  hostId: number,
  nowMs: number,
  current: readonly number[],
): CommandResult | null => {
  const { id } = command
  const misdirected = misdirection(command, hostId, nowMs)
  if (misdirected) return misdirected
  if (!/^[a-zA-Z0-9_.-]+$/.test(command.containerId)) return { id, outcome: 'refused', detail: 'no such container' }
  if (current.length === 0) return { id, outcome: 'refused', detail: NOT_HERE }
  if (!current.includes(command.epoch)) {
    return { id, outcome: 'refused', detail: OVER }
  }
  return null
}
