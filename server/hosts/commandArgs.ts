import type { Command, CommandKind } from '#agents/protocol.ts'
import { DomainError } from '../errors.ts'

export type CommandArgs = Command['args']

const USES: Record<CommandKind, readonly (keyof CommandArgs)[]> = {
  stop: ['graceSeconds'],
  kill: [],
  pause: [],
  unpause: [],
  throttle: ['cpuPercent'],
  unthrottle: [],
  set_limits: ['memoryMib', 'cpuMilli', 'diskMib'],
  restart: ['graceSeconds'],
  truncate_log: [],
  delete: [],
  recreate: ['createConfig'],
  remove_volume: ['volume'],
}

/** Kinds that only undo what another did, and so may reach a protected app too. */
export const RELIEVES: ReadonlySet<CommandKind> = new Set<CommandKind>(['unpause', 'unthrottle'])

/**
 * Checks that the arguments are those of the kind.
 * @throws DomainError BAD_REQUEST with the path of the first fault.
 */
export const requireArgs = (kind: CommandKind, args: CommandArgs): void => {
  const fault = (path: string, message: string) => {
    throw new DomainError('BAD_REQUEST', message, { path: `args.${path}` })
  }
  for (const [name, value] of Object.entries(args)) {
    if (!(USES[kind] as readonly string[]).includes(name)) fault(name, `${kind} takes no ${name}`)
    if (
      name !== 'createConfig' &&
      name !== 'volume' &&
      !(typeof value === 'number' && Number.isInteger(value) && value >= 0)
    )
      fault(name, `${name} is a whole number`)
  }
  if (kind === 'throttle' && !(args.cpuPercent !== undefined && args.cpuPercent >= 1)) {
    fault('cpuPercent', 'throttle needs cpuPercent, the share of one core it may use: 1 or more')
  }
  if (kind === 'recreate' && !args.createConfig) fault('createConfig', 'recreate needs what the deletion kept')
  if (kind === 'remove_volume' && !args.volume) fault('volume', 'remove_volume needs the name of a volume')
  if (kind === 'set_limits' && Object.keys(args).length === 0) {
    fault('memoryMib', 'set_limits needs at least one of memoryMib, cpuMilli, diskMib')
  }
  // Docker refuses memory limits under 6 MiB.
  if (args.memoryMib !== undefined && args.memoryMib < 6) fault('memoryMib', 'memoryMib is 6 or more')
}
