import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
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
  const known = new Map<string, Content>()

  /** Null where the process is gone or its file cannot be read. */
  const read = async (pid: number): Promise<Content | null> => {
    const path = join(procRoot, String(pid), 'exe')
    const stat = statSync(path, { throwIfNoEntry: false })
    if (!stat?.isFile()) return null
    const key = `${stat.ino} ${stat.size} ${stat.ctimeMs}`
    const before = known.get(key)
    if (before) return before
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
      const content = { marks: [...marks], ...(position < stat.size ? {} : { sha256: hash.digest('hex') }) }
      if (known.size >= MOST_KNOWN) known.delete(known.keys().next().value ?? '')
      known.set(key, content)
      return content
    } finally {
      file.close()
    }
  }
  return { read }
}
