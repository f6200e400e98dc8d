import { lstatSync, truncateSync } from 'node:fs'
import type { Command, CommandOutcome, CommandResult } from '#agents/protocol.ts'
import { EngineError, type Engine } from './engine.ts'
import type { Inspected } from './inspect.ts'
import { reason } from './log.ts'
import { createConfigText } from './recreate.ts'
import type { Before } from './state.ts'

type Evidence = NonNullable<CommandResult['evidence']>
export type Executed = { outcome: CommandOutcome; detail: string; evidence?: Evidence }

type Made = { HostConfig: Record<string, unknown> }

const DEFAULT_PERIOD_US = 100_000
const LEAST_QUOTA_US = 1_000
const MIB = 2 ** 20
const MOST_TEXT = 2_000

/**
 * The engine's fields that limit cpu to `milli` thousandths of a core. An engine takes NanoCpus or CpuQuota, never both,
 * so a container keeps the one it has; one without limit gets a quota, which can be taken off again.
 */
export const cpuUpdate = (has: Inspected['cpu'], milli: number): Record<string, number> => {
  if (has.NanoCpus > 0) return { NanoCpus: Math.max(10_000_000, Math.round(milli * 1e6)) }
  const period = has.CpuPeriod || DEFAULT_PERIOD_US
  return { CpuPeriod: period, CpuQuota: Math.max(LEAST_QUOTA_US, Math.round((milli / 1000) * period)) }
}

/** The fields that give back the limits of before. */
export const cpuRestore = (before: Inspected['cpu']): Record<string, number> =>
  before.NanoCpus > 0
    ? { NanoCpus: before.NanoCpus }
    : { CpuPeriod: before.CpuPeriod || DEFAULT_PERIOD_US, CpuQuota: before.CpuQuota || -1 }

/** The cpu that an engine leaves to a container, in thousandths of a core; Infinity where it has no limit. */
export const cpuLimitMilli = ({ NanoCpus, CpuQuota, CpuPeriod }: Inspected['cpu']): number => {
  if (NanoCpus > 0) return NanoCpus / 1e6
  return CpuQuota > 0 ? (CpuQuota / (CpuPeriod || DEFAULT_PERIOD_US)) * 1000 : Infinity
}

const cpuEvidence = (when: 'before' | 'after', cpu: Record<string, number>): Evidence =>
  Object.fromEntries(Object.entries(cpu).map(([name, value]) => [`${when}${name}`, value]))

const done = (detail: string, evidence?: Evidence): Executed => ({
  outcome: 'done',
  detail,
  ...(evidence === undefined ? {} : { evidence }),
})
const refused = (detail: string): Executed => ({ outcome: 'refused', detail })

/** Texts as lines, as many as evidence may hold. */
const lines = (texts: readonly string[]): string =>
  texts.reduce((all, text) => {
    const more = all === '' ? text : `${all}\n${text}`
    return more.length > MOST_TEXT ? all : more
  }, '')

const isMissing = (value: unknown): value is undefined =>
  typeof value !== 'number' || !Number.isFinite(value) || value <= 0

/**
 * Carries a command out on the container `is`, through its engine. `before` holds what throttle and stop changed, a
 * record a container; it is to be kept, and saved by `save` before anything is changed. Never throws.
 */
