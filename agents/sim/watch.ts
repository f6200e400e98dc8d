import type { AgentEvent, Finding } from '#agents/protocol.ts'
import type { Ledger, Life, StorageKind, StorageObject } from '#agents/host/ledger.ts'
import { grow, openGrowth, type Growth } from '#agents/host/runaway.ts'
import type { Time } from '#agents/host/time.ts'
import { MIB, type Machine, type SimContainer } from './machine.ts'
import { digestOf } from './random.ts'

const MINUTE_MS = 60_000

export type Watch = ReturnType<typeof createWatch>

/** A container's life as the engine of its machine would tell it, by the machine's own wall clock. */
export const lifeOf = (machine: Machine, container: SimContainer): Life => {
  const { slot, containerId, startMs } = container
  const { app } = slot
  const wallMs = Math.round(startMs) + (machine.wallMs() - machine.mono() - machine.boot().atS * 1000)
  const number = slot.churn.kind === 'deploys' || slot.churn.kind === 'jobs' ? `-${containerId.slice(0, 4)}` : ''
  return {
    containerId,
    startedAt: new Date(Math.round(wallMs)).toISOString(),
    startMonoMs: Math.round(startMs - machine.boot().atS * 1000),
    name: `${slot.name}${number}`,
    image: app.image,
    imageId: `sha256:${digestOf(app.image)}`,
    labels: labelsOf(container),
    ...(app.limits ? { limits: app.limits } : {}),
  }
}

/** Who owns it and what it is of; some containers carry no such labels. */
export const labelsOf = ({ slot: { app } }: SimContainer): Record<string, string> => ({
  ...(app.account === '' ? {} : { 'io.wharfinger.account': app.account, 'io.wharfinger.app': app.app }),
  'com.docker.compose.project': app.account === '' ? 'left-behind' : app.account,
  'com.docker.compose.service': app.app === '' ? 'shell' : app.app,
})

/** Processes in a container; a few, and more where more is done. */
const pidsOf = ({ slot }: SimContainer) => 3 + Math.ceil(slot.workload.cpuUs.base / 60_000) + (slot.index % 4)

/**
 * Looks at a simulated machine's containers as the agent looks at an engine's: opens lives, reads them, takes the last
 * reading of those that ended, measures their storage.
 */
export const createWatch = (options: {
  machine: Machine
  ledger: Ledger
  time: Time
  samplesMs: number
  lastEpochs: Record<string, number>
  onEvent: (event: AgentEvent) => void
  onFinding: (finding: Finding) => void
}) => {
  const { machine, ledger, time, samplesMs, lastEpochs, onEvent, onFinding } = options
  const watched = new Map<string, { container: SimContainer; life: Life; epoch: number }>()
  const growths = new Map<string, Growth>()
  let first = true

  const read = (container: SimContainer, life: Life, monoMs: number) => {
    const { epoch, opened, gap } = ledger.read(life, machine.read(container, monoMs))
    if (gap) onEvent({ epoch, monoMs, kind: 'gap' })
    return { epoch, opened }
  }

  const ended = (container: SimContainer, life: Life, now: number) => {
    // A container that is stopped by a command ends now, one whose time is over ended then.
    const endMono = Math.min(now, Math.floor(container.endS * 1000 - machine.boot().atS * 1000))
    const { epoch } = read(container, life, endMono)
    ledger.closeLife(life.containerId, life.startedAt)
    onEvent({ epoch, monoMs: endMono, kind: 'die', state: { running: false, exitCode: container.exitCode } })
  }

  const measure = (container: SimContainer, life: Life, now: number, created: boolean, walks: boolean) => {
    const { slot } = container
    const sizes = machine.sizes(container, now)
    const put = (kind: StorageKind, objectId: string, name: string, bytes: number) => {
      const { containerId, image, labels } = life
      const object: StorageObject = { kind, objectId, containerId, name, image, labels }
      return ledger.measure(object, { bytes, monoMs: now }, time.iso(now), created)
    }
    const epoch = put('log', life.containerId, life.name, sizes.log)
    if (walks) {
      put('layer', life.containerId, life.name, sizes.layer)
      if (sizes.volume !== null) put('volume', slot.volume, slot.volume, sizes.volume)
    }
    const growth = growths.get(life.containerId)
    const step = { monoMs: now, bytes: sizes.log, freeBytes: machine.plan.diskTotalMib * 0.6 * MIB }
    const grown = growth ? grow(epoch, growth, step) : { growth: openGrowth(step), finding: null }
    growths.set(life.containerId, grown.growth)
    if (grown.finding) onFinding(grown.finding)
  }

  return {
    sample() {
      const now = time.mono()
      const present = new Map(machine.containers().map((container) => [container.containerId, container]))
      for (const [id, { container, life }] of watched) {
        const is = present.get(id)
        if (is?.running && is.startMs === container.startMs) continue
        ended(container, life, now)
        watched.delete(id)
        if (is && is.goneS > now / 1000) continue
        ledger.closeObject('layer', id)
        ledger.closeObject('log', id)
        growths.delete(id)
      }
      // Walks end just before a minute does, as the agent's do.
      const walks = first || (time.corrected() % MINUTE_MS) + samplesMs >= MINUTE_MS
      for (const container of present.values()) {
        const id = container.containerId
        const known = watched.get(id)
        const life = known?.life ?? lifeOf(machine, container)
        if (container.running) {
          const open = ledger.epochOfLife(id, life.startedAt) !== undefined
          const { epoch } = read(container, life, now)
          if (!known && !open) {
            const { restarts } = container
            const state = { running: true, restarts, pids: pidsOf(container) }
            onEvent({ epoch, monoMs: now, kind: lastEpochs[id] === undefined ? 'start' : 'restart', state })
          }
          lastEpochs[id] = epoch
          watched.set(id, { container, life, epoch })
        }
        measure(container, life, now, !first, walks)
      }
      for (const id of Object.keys(lastEpochs)) if (!present.has(id)) delete lastEpochs[id]
      first = false
    },
    lastEpochs: () => lastEpochs,
    find: (id: string) => machine.containers().find((container) => container.containerId === id),
    epochOf: (id: string): number | null => lastEpochs[id] ?? null,
    epochsOf: (id: string): number[] =>
      [lastEpochs[id], ledger.epochOfObject('layer', id), ledger.epochOfObject('log', id)].filter(
        (epoch) => epoch !== undefined,
      ),
  }
}
