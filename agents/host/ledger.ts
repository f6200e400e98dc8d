import { epochId, type EpochDeclaration, type EpochKind, type SampleRow } from '#agents/protocol.ts'
import { addReading, addSize, openTally, wentBack, zeroReading, zeroTotals } from './accumulate.ts'
import type { Reading, Size, Tally } from './accumulate.ts'
import { pruned, totalsAt, type Point } from './minutes.ts'

/** One life of a container as its engine tells it. `startMonoMs` is its first process's start on the boot's clock. */
export type Life = {
  containerId: string
  startedAt: string
  startMonoMs: number
} & Described

/** A storage object. `objectId` is the container's id, or the volume's name. */
export type StorageObject = {
  kind: StorageKind
  objectId: string
  containerId: string
} & Omit<Described, 'limits'>
export type StorageKind = Exclude<EpochKind, 'container'>

/** What a declaration says of a thing beside its identity. */
export type Described = {
  name: string
  image: string
  imageId?: string
  labels: Record<string, string>
  limits?: { memoryMib?: number; cpuMilli?: number; pids?: number }
}

type Common = {
  declaration: EpochDeclaration
  points: Point[]
  /** Null while it lives. */
  closedMonoMs: number | null
  /** The first report that holds the declaration as it is, and when it was made; null before. */
  declaredSeq: number | null
  declaredMonoMs: number
  acknowledged: boolean
  /** The totals last reported. */
  sent: number[] | null
}
export type ContainerEntry = Common & { kind: 'container'; tally: Tally<Reading> }
export type StorageEntry = Common & { kind: StorageKind; tally: Tally<Size>; bytesSent: number | null }
export type Entry = ContainerEntry | StorageEntry

export type SavedLedger = { bootId: string; sampledMonoMs: number; entries: Entry[] }
export type Ledger = ReturnType<typeof createLedger>

const REDECLARE_MS = 3_600_000
const MOST_ENDED = 10_000

/**
 * Every epoch of one boot: opens them, adds readings, gives rows. Knows neither Docker nor clocks: time comes with each
 * call, in milliseconds since boot. A start after `watchedSinceMonoMs` counts as witnessed. Readings further apart than
 * `gapMs` leave a gap nobody watched. `saved` (of the same boot) is gone on from; its first readings end a gap too.
 */
