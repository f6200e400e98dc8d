import { epochId, METERS, type EpochDeclaration, type EpochIdentity, type EpochKind } from '#agents/protocol.ts'
import { openTally, type Tally } from '#agents/host/accumulate.ts'
import type { Entry, SavedLedger } from '#agents/host/ledger.ts'
import { emptyDraft } from '#agents/host/report.ts'
import type { State } from '#agents/host/state.ts'
import { livesBetween, type SlotLife } from './lives.ts'
import { counterOf, gaugeOf, hostWaves, MIB, type Machine, type SimContainer } from './machine.ts'
import { lifeOf } from './watch.ts'
import { totalAt, type Rhythm, type Wave } from './wave.ts'

/** One epoch of a fleet's past: what it was, from when to when, and by which waves it used what it used. */
export type PastEpoch = Omit<EpochDeclaration, 'openedMonoMs'> & {
  hostId: number
  /** Both in seconds since 1970; null where it goes on. */
  openedS: number
  endedS: number | null
  exitCode: number
  restarts: number
  rhythm: Rhythm
  /** By meter; absent ones stay zero. */
  waves: Partial<Record<(typeof METERS)[number], Wave>>
}

/** A host's past: its facts, and the waves that make up its own readings, each for a share of the time. */
export type PastHost = {
  hostId: number
  name: string
  bootId: string
  bootS: number
  facts: object
  /** Nothing of it is known after this moment. */
  untilS: number
  waves: { share: number; rhythm: Rhythm; cpu: Wave; memory: Wave; rx: Wave; tx: Wave }[]
}

const asContainer = (life: SlotLife): SimContainer => ({ ...life, running: true, startMs: life.startS * 1000 })

const CONTAINER_WAVES = {
  cpuUs: 'cpuUs',
  throttledUs: 'throttledUs',
  memoryMibS: 'memoryMib',
  rxBytes: 'rxBytes',
  txBytes: 'txBytes',
  blockReadBytes: 'blockReadBytes',
  blockWriteBytes: 'blockWriteBytes',
} as const

/** Every epoch of a machine's present boot up to a moment, as its agent would have declared them. */
export const pastEpochs = (seed: number, machine: Machine, hostId: number, untilS: number): PastEpoch[] => {
  const { plan } = machine
  const boot = machine.boot()
  const past: PastEpoch[] = []
  for (const slot of plan.slots) {
    const lives = livesBetween(seed, plan.name, slot, boot, boot.atS, untilS)
    const storage = new Set<string>()
    for (const life of lives) {
      const container = asContainer(life)
      const { startMonoMs: _, startedAt, containerId, ...described } = lifeOf(machine, container)
      const ends = (atS: number) => (atS <= untilS ? atS : null)
      const common = {
        hostId,
        witnessed: true,
        exitCode: life.exitCode,
        restarts: life.restarts,
        rhythm: slot.rhythm,
        bootId: boot.bootId,
      }
      const add = (
        identity: EpochIdentity,
        rest: Omit<PastEpoch, keyof EpochIdentity | 'epoch' | keyof typeof common>,
      ) => past.push({ ...common, ...identity, epoch: epochId(identity), ...rest })
      const waves = Object.fromEntries(
        Object.entries(CONTAINER_WAVES).flatMap(([meter, name]) => {
          const wave = slot.workload[name]
          return wave ? [[meter, wave]] : []
        }),
      )
      add(
        { kind: 'container', bootId: boot.bootId, objectId: containerId, startedAt, segment: 0 },
        { ...described, openedS: life.startS, endedS: ends(life.endS), waves },
      )
      const object = (
        kind: EpochKind,
        objectId: string,
        name: string,
        meter: (typeof METERS)[number],
        wave: Wave,
        goneS: number,
      ) => {
        if (storage.has(`${kind}${objectId}`)) return
        storage.add(`${kind}${objectId}`)
        const segment = Math.round((life.startS - boot.atS) * 1000)
        const identity = { kind, bootId: boot.bootId, objectId, startedAt, segment }
        const { image, labels } = described
        add(identity, {
          containerId,
          name,
          image,
          labels,
          openedS: life.startS,
          endedS: ends(goneS),
          waves: { [meter]: wave },
        })
      }
      const { layerMib, logMib, volumeMib } = slot.workload
      object('layer', containerId, described.name, 'diskMibS', layerMib, life.goneS)
      object('log', containerId, described.name, 'logsMibS', logMib, life.goneS)
      if (volumeMib) object('volume', slot.volume, slot.volume, 'volumesMibS', volumeMib, Number.POSITIVE_INFINITY)
    }
  }
  return past
}

