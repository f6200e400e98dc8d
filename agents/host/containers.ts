import type { AgentEvent, EpochState } from '#agents/protocol.ts'
import type { Reading } from './accumulate.ts'
import type { Engine } from './engine.ts'
import type { Roots } from './files.ts'
import { parseInspect, parseList, type EngineEvent, type Inspected } from './inspect.ts'
import type { Ledger } from './ledger.ts'
import { reason, type Log } from './log.ts'
import { openProbe, type Namespaces, type Probe } from './probe.ts'

/** A container on this host, running or not. */
export type Container = {
  is: Inspected
  /** Null while it does not run. */
  probe: Probe | null
  /** Of its present or last life; null where none was measured. */
  epoch: number | null
  /** True where the agent was there before it. */
  created: boolean
  /** The end of this start's life is told, but not yet with its exit code. */
  codeless: string | null
  lastState: string
}

export type Containers = ReturnType<typeof createContainers>

const INSPECT_PARALLEL = 4

/**
 * Follows the engine's containers and reads the running ones. An engine is asked about a container when it appears,
 * starts, ends or changes, never in the sampling loop. `onEvent` gets what goes into the report, `onFailure` what could
 * not be seen, `onChange` is called when containers, their layers or volumes are others than before, `onReading` at each
 * reading.
 */
