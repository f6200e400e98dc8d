import { lstatSync, opendirSync, type Dir, type Stats } from 'node:fs'
import { join } from 'node:path'

/** A walk over one directory tree that goes on in slices. */
export type Walk = {
  /** Goes on until `entries` are looked at; true when it is done. Throws where the root cannot be read. */
  step: (entries: number) => boolean
  bytes: () => number
  entries: () => number
  close: () => void
}

const BLOCK_BYTES = 512
/** Below this a file may lie in its inode and take no block at all. */
const LEAST_SPARSE_BYTES = 65_536

/** A file's size to the byte; of a sparse one only what is there. */
const bytesOf = ({ size, blocks }: Stats) => (size < LEAST_SPARSE_BYTES ? size : Math.min(size, blocks * BLOCK_BYTES))

/**
 * Sums the sizes of regular files under `root`: holes left out, hard links once, other file systems left out. What
 * vanishes while it walks counts nothing. Directories are read entry by entry, so a slice stays short in a huge one.
 */
export const startWalk = (root: string): Walk => {
  const device = lstatSync(root).dev
  const waiting = [root]
  const linked = new Set<number>()
  let current: Dir | null = null
  let path = root
  let bytes = 0
  let entries = 0

  const open = (): boolean => {
    const next = waiting.pop()
    if (next === undefined) return false
    path = next
    try {
      current = opendirSync(next, { bufferSize: 64 })
    } catch (error) {
      if (next === root) throw error
    }
    return true
  }

  const look = (name: string, isDirectory: boolean) => {
    let stat
    try {
      stat = lstatSync(join(path, name), { throwIfNoEntry: false })
    } catch {
      return
    }
    if (!stat || stat.dev !== device) return
    if (isDirectory) waiting.push(join(path, name))
    else if (stat.isFile()) {
      if (stat.nlink > 1) {
        if (linked.has(stat.ino)) return
        linked.add(stat.ino)
      }
      bytes += bytesOf(stat)
    }
  }

  return {
    step(most) {
      for (let done = 0; done < most;) {
        if (!current) {
          if (!open()) return true
          done++
          continue
        }
        const entry = current.readSync()
        if (!entry) {
          current.closeSync()
          current = null
          continue
        }
        done++
        entries++
        if (entry.isDirectory() || entry.isFile()) look(entry.name, entry.isDirectory())
      }
      return false
    },
    bytes: () => bytes,
    entries: () => entries,
    close() {
      current?.closeSync()
      current = null
    },
  }
}