export const execute = async (
  command: Command,
  is: Inspected,
  engine: Engine,
  before: Record<string, Before>,
  save: () => void,
): Promise<Executed> => {
  const { args } = command
  const container = `/containers/${is.id}`
  const post = (path: string, body?: unknown, timeoutMs = 30_000) =>
    engine.call('POST', container + path, body, timeoutMs)

  const remember = (changed: Before) => {
    before[is.id] = { ...changed, ...before[is.id] }
    save()
  }
  const forget = (part: keyof Before) => {
    const { [part]: _, ...rest } = before[is.id] ?? {}
    if (Object.keys(rest).length > 0) before[is.id] = rest
    else delete before[is.id]
    save()
  }

  /** An engine would start a stopped offender again by its policy. Podman before 4.x cannot change it. */
  const stayDown = async (): Promise<Evidence> => {
    if (is.restartPolicy === 'no') return {}
    remember({ restartPolicy: is.restartPolicy })
    try {
      await post('/update', { RestartPolicy: { Name: 'no' } })
      return { restartPolicyBefore: is.restartPolicy }
    } catch (error) {
      return { restartPolicyBefore: is.restartPolicy, restartPolicyError: reason(error).slice(0, 500) }
    }
  }

  const actions: Record<Command['kind'], () => Promise<Executed>> = {
    stop: async () => {
      const evidence = await stayDown()
      const graceSeconds = isMissing(args.graceSeconds) ? 10 : Math.min(300, Math.round(args.graceSeconds))
      await post(`/stop?t=${graceSeconds}`, undefined, (graceSeconds + 30) * 1000)
      return done('stopped', evidence)
    },
    kill: async () => {
      if (!is.running) return done('it did not run')
      const evidence = await stayDown()
      await post('/kill')
      return done('killed', evidence)
    },
    pause: async () => {
      if (is.paused) return done('it was paused already')
      await post('/pause')
      return done('paused')
    },
    unpause: async () => {
      if (is.paused === false) return done('it was not paused')
      await post('/unpause')
      return done('unpaused')
    },
    throttle: async () => {
      if (isMissing(args.cpuPercent)) return refused('it does not say how much cpu to leave')
      const { NanoCpus, CpuQuota, CpuPeriod } = is.cpu
      remember({ cpu: { NanoCpus, CpuQuota, CpuPeriod } })
      // Never to more than it had: a throttle takes away.
      const milli = Math.min(args.cpuPercent * 10, cpuLimitMilli(before[is.id]?.cpu ?? is.cpu))
      const fields = cpuUpdate(is.cpu, milli)
      await post('/update', fields)
      return done(`throttled to ${milli / 10} % of a core`, {
        ...cpuEvidence('before', is.cpu),
        ...cpuEvidence('after', fields),
      })
    },
    unthrottle: async () => {
      const held = before[is.id]?.cpu
      if (!held) return done('it was not throttled')
      const fields = cpuRestore(held)
      await post('/update', fields)
      forget('cpu')
      return done('back to the limits of before', { ...cpuEvidence('before', is.cpu), ...cpuEvidence('after', fields) })
    },
    set_limits: async () => {
      // Docker can limit the disk of a container only where it makes it; changing it needs the file system's quota tools.
      if (args.diskMib !== undefined) return refused('disk limits need project quotas on the engine’s file system')
      const memory = isMissing(args.memoryMib) ? {} : { Memory: args.memoryMib * MIB, MemorySwap: args.memoryMib * MIB }
      const cpu = isMissing(args.cpuMilli) ? {} : cpuUpdate(is.cpu, args.cpuMilli)
      const fields = { ...memory, ...cpu }
      if (Object.keys(fields).length === 0) return refused('it names no limit')
      await post('/update', fields)
      // Limits that are set now are the ones to keep: a throttle of before is over.
      if (Object.keys(cpu).length > 0) forget('cpu')
      return done('limits set', {
        ...cpuEvidence('before', is.cpu),
        ...(is.limits?.memoryMib === undefined ? {} : { beforeMemoryMib: is.limits.memoryMib }),
        ...cpuEvidence('after', fields),
      })
    },
    restart: async () => {
      const policy = before[is.id]?.restartPolicy
      if (policy !== undefined) {
        await post('/update', { RestartPolicy: { Name: policy } })
        forget('restartPolicy')
      }
      before[is.id] = { ...before[is.id], restartedBy: command.id }
      save()
      await post('/restart?t=10', undefined, 60_000)
      return done('restarted')
    },
    truncate_log: async () => {
      if (is.logPath === '') return refused('its log is not kept in a file')
      const stat = lstatSync(is.logPath, { throwIfNoEntry: false })
      if (!stat?.isFile()) return refused('its log file is not there')
      // In place: the engine keeps the file open for appending.
      truncateSync(is.logPath, 0)
      return done('log truncated', { beforeBytes: stat.size, afterBytes: lstatSync(is.logPath).size })
    },
    delete: async () => {
      const policy = before[is.id]?.restartPolicy
      const inspected = await engine.call('GET', `${container}/json`)
      // The policy that it had before it was stopped is the one to come back with.
      if (policy !== undefined) Object.assign((inspected as Made).HostConfig, { RestartPolicy: { Name: policy } })
      const createConfig = createConfigText(inspected)
      await engine.call('DELETE', `${container}?force=1`, undefined, 60_000)
      delete before[is.id]
      save()
      return done('deleted', {
        ...(createConfig === undefined ? {} : { createConfig }),
        ...(is.volumes.length === 0 ? {} : { volumes: lines(is.volumes.map(({ name }) => name)) }),
      })
    },
    recreate: async () => refused('its container is still there'),
    remove_volume: async () => refused('it is a container, not a volume'),
  }

  try {
    return await actions[command.kind]()
  } catch (error) {
    if (error instanceof EngineError && error.status === 404) {
      return command.kind === 'delete' ? done('it was gone already') : refused('the container is no longer there')
    }
    return { outcome: 'failed', detail: reason(error).slice(0, 500) }
  }
}
