import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import type { Reads } from './reads.ts'
import { findMarks, OVERLAP_BYTES } from './strings.ts'

/** What a running program's file holds. `sha256` is of the whole file; absent where it is too large to read. */
export type Content = { sha256?: string; marks: string[] }

const CHUNK = 512 * 1024
const MOST_BYTES = 192 * 2 ** 20
const MOST_KNOWN = 500

export type Executables = ReturnType<typeof createExecutables>

/**
 * Reads what processes run through /proc/PID/exe, also where its file was deleted or never had a name. Each file is read
 * once: by inode, size and the time of its last change, which no tenant can set.
 */
export const createExecutables = (reads: Reads, procRoot: string) => {
  const known = new Map<string, Promise<Content | null>>()
  let last: Promise<unknown> = Promise.resolve()

  const digest = async (path: string, size: number): Promise<Content> => {
    const file = await reads.open(path)
    try {
      const buffer = Buffer.allocUnsafe(CHUNK + OVERLAP_BYTES)
      const hash = createHash('sha256')
      const marks = new Set<string>()
      let carried = 0
      let position = 0
      while (position < MOST_BYTES) {
        const bytes = await file.at(buffer.subarray(carried, carried + CHUNK), position)
        if (bytes === 0) break
        hash.update(buffer.subarray(carried, carried + bytes))
        const filled = carried + bytes
        findMarks(buffer.subarray(0, filled), marks)
        carried = Math.min(OVERLAP_BYTES, filled)
        buffer.copyWithin(0, filled - carried, filled)
        position += bytes
        await turn()
      }
      return { marks: [...marks], ...(position < size ? {} : { sha256: hash.digest('hex') }) }
    } finally {
      file.close()
    }
  }

  /** Null where the process is gone or its file cannot be read. One file is read at a time. */
  const read = async (pid: number): Promise<Content | null> => {
    const path = join(procRoot, String(pid), 'exe')
    const stat = await reads.stat(path).catch(() => null)
    if (!stat?.isFile()) return null
    const key = `${stat.ino} ${stat.size} ${stat.ctimeMs}`
    const before = known.get(key)
    if (before) return before
    const reading = last.then(() => digest(path, stat.size)).catch(() => null)
    last = reading
    known.set(key, reading)
    if (known.size > MOST_KNOWN) known.delete(known.keys().next().value ?? '')
    const content = await reading
    // What could not be read may be readable in the next process that runs it.
    if (content === null) known.delete(key)
    return content
  }
  return { read }
}