export const createLedger = (bootId: string, watchedSinceMonoMs: number, gapMs: number, saved?: SavedLedger) => {
  const entries = new Map<number, Entry>()
  /** The open epoch of each life or object. */
  const open = new Map<string, number>()
  const resumed = new Set<number>()
  /** Lives that are over. One that is read all the same (a late event closed it) must not begin at zero again. */
  const ended = new Set<string>()
  let sampledMonoMs = watchedSinceMonoMs

  const lifeKey = (containerId: string, startedAt: string) => `container\n${containerId}\n${startedAt}`
  const objectKey = (kind: StorageKind, objectId: string) => `${kind}\n${objectId}`
  const keyOf = ({ kind, objectId, startedAt }: EpochDeclaration) =>
    kind === 'container' ? lifeKey(objectId, startedAt) : objectKey(kind, objectId)

  if (saved && saved.bootId === bootId) {
    for (const entry of saved.entries) {
      entries.set(entry.declaration.epoch, entry)
      if (entry.closedMonoMs !== null) continue
      open.set(keyOf(entry.declaration), entry.declaration.epoch)
      resumed.add(entry.declaration.epoch)
    }
  }

  const fresh = (declaration: EpochDeclaration): Common => ({
    declaration,
    points: [{ monoMs: declaration.openedMonoMs, totals: zeroTotals() }],
    closedMonoMs: null,
    declaredSeq: null,
    declaredMonoMs: 0,
    acknowledged: false,
    sent: null,
  })

  const openContainer = (life: Life, first: Reading): ContainerEntry => {
    const key = lifeKey(life.containerId, life.startedAt)
    const witnessed = life.startMonoMs > watchedSinceMonoMs && !open.has(key) && !ended.has(key)
    const openedMonoMs = witnessed ? Math.min(life.startMonoMs, first.monoMs) : first.monoMs
    const identity = {
      kind: 'container' as const,
      bootId,
      objectId: life.containerId,
      startedAt: life.startedAt,
      // Time since boot never comes again within it, so no lost state can make two counts share a segment.
      segment: witnessed ? 0 : openedMonoMs,
    }
    const { name, image, imageId, labels, limits } = life
    const declaration: EpochDeclaration = {
      ...identity,
      epoch: epochId(identity),
      openedMonoMs,
      witnessed,
      name,
      image,
      ...(imageId === undefined ? {} : { imageId }),
      labels,
      ...(limits === undefined ? {} : { limits }),
    }
    const entry: ContainerEntry = {
      ...fresh(declaration),
      kind: 'container',
      tally: openTally(witnessed ? zeroReading(openedMonoMs) : first),
    }
    entries.set(declaration.epoch, entry)
    open.set(key, declaration.epoch)
    return entry
  }

  const openObject = (object: StorageObject, first: Size, startedAt: string, witnessed: boolean): StorageEntry => {
    const { kind, objectId, containerId, name, image, imageId, labels } = object
    const identity = { kind, bootId, objectId, startedAt, segment: first.monoMs }
    const declaration: EpochDeclaration = {
      ...identity,
      epoch: epochId(identity),
      openedMonoMs: first.monoMs,
      witnessed,
      containerId,
      name,
      image,
      ...(imageId === undefined ? {} : { imageId }),
      labels,
    }
    const entry: StorageEntry = { ...fresh(declaration), kind, tally: openTally(first), bytesSent: null }
    entries.set(declaration.epoch, entry)
    open.set(objectKey(kind, objectId), declaration.epoch)
    return entry
  }

  const closeEntry = (entry: Entry) => {
    entry.closedMonoMs ??= entry.tally.last.monoMs
    const key = keyOf(entry.declaration)
    open.delete(key)
    if (entry.kind === 'container') ended.add(key)
    if (ended.size > MOST_ENDED) ended.delete(ended.values().next().value!)
    resumed.delete(entry.declaration.epoch)
  }

  const find = (key: string): Entry | undefined => {
    const epoch = open.get(key)
    return epoch === undefined ? undefined : entries.get(epoch)
  }

  const push = (entry: Entry) => {
    const last = entry.points.at(-1)
    const { monoMs } = entry.tally.last
    if (last && last.monoMs === monoMs) last.totals = entry.tally.totals
    else entry.points.push({ monoMs, totals: entry.tally.totals })
  }

  return {
    bootId,

    /** Adds a reading of a container's life and returns its epoch; `opened` tells that it is a new one, `gap` that nobody watched. */
    read(life: Life, reading: Reading): { epoch: number; opened: boolean; gap: boolean } {
      sampledMonoMs = Math.max(sampledMonoMs, reading.monoMs)
      const found = find(lifeKey(life.containerId, life.startedAt))
      let entry = found?.kind === 'container' ? found : undefined
      const broken = entry !== undefined && wentBack(entry.tally.last, reading)
      const opened = entry === undefined || broken
      if (!entry) entry = openContainer(life, reading)
      else if (broken) {
        const next = openContainer(life, reading)
        entry.closedMonoMs = entry.tally.last.monoMs
        entry = next
      }
      const { epoch } = entry.declaration
      const gap = resumed.delete(epoch) || reading.monoMs - entry.tally.last.monoMs > gapMs
      entry.tally = addReading(entry.tally, reading, gap)
      push(entry)
      return { epoch, opened, gap }
    },

    /** Adds a walk's or stat's result. `startedAt` (RFC 3339) and `witnessed` matter where it is the object's first. */
    measure(object: StorageObject, size: Size, startedAt: string, witnessed: boolean): number {
      const found = find(objectKey(object.kind, object.objectId))
      let entry = found && found.kind !== 'container' ? found : undefined
      if (entry) entry.tally = addSize(entry.kind, entry.tally, size)
      else entry = openObject(object, size, startedAt, witnessed)
      resumed.delete(entry.declaration.epoch)
      push(entry)
      return entry.declaration.epoch
    },

    /** Ends a life; its totals stay as last read and stand in the next block. Returns its epoch, if it was open. */
    closeLife(containerId: string, startedAt: string): number | undefined {
      const entry = find(lifeKey(containerId, startedAt))
      if (entry) closeEntry(entry)
      return entry?.declaration.epoch
    },

    closeObject(kind: StorageKind, objectId: string) {
      const entry = find(objectKey(kind, objectId))
      if (entry) closeEntry(entry)
    },

    /** Changes what is declared of the open epochs of a container, and declares them anew if that differs. */
    describe(containerId: string, described: Described) {
      for (const epoch of open.values()) {
        const entry = entries.get(epoch)!
        const { declaration } = entry
        if (declaration.kind !== 'container' || declaration.objectId !== containerId) continue
        const { name, limits } = described
        if (name === declaration.name && JSON.stringify(limits) === JSON.stringify(declaration.limits)) continue
        const { limits: _, ...rest } = declaration
        entry.declaration = { ...rest, name, ...(limits === undefined ? {} : { limits }) }
        entry.declaredSeq = null
        entry.acknowledged = false
      }
    },

    epochOfLife: (containerId: string, startedAt: string) => open.get(lifeKey(containerId, startedAt)),
    epochOfObject: (kind: StorageKind, objectId: string) => open.get(objectKey(kind, objectId)),
    openEntries: (): Entry[] => [...open.values()].map((epoch) => entries.get(epoch)!),
    /** False also of an epoch that is not known. */
    isWitnessed: (epoch: number) => entries.get(epoch)?.declaration.witnessed ?? false,

    /**
     * The rows of the minute that ends at `edgeMonoMs`: every container that lived in it, every storage object whose
     * total changed. Edges must not go back. Ended epochs leave after the block that holds their final totals.
     */
    block(edgeMonoMs: number): SampleRow[] {
      const rows: SampleRow[] = []
      for (const [epoch, entry] of entries) {
        const over = entry.closedMonoMs !== null && entry.closedMonoMs <= edgeMonoMs
        const totals = totalsAt(entry.points, edgeMonoMs)
        if (totals) {
          const changed = !entry.sent || totals.some((total, i) => total !== entry.sent![i])
          if (entry.kind === 'container' || changed) rows.push([epoch, ...totals])
          entry.sent = totals
          entry.points = over ? [] : pruned(entry.points, edgeMonoMs)
        }
        // Not acknowledged, it is declared once more by the report that tells of its end: that one may come first.
        if (over && entry.points.length === 0 && entry.acknowledged) entries.delete(epoch)
      }
      return rows
    },

    /** Sizes that changed since they were last asked for. */
    changedSizes(): { epoch: number; bytes: number; monoMs: number }[] {
      const sizes = []
      for (const [epoch, entry] of entries) {
        if (entry.kind === 'container' || entry.tally.last.bytes === entry.bytesSent) continue
        entry.bytesSent = entry.tally.last.bytes
        sizes.push({ epoch, ...entry.tally.last })
      }
      return sizes
    },

    /** Declarations that report `seq` must hold: those not acknowledged yet, and all once an hour. */
    declarations(seq: number, nowMonoMs: number): EpochDeclaration[] {
      const due: EpochDeclaration[] = []
      for (const [epoch, entry] of entries) {
        const hourly = nowMonoMs - entry.declaredMonoMs >= REDECLARE_MS
        if (entry.acknowledged && !hourly) continue
        if (entry.acknowledged || entry.declaredSeq === null) {
          entry.declaredSeq = seq
          entry.declaredMonoMs = nowMonoMs
          entry.acknowledged = false
        }
        due.push(entry.declaration)
        // The report that holds it is on disk for good, so an ended epoch needs no further one.
        if (entry.closedMonoMs !== null && entry.points.length === 0) entries.delete(epoch)
      }
      return due
    },

    acknowledge(seq: number) {
      for (const entry of entries.values()) if (entry.declaredSeq === seq) entry.acknowledged = true
    },

    /** Report `seq` was not taken: what it declared is to be declared again. */
    forget(seq: number) {
      for (const entry of entries.values()) if (entry.declaredSeq === seq) entry.declaredSeq = null
    },

    save: (): SavedLedger => ({ bootId, sampledMonoMs, entries: [...entries.values()] }),
  }
}
