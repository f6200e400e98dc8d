import type { HostFacts, HostReading } from '#agents/protocol.ts'
import type { Reading } from '#agents/host/accumulate.ts'
import { bootIdOf, firstBoot, lifeAt, type Boot, type SlotLife } from './lives.ts'
import type { HostPlan, Slot } from './plan.ts'
import { rateAt, totalAt, type Wave } from './wave.ts'

export const MIB = 2 ** 20

/** What somebody did to a slot's present life, in milliseconds since 1970; forgotten when its churn goes on. */
type Change = {
  scheduledS: number
  stoppedMs: number | null
  startedMs: number | null
  removed: boolean
  paused: { totals: number[]; sinceMs: number } | null
  cpu: { fromMs: number; already: number; share: number } | null
  logFromMs: number | null
}

/** A container as the simulated machine has it now. */
export type SimContainer = SlotLife & { running: boolean; startMs: number }

export type Machine = ReturnType<typeof createMachine>

const COUNTERS = ['cpuUs', 'throttledUs', 'rxBytes', 'txBytes', 'blockReadBytes', 'blockWriteBytes'] as const
const NOTHING: Wave = { base: 0 }
/** A log that runs away grows so fast. */
const RUNAWAY_MIB_S = 14

/** A counter of a life in whole units at a moment. */
export const counterOf = (slot: Slot, name: (typeof COUNTERS)[number], startS: number, atS: number): number =>
  Math.max(0, Math.floor(totalAt(slot.workload[name] ?? NOTHING, slot.rhythm, startS, atS)))

/** MiB at a moment. */
export const gaugeOf = (wave: Wave | undefined, slot: Slot, fromS: number, atS: number): number =>
  wave ? Math.max(0, rateAt(wave, slot.rhythm, fromS, atS)) : 0

/**
 * A simulated machine: what its kernel would count at any moment, whoever looks or not. Everything follows from plan,
 * seed and time, so it goes on where it was after its process ends; commands and reboots alone are remembered.
 * `now` is true time in milliseconds since 1970, `skewMs` how far its wall clock is ahead of it.
 */
