import type { Command } from '#agents/protocol.ts'
import type { Containers } from '../containers.ts'
import { execute, type Executed } from '../execute.ts'
import type { Before } from '../state.ts'

const THROTTLED_PERCENT = 10
const GRACE_SECONDS = 2

export type Act = (
  kind: 'stop' | 'throttle' | 'unthrottle',
  containerId: string,
  startedAt: string,
  cpuPercent?: number,
) => Promise<Executed>

/**
 * Acts on a container through its engine, as a command of the control plane would. It means the life that began at
 * `startedAt` and no later one. What it changes is kept in `before`, so that a command can give it back.
 */
export const createAct = (
  containers: Pick<Containers, 'engine' | 'get' | 'inspect'>,
  before: Record<string, Before>,
  save: () => void,
): Act => {
  return async (kind, containerId, startedAt, cpuPercent = THROTTLED_PERCENT) => {
    const engine = containers.engine()
    if (!engine) return { outcome: 'failed', detail: 'the engine is away' }
    await containers.inspect(containerId)
    const container = containers.get(containerId)
    if (!container?.is.running || container.is.startedAt !== startedAt) {
      return { outcome: 'refused', detail: 'that life of the container is over' }
    }
    const command: Command = {
      id: 0,
      hostId: 0,
      kind,
      epoch: container.epoch ?? 0,
      containerId,
      args: kind === 'throttle' ? { cpuPercent } : kind === 'stop' ? { graceSeconds: GRACE_SECONDS } : {},
      issuedAtMs: 0,
      expiresAtMs: 0,
    }
    const executed = await execute(command, container.is, engine, before, save)
    if (kind !== 'stop' || executed.outcome === 'done') return executed
    // Something that does not let itself be stopped is killed.
    return execute({ ...command, kind: 'kill' }, container.is, engine, before, save)
  }
}
