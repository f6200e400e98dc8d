import { basename, dirname } from 'node:path'
import type { Disk } from '#agents/host/disk.ts'

export type MemoryDisk = Disk & {
  /** After so many further changes nothing that is written has an effect: whoever writes is dead, and `dead` is told. */
  failAfter: (changes: number, dead: () => void) => void
  /** Power again. What was written before it went is there. */
  restore: () => void
  /** A new, empty disk. */
  wipe: () => void
}

/** A disk in memory, for simulated hosts that run faster than real ones. Each change happens wholly or not at all. */
export const memoryDisk = (): MemoryDisk => {
  const files = new Map<string, Buffer>()
  let left = Number.POSITIVE_INFINITY
  let tell: (() => void) | null = null
  const change = (act: () => void) => {
    if (left-- > 0) return act()
    tell?.()
    tell = null
  }
  return {
    failAfter: (changes, dead) => {
      left = changes
      tell = dead
    },
    restore: () => {
      left = Number.POSITIVE_INFINITY
      tell = null
    },
    wipe: () => files.clear(),
    makeFolder: () => {},
    list: (folder) =>
      [...files]
        .filter(([path]) => dirname(path) === folder)
        .map(([path, { length }]) => ({ name: basename(path), bytes: length }))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    read: (path) => {
      const bytes = files.get(path)
      if (!bytes) throw new Error(`there is no ${path}`)
      return bytes
    },
    write: (path, bytes) => change(() => files.set(path, Buffer.from(bytes))),
    rename: (from, to) =>
      change(() => {
        const bytes = files.get(from)
        if (!bytes) throw new Error(`there is no ${from}`)
        files.delete(from)
        files.set(to, bytes)
      }),
    remove: (path) => change(() => files.delete(path)),
  }
}