export const createContainers = (options: {
  roots: Roots
  ledger: Ledger
  mono: () => number
  log: Log
  lastEpochs: Record<string, number>
  onEvent: (event: AgentEvent) => void
  onFailure: (failure: string) => void
  onChange: () => void
  onReading?: (containerId: string, reading: Reading) => void
}) => {
  const { roots, ledger, mono, log, lastEpochs, onEvent, onFailure, onChange, onReading } = options
  const containers = new Map<string, Container>()
  const namespaces: Namespaces = new Map()
  const waiting = new Map<string, Promise<void>>()
  const again = new Set<string>()
  let engine: Engine | null = null
  let listed = false
  let slots = INSPECT_PARALLEL
  const queue: (() => void)[] = []

  const take = () => (slots > 0 ? (slots--, Promise.resolve()) : new Promise<void>((resolve) => queue.push(resolve)))
  const give = () => {
    const next = queue.shift()
    if (next) next()
    else slots++
  }

  const happened = (container: Container, kind: AgentEvent['kind'], state?: EpochState) => {
    if (container.epoch === null) return
    onEvent({ epoch: container.epoch, monoMs: mono(), kind, ...(state === undefined ? {} : { state }) })
  }

  /** Reads a container once; false where it is gone. */
  const readOne = (container: Container): boolean => {
    const { probe } = container
    if (!probe) return false
    try {
      const reading = probe.read(mono())
      const { epoch, gap } = ledger.read(probe.life, reading)
      container.epoch = epoch
      onReading?.(container.is.id, reading)
      if (gap) happened(container, 'gap')
      return true
    } catch {
      return false
    }
  }

  const ended = (epoch: number | undefined, exitCode: number | null) => {
    const state = { running: false, ...(exitCode === null ? {} : { exitCode }) }
    if (epoch !== undefined) onEvent({ epoch, monoMs: mono(), kind: 'die', state })
  }

  /** Ends the life that is measured, and tells of it at once; where the exit code is not known yet, it follows. */
  const died = (container: Container, exitCode: number | null) => {
    const { probe } = container
    if (!probe) return
    // Where the cgroup still stands this is what it came to; else the last sample is.
    readOne(container)
    const { containerId, startedAt } = probe.life
    const epoch = ledger.closeLife(containerId, startedAt)
    ended(epoch, exitCode)
    container.codeless = exitCode === null && epoch !== undefined ? startedAt : null
    probe.close()
    container.probe = null
  }

  const exited = (container: Container, startedAt: string, exitCode: number) => {
    if (container.codeless !== startedAt) return
    container.codeless = null
    happened(container, 'state', { running: false, exitCode })
  }

  const closeObject = (kind: 'layer' | 'log', id: string) => {
    ended(ledger.epochOfObject(kind, id), null)
    ledger.closeObject(kind, id)
  }

  /** Ends what saved state went on with and nobody watched the end of. `present` are the engine's containers. */
  const closeGone = (present: Set<string>) => {
    for (const { declaration, kind } of ledger.openEntries()) {
      const { objectId, startedAt } = declaration
      if (kind === 'container') {
        const container = containers.get(objectId)
        const { is, probe } = container ?? {}
        const lives = probe?.life.startedAt === startedAt || (is?.running && is.startedAt === startedAt)
        // A container that is listed but could not be inspected may live.
        if (lives || (!is && present.has(objectId))) continue
        ended(ledger.closeLife(objectId, startedAt), is?.startedAt === startedAt ? is.exitCode : null)
      } else if (kind !== 'volume' && !present.has(objectId)) closeObject(kind, objectId)
    }
  }

  const begin = (container: Container) => {
    const before = container.epoch
    try {
      container.probe = openProbe(roots, container.is, namespaces)
    } catch (error) {
      log('info', 'a container ended before it could be read', { container: container.is.id, error: reason(error) })
      return
    }
    const known = ledger.epochOfLife(container.is.id, container.is.startedAt) !== undefined
    if (!readOne(container)) {
      died(container, null)
      return
    }
    container.probe.onEmpty(() => readOne(container))
    const state = { running: true, restarts: container.is.restarts }
    const witnessed = container.epoch !== null && ledger.isWitnessed(container.epoch)
    if (!known) happened(container, !witnessed ? 'state' : before === null ? 'start' : 'restart', state)
  }

  const remove = (id: string) => {
    const container = containers.get(id)
    if (!container) return
    died(container, container.is.exitCode)
    closeObject('layer', id)
    closeObject('log', id)
    containers.delete(id)
    onChange()
  }

  const update = (is: Inspected) => {
    let container = containers.get(is.id)
    if (!container) {
      container = { is, probe: null, epoch: lastEpochs[is.id] ?? null, created: listed, codeless: null, lastState: '' }
      containers.set(is.id, container)
    }
    const { probe } = container
    if (probe && (!is.running || probe.pid !== is.pid || probe.life.startedAt !== is.startedAt)) {
      // A later start has forgotten what the one before came to.
      died(container, is.running ? null : is.exitCode)
    } else if (!is.running) exited(container, is.startedAt, is.exitCode)
    container.is = is
    if (is.running && is.pid > 0 && !container.probe) begin(container)
    const { name, image, imageId, labels, limits } = is
    ledger.describe(is.id, { name, image, imageId, labels, ...(limits === undefined ? {} : { limits }) })
    onChange()
  }

  const inspect = async (id: string): Promise<void> => {
    const running = waiting.get(id)
    if (running) {
      again.add(id)
      return running
    }
    const work = (async () => {
      await take()
      try {
        if (!engine) return
        update(parseInspect(await engine.call('GET', `/containers/${id}/json`)))
      } catch (error) {
        if (error instanceof Error && 'status' in error && error.status === 404) remove(id)
        else onFailure(`container ${id.slice(0, 12)} could not be inspected: ${reason(error)}`)
      } finally {
        give()
        waiting.delete(id)
      }
    })()
    waiting.set(id, work)
    await work
    if (again.delete(id)) await inspect(id)
  }

  return {
    use(next: Engine | null) {
      engine = next
    },
    engine: () => engine,
    get: (id: string) => containers.get(id),
    all: () => containers.values(),
    inspect,

    /** Compares what is known with the engine's list and inspects what differs. Rejects where the engine is away. */
    async relist(): Promise<void> {
      if (!engine) return
      const list = parseList(await engine.call('GET', '/containers/json?all=1', undefined, 30_000))
      const present = new Set(list.map(({ id }) => id))
      for (const id of [...containers.keys()]) if (!present.has(id)) remove(id)
      await Promise.all(
        list.map(({ id, running, name }) => {
          const known = containers.get(id)
          const same =
            known && known.is.running === running && running === (known.probe !== null) && known.is.name === name
          return same ? undefined : inspect(id)
        }),
      )
      closeGone(present)
      listed = true
    },

    /** What an event asks for. The reading of a container that dies is taken before anything else. */
    handle({ action, id, exitCode, timeNano }: EngineEvent) {
      const container = containers.get(id)
      // After a reconnection events come again: the death of an earlier life says nothing about this one.
      if (container?.probe && Date.parse(container.probe.life.startedAt) > timeNano / 1e6) return
      if (action === 'kill' && container) readOne(container)
      else if (action === 'die' || action === 'died') {
        if (container) {
          died(container, exitCode ?? 0)
          exited(container, container.is.startedAt, exitCode ?? 0)
          container.is = { ...container.is, running: false, pid: 0, exitCode: exitCode ?? 0 }
        }
        void inspect(id)
      } else if (action === 'oom' && container) happened(container, 'oom')
      else if (action === 'destroy' || action === 'remove') remove(id)
      else if (['create', 'start', 'restart', 'update', 'rename', 'unpause'].includes(action)) void inspect(id)
    },

    /** Reads every running container. One that is gone ends here, and the engine is asked what became of it. */
    sample() {
      for (const container of containers.values()) {
        if (!container.probe || readOne(container)) continue
        died(container, null)
        void inspect(container.is.id)
      }
    },

    readNow(id: string) {
      const container = containers.get(id)
      if (container) readOne(container)
    },

    /** States that changed since they were last asked for, as events. */
    states() {
      for (const container of containers.values()) {
        if (!container.probe) continue
        try {
          const { pids, oomKills, cpuPressureCenti, memoryPressureCenti } = container.probe.state()
          const state: EpochState = {
            running: true,
            restarts: container.is.restarts,
            ...(pids === null ? {} : { pids }),
            ...(oomKills === null ? {} : { oomKills }),
            ...(cpuPressureCenti === null ? {} : { cpuPressureCenti }),
            ...(memoryPressureCenti === null ? {} : { memoryPressureCenti }),
          }
          const text = `${container.epoch} ${JSON.stringify(state)}`
          if (text === container.lastState) continue
          container.lastState = text
          happened(container, 'state', state)
        } catch {
          // It ended just now: the next sample sees to that.
        }
      }
    },

    /** The epochs that a command to a container may mean: its present or last life, its layer and its log. */
    epochsOf(id: string): number[] {
      const container = containers.get(id)
      if (!container) return []
      const epochs = [container.epoch, ledger.epochOfObject('layer', id), ledger.epochOfObject('log', id)]
      return epochs.filter((epoch) => epoch !== null && epoch !== undefined)
    },

    lastEpochs: (): Record<string, number> =>
      Object.fromEntries([...containers].flatMap(([id, { epoch }]) => (epoch === null ? [] : [[id, epoch]]))),

    close() {
      for (const container of containers.values()) container.probe?.close()
    },
  }
}