export const pastHost = (machine: Machine, hostId: number, untilS: number): PastHost => {
  const { plan } = machine
  const { bootId, atS } = machine.boot()
  return {
    hostId,
    name: plan.name,
    bootId,
    bootS: atS,
    facts: machine.facts(),
    untilS,
    waves: hostWaves(plan).map(({ slot, wave, share }) => {
      const { memoryMib, rxBytes, txBytes } = slot.workload as { memoryMib: Wave; rxBytes: Wave; txBytes: Wave }
      const everyS = slot.churn.kind === 'steady' ? 0 : slot.churn.everyS
      const { growth = 0, ...level } = memoryMib
      return {
        share,
        rhythm: slot.rhythm,
        cpu: wave,
        memory: { ...level, base: level.base + (growth * everyS) / 2 },
        rx: rxBytes,
        tx: txBytes,
      }
    }),
  }
}

/**
 * What an agent that had watched a machine up to a moment would have on its disk: so its totals go on from those that
 * history ends with. They lie a little above them, as no total may ever shrink.
 */
export const stateAfter = (machine: Machine, past: readonly PastEpoch[], untilS: number): State => {
  const { bootId, atS } = machine.boot()
  const monoMs = Math.round((untilS - atS) * 1000)
  const entries = past
    .filter(({ endedS }) => endedS === null)
    .map((epoch): Entry => {
      const { openedS, endedS: _, exitCode: __, restarts: ___, rhythm, waves, hostId: ____, ...identity } = epoch
      const totals = METERS.map((meter) => {
        const wave = waves[meter]
        return wave ? Math.ceil(totalAt(wave, rhythm, openedS, untilS)) + 2 : 0
      })
      const common = {
        declaration: { ...identity, openedMonoMs: Math.round((openedS - atS) * 1000) },
        points: [{ monoMs, totals }],
        closedMonoMs: null,
        declaredSeq: 0,
        declaredMonoMs: monoMs,
        acknowledged: true,
        sent: totals,
      }
      const slot = machine.plan.slots.find((one) => one.rhythm === rhythm)!
      if (epoch.kind === 'container') {
        const counter = (name: Parameters<typeof counterOf>[1]) => counterOf(slot, name, openedS, untilS)
        const last = {
          monoMs,
          cpuUs: counter('cpuUs'),
          throttledUs: counter('throttledUs'),
          memoryBytes: Math.floor(gaugeOf(slot.workload.memoryMib, slot, openedS, untilS) * MIB),
          rxBytes: counter('rxBytes'),
          txBytes: counter('txBytes'),
          blockReadBytes: counter('blockReadBytes'),
          blockWriteBytes: counter('blockWriteBytes'),
        }
        return { ...common, kind: 'container', tally: { ...openTally(last), totals } }
      }
      const [wave] = Object.values(waves)
      const bytes = Math.floor(gaugeOf(wave, slot, openedS, untilS) * MIB)
      const tally: Tally<{ monoMs: number; bytes: number }> = { ...openTally({ monoMs, bytes }), totals }
      return { ...common, kind: epoch.kind, tally, bytesSent: bytes }
    })
  const ledger: SavedLedger = { bootId, sampledMonoMs: monoMs, entries }
  const lastEpochs = Object.fromEntries(
    entries.flatMap(({ declaration: { kind, objectId, epoch } }) => (kind === 'container' ? [[objectId, epoch]] : [])),
  )
  return {
    version: 1,
    bootId,
    anchor: { anchorMs: atS * 1000, learned: true },
    nextSeq: null,
    lastEdgeMonoMs: monoMs,
    ledger,
    draft: emptyDraft(),
    outbox: [],
    results: [],
    unsent: [],
    before: {},
    lastEpochs,
    findings: [],
  }
}