export const createMachine = (options: {
  seed: number
  plan: HostPlan
  now: () => number
  skewMs?: number
  boots?: Boot[]
  /** A slot whose log runs away between two moments, in milliseconds since 1970. */
  runaway?: { slot: number; fromMs: number; untilMs: number }
}) => {
  const { seed, plan, now, skewMs = 0, runaway } = options
  const boots = options.boots ?? [firstBoot(seed, plan)]
  const changes = new Map<number, Change>()
  const boot = () => boots.at(-1)!
  const bootMs = () => boot().atS * 1000
  const atMono = (monoMs: number) => (bootMs() + monoMs) / 1000

  const changeOf = (slot: Slot, life: SlotLife): Change | undefined => {
    const change = changes.get(slot.index)
    if (change && change.scheduledS !== life.startS) changes.delete(slot.index)
    return changes.get(slot.index)
  }
  const change = (container: SimContainer): Change => {
    const { slot } = container
    const scheduled = lifeAt(seed, plan.name, slot, boots, now() / 1000)
    const scheduledS = scheduled?.startS ?? container.startS
    const fresh: Change = {
      scheduledS,
      stoppedMs: null,
      startedMs: null,
      removed: false,
      paused: null,
      cpu: null,
      logFromMs: null,
    }
    const made = changes.get(slot.index) ?? fresh
    changes.set(slot.index, made)
    return made
  }

  const counters = (container: SimContainer, atS: number): number[] => {
    const { slot, startMs } = container
    return COUNTERS.map((name) => {
      const value = counterOf(slot, name, startMs / 1000, atS)
      const held = name === 'cpuUs' ? changes.get(slot.index)?.cpu : null
      if (!held) return value
      const before = counterOf(slot, name, startMs / 1000, held.fromMs / 1000)
      return Math.floor(held.already + (value - before) * held.share)
    })
  }

  const runawayMib = (slot: Slot, atS: number): number => {
    if (!runaway || runaway.slot !== slot.index) return 0
    const from = Math.max(runaway.fromMs, changes.get(slot.index)?.logFromMs ?? 0) / 1000
    return RUNAWAY_MIB_S * Math.max(0, Math.min(atS, runaway.untilMs / 1000) - from)
  }

  return {
    plan,
    boot,
    boots: (): readonly Boot[] => boots,
    mono: () => Math.floor(now() - bootMs()),
    wallMs: () => now() + skewMs,

    /** The power is cut and comes back: a new boot, and all containers start again. */
    reboot() {
      boots.push({ bootId: bootIdOf(seed, plan.name, boots.length), atS: Math.ceil(now() / 1000) })
      changes.clear()
    },

    /** Containers that are there now, running or not. */
    containers(): SimContainer[] {
      const atS = now() / 1000
      return plan.slots.flatMap((slot): SimContainer[] => {
        const life = lifeAt(seed, plan.name, slot, boots, atS)
        if (!life) return []
        const changed = changeOf(slot, life)
        if (changed?.removed) return []
        const startMs = changed?.startedMs ?? life.startS * 1000
        return [{ ...life, startMs, running: changed?.stoppedMs == null }]
      })
    },

    /** What the kernel counts of a container at a moment since boot; `atMs` may be its end. */
    read(container: SimContainer, monoMs: number): Reading {
      const atS = Math.max(container.startMs / 1000, Math.min(atMono(monoMs), container.endS))
      const paused = changes.get(container.slot.index)?.paused
      const [cpuUs = 0, throttledUs = 0, rxBytes = 0, txBytes = 0, blockReadBytes = 0, blockWriteBytes = 0] =
        paused?.totals ?? counters(container, atS)
      const memoryMib = gaugeOf(container.slot.workload.memoryMib, container.slot, container.startMs / 1000, atS)
      const memoryBytes = Math.floor(memoryMib * MIB)
      return { monoMs, cpuUs, throttledUs, memoryBytes, rxBytes, txBytes, blockReadBytes, blockWriteBytes }
    },

    /** Bytes of a container's storage at a moment since boot. A volume outlives its container. */
    sizes(container: SimContainer, monoMs: number): { layer: number; log: number; volume: number | null } {
      const { slot, madeS } = container
      const atS = Math.max(madeS, atMono(monoMs))
      const { layerMib, logMib, volumeMib } = slot.workload
      const logFrom = changes.get(slot.index)?.logFromMs
      const logMibNow = gaugeOf(logMib, slot, logFrom ? logFrom / 1000 : madeS, atS) + runawayMib(slot, atS)
      const bytes = (mib: number) => Math.floor(mib * MIB)
      return {
        layer: bytes(gaugeOf(layerMib, slot, madeS, atS)),
        log: bytes(logMibNow),
        volume: volumeMib ? bytes(gaugeOf(volumeMib, slot, slot.fromS, atS)) : null,
      }
    },

    host(): HostReading {
      const atS = now() / 1000
      const busy = hostWaves(plan).reduce(
        (sum, { slot, wave, share }) => sum + share * Math.max(0, totalAt(wave, slot.rhythm, boot().atS, atS)),
        0,
      )
      const running = this.containers().filter((one) => one.running)
      const gauge = (name: 'memoryMib' | 'layerMib' | 'volumeMib') =>
        running.reduce((sum, one) => sum + gaugeOf(one.slot.workload[name], one.slot, one.startMs / 1000, atS), 0)
      const cpuNow = running.reduce(
        (sum, one) => sum + rateAt(one.slot.workload.cpuUs, one.slot.rhythm, one.startMs / 1000, atS),
        0,
      )
      const traffic = (name: 'rxBytes' | 'txBytes') =>
        Math.floor(
          plan.slots.reduce(
            (sum, slot) => sum + Math.max(0, totalAt(slot.workload[name], slot.rhythm, boot().atS, atS)),
            0,
          ),
        )
      const load = cpuNow / 1e6
      const stalled = Math.max(0, load / plan.cores - 0.55)
      return {
        cpuUs: Math.floor(busy),
        memoryUsedMib: Math.min(plan.memoryTotalMib, Math.floor(1_400 + gauge('memoryMib'))),
        load1Centi: Math.round(load * 103),
        rxBytes: traffic('rxBytes'),
        txBytes: traffic('txBytes'),
        fileSystems: [
          { mount: '/', usedMib: 31_400, totalMib: 98_000 },
          {
            mount: '/var/lib/docker',
            usedMib: Math.min(plan.diskTotalMib, Math.floor(120_000 + gauge('layerMib') + gauge('volumeMib'))),
            totalMib: plan.diskTotalMib,
          },
        ],
        pressure: {
          cpuCenti: Math.min(10_000, Math.round(stalled * 6_000)),
          memoryCenti: Math.min(10_000, Math.round(stalled * 300)),
          ioCenti: Math.min(10_000, Math.round(40 + stalled * 900)),
        },
      }
    },

    facts: (): HostFacts => ({
      hostname: plan.name,
      kernel: '6.12.48+deb13-amd64',
      architecture: 'x64',
      cores: plan.cores,
      memoryTotalMib: plan.memoryTotalMib,
      cgroupVersion: 2,
      engine: 'docker',
      engineVersion: '28.5.1',
      projectQuotas: plan.kind === 'paid',
    }),

    stop(container: SimContainer) {
      change(container).stoppedMs ??= now()
    },
    start(container: SimContainer) {
      const made = change(container)
      Object.assign(made, { stoppedMs: null, startedMs: now(), paused: null, cpu: null })
    },
    remove(container: SimContainer) {
      change(container).removed = true
    },
    pause(container: SimContainer) {
      change(container).paused ??= { totals: counters(container, now() / 1000), sinceMs: now() }
    },
    unpause(container: SimContainer) {
      const made = change(container)
      // It goes on from what it had, not from what it would have had.
      if (made.paused) made.cpu = { fromMs: now(), already: made.paused.totals[0] ?? 0, share: 1 }
      made.paused = null
    },
    /** From now on it gets `share` of the cpu it would take. */
    slow(container: SimContainer, share: number) {
      const atMs = now()
      const [already = 0] = counters(container, atMs / 1000)
      change(container).cpu = { fromMs: atMs, already, share }
    },
    truncateLog(container: SimContainer) {
      change(container).logFromMs = now()
    },
  }
}

/** The waves that make up a host's busy time: those of its slots, for the part of the time that something runs there. */
export const hostWaves = (plan: HostPlan): { slot: Slot; wave: Wave; share: number }[] =>
  plan.slots.map((slot) => ({
    slot,
    wave: slot.workload.cpuUs,
    share: 1.04 * (slot.churn.kind === 'jobs' ? slot.churn.forS / slot.churn.everyS : 1),
  }))
