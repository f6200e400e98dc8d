import type { Container, Containers } from '#agents/host/containers.ts'
import type { Engine } from '#agents/host/engine.ts'
import type { execute } from '#agents/host/execute.ts'
import { lifeOf, type Watch } from './watch.ts'
import type { Machine } from './machine.ts'

type Carry = typeof execute

const engine: Engine = {
  name: 'docker',
  version: '28.5.1',
  call: () => Promise.resolve(null),
  follow: () => Promise.resolve(),
  close: () => {},
}

/** How commands are carried out on a simulated machine: at once, on what its kernel counts. */
export const simCommands = (
  machine: Machine,
  watch: Watch,
): { containers: Pick<Containers, 'epochsOf' | 'engine' | 'inspect' | 'get' | 'readNow'>; carry: Carry } => {
  const get = (id: string): Container | undefined => {
    const container = watch.find(id)
    if (!container) return undefined
    const { startMonoMs: _, containerId, imageId = '', ...life } = lifeOf(machine, container)
    const is = {
      ...life,
      id: containerId,
      imageId,
      running: container.running,
      pid: container.running ? 1_000 + container.slot.index : 0,
      exitCode: 0,
      restarts: container.restarts,
      cpu: { NanoCpus: (life.limits?.cpuMilli ?? 0) * 1e6, CpuQuota: 0, CpuPeriod: 0 },
      restartPolicy: 'unless-stopped',
      logPath: '',
      upperDir: '',
      volumes: [],
      addresses: [],
      aliases: [],
      hostNetwork: false,
      hostsPath: '',
    }
    return { is, probe: null, epoch: watch.epochOf(id), created: true, lastState: '', codeless: null }
  }
  const carry: Carry = async (command, is) => {
    const container = watch.find(is.id)
    if (!container) return { outcome: 'refused', detail: 'the container is gone' }
    const done = (detail: string, evidence?: Record<string, string | number | boolean>) => ({
      outcome: 'done' as const,
      detail,
      ...(evidence ? { evidence } : {}),
    })
    const { cpuPercent, memoryMib, cpuMilli } = command.args
    switch (command.kind) {
      case 'stop':
      case 'kill':
        machine.stop(container)
        return done(command.kind === 'stop' ? 'stopped' : 'killed', { restartPolicyBefore: 'unless-stopped' })
      case 'restart':
        machine.start(container)
        return done('restarted')
      case 'pause':
        machine.pause(container)
        return done('paused')
      case 'unpause':
        machine.unpause(container)
        return done('unpaused')
      case 'throttle': {
        if (!cpuPercent) return { outcome: 'refused', detail: 'it does not say how much cpu to leave' }
        machine.slow(container, Math.min(1, (cpuPercent * 10_000) / Math.max(1, container.slot.workload.cpuUs.base)))
        return done(`throttled to ${cpuPercent} % of a core`, { afterCpuQuota: cpuPercent * 1_000 })
      }
      case 'unthrottle':
        machine.slow(container, 1)
        return done('back to the limits of before')
      case 'set_limits':
        return done('limits set', { ...(memoryMib ? { memoryMib } : {}), ...(cpuMilli ? { cpuMilli } : {}) })
      case 'truncate_log': {
        const { log } = machine.sizes(container, machine.mono())
        machine.truncateLog(container)
        return done('truncated', { bytesBefore: log, bytesAfter: machine.sizes(container, machine.mono()).log })
      }
      case 'delete':
        machine.remove(container)
        return done('deleted')
      case 'recreate':
      case 'remove_volume':
        return { outcome: 'refused', detail: 'its container is still there' }
    }
  }
  return {
    containers: {
      epochsOf: watch.epochsOf,
      engine: () => engine,
      inspect: async () => {},
      get,
      readNow: () => watch.sample(),
    },
    carry,
  }
}
