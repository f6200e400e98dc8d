import { statfsSync, statSync } from 'node:fs'
import type { AgentEvent, Finding } from '#agents/protocol.ts'
import type { Containers } from './containers.ts'
import type { Ledger, StorageKind, StorageObject } from './ledger.ts'
import { grow, openGrowth, type Growth } from './runaway.ts'
import type { Time } from './time.ts'
import { startWalker, type Tree } from './walker.ts'

const MOST_ROTATED = 20

/** Bytes of a log and of what was rotated out of it; null where there is none. */
export const logBytes = (path: string): number | null => {
  const first = statSync(path, { throwIfNoEntry: false })
  if (!first) return null
  let bytes = first.size
  for (let n = 1; n <= MOST_ROTATED; n++) {
    const rotated = statSync(`${path}.${n}`, { throwIfNoEntry: false })
    if (!rotated) break
    bytes += rotated.size
  }
  return bytes
}

/**
 * Measures layers and volumes by walks, logs by a stat, and puts them into the ledger as objects of their own: they cost
 * their owner whether the container runs or not. `onFinding` gets logs that run away, `onSize` each
 * log's size.
 */
export const createStorage = (options: {
  ledger: Ledger
  time: Time
  containers: Containers
  onEvent: (event: AgentEvent) => void
  onFailure: (failure: string) => void
  onFinding: (finding: Finding) => void
  onSize?: (containerId: string, bytes: number, monoMs: number) => void
}) => {
  const { ledger, time, containers, onEvent, onFailure, onFinding, onSize } = options
  const objects = new Map<string, { object: StorageObject; path: string; created: boolean }>()
  const growths = new Map<string, Growth>()
  /** Mount points of volumes that no container on this host uses now. */
  const unused = new Map<string, string>()

  const close = (kind: StorageKind, objectId: string) => {
    const epoch = ledger.epochOfObject(kind, objectId)
    if (epoch === undefined) return
    ledger.closeObject(kind, objectId)
    onEvent({ epoch, monoMs: time.mono(), kind: 'die', state: { running: false } })
  }

  const walker = startWalker({
    mono: time.mono,
    anchorMs: () => time.anchor().anchorMs,
    onMeasured: ({ key, bytes, monoMs }) => {
      const found = objects.get(key)
      if (found) ledger.measure(found.object, { bytes, monoMs }, time.iso(monoMs), found.created)
    },
    onGone: (key) => {
      const found = objects.get(key)
      if (found) close(found.object.kind, found.object.objectId)
    },
    onFailed: (key, why) => onFailure(`${key.replace('\n', ' ')} could not be measured: ${why}`),
  })

  /** Brings the objects up to date with the containers; cheap. */
  const refresh = () => {
    const before = new Map(objects)
    objects.clear()
    for (const { is, probe, created } of containers.all()) {
      const common = { containerId: is.id, image: is.image, imageId: is.imageId, labels: is.labels }
      const layer = is.upperDir || probe?.upperDir || before.get(`layer\n${is.id}`)?.path
      if (layer) {
        const object = { ...common, kind: 'layer' as const, objectId: is.id, name: is.name }
        objects.set(`layer\n${is.id}`, { object, path: layer, created })
      }
      for (const { name, path } of is.volumes) {
        const key = `volume\n${name}`
        // A volume keeps its first owner for as long as that one is there.
        if (objects.has(key)) continue
        objects.set(key, { object: { ...common, kind: 'volume', objectId: name, name }, path, created })
      }
    }
    for (const entry of ledger.openEntries()) {
      const { kind, objectId, name, image, labels, containerId = '' } = entry.declaration
      const key = `volume\n${objectId}`
      const path = unused.get(objectId) ?? before.get(key)?.path
      if (kind !== 'volume' || objects.has(key) || path === undefined) continue
      objects.set(key, { object: { kind, objectId, containerId, name, image, labels }, path, created: false })
    }
    walker.set([...objects].map(([key, { path }]): Tree => ({ key, path })))
  }

  return {
    refresh,

    /** The volumes there are; open epochs of others end. `json` is the answer of `GET /volumes`. */
    setVolumes(json: unknown) {
      const { Volumes } = (json ?? {}) as { Volumes?: { Name?: string; Mountpoint?: string }[] | null }
      unused.clear()
      for (const { Name, Mountpoint } of Volumes ?? []) if (Name && Mountpoint) unused.set(Name, Mountpoint)
      for (const { declaration } of ledger.openEntries()) {
        if (declaration.kind !== 'volume' || unused.has(declaration.objectId)) continue
        close('volume', declaration.objectId)
        objects.delete(`volume\n${declaration.objectId}`)
      }
      refresh()
    },

    /** Looks at every log: adds its size to the ledger and judges its growth. */
    logs() {
      for (const { is, created } of containers.all()) {
        if (is.logPath === '') continue
        const bytes = logBytes(is.logPath)
        if (bytes === null) continue
        const monoMs = time.mono()
        onSize?.(is.id, bytes, monoMs)
        const { id, name, image, imageId, labels } = is
        const object: StorageObject = { kind: 'log', objectId: id, containerId: id, name, image, imageId, labels }
        const epoch = ledger.measure(object, { bytes, monoMs }, time.iso(monoMs), created)
        const before = growths.get(id)
        const grown = before ? bytes - before.last.bytes : 0
        let freeBytes = Number.MAX_SAFE_INTEGER
        if (grown > 0) {
          const fileSystem = statfsSync(is.logPath)
          freeBytes = fileSystem.bavail * fileSystem.bsize
        }
        const step = { monoMs, bytes, freeBytes }
        if (!before) {
          growths.set(id, openGrowth(step))
          continue
        }
        const { growth, finding } = grow(epoch, before, step)
        growths.set(id, growth)
        if (finding) onFinding(finding)
      }
      for (const id of growths.keys()) if (!containers.get(id)) growths.delete(id)
    },

    /** Measures a container's layer soon: it has just ended. */
    soon: (containerId: string) => walker.soon(`layer\n${containerId}`),
    stop: () => walker.stop(),
  }
}

export type Storage = ReturnType<typeof createStorage>
