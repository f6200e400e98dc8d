import { close, constants, open, read, stat, type Stats } from 'node:fs'
import { promisify } from 'node:util'

/** How files are read; tests give files that hang. */
export type FileSystem = {
  open: (path: string, flags: number) => Promise<number>
  read: (fd: number, buffer: Buffer, length: number, position: number | null) => Promise<number>
  close: (fd: number) => Promise<void>
  stat: (path: string) => Promise<Stats>
}

const system: FileSystem = {
  open: promisify(open),
  close: promisify(close),
  stat: promisify(stat),
  read: (fd, buffer, length, position) =>
    new Promise((resolve, reject) =>
      read(fd, buffer, 0, length, position, (error, bytes) => (error ? reject(error) : resolve(bytes))),
    ),
}
/** Opened without waiting: a name may turn out to be a pipe. */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY

/** An open file; `at` gives what stands at a position, fewer bytes near its end, none behind it. */
export type OpenFile = {
  at: (buffer: Buffer, position: number | null, length?: number) => Promise<number>
  close: () => void
}

/** A whole file may take so many times what one read may. */
const WHOLE = 3

export type Reads = ReturnType<typeof createReads>

/**
 * Reads that cannot hold anybody up. Some files under /proc make the reader wait for the process they tell of, for ever
 * where that process wants it. Such a read is given up after `deadlineMs`; it still holds a thread until the kernel lets
 * go, so with `mostStuck` of them nothing more is read that way.
 */
export const createReads = (deadlineMs = 1_000, mostStuck = 2, files: FileSystem = system) => {
  let stuck = 0

  const bounded = <T>(work: Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      let late = false
      const timer = setTimeout(() => {
        late = true
        stuck++
        reject(new Error('a read hangs'))
      }, deadlineMs)
      const settled = () => {
        clearTimeout(timer)
        if (late) stuck--
      }
      work.then(
        (value) => {
          settled()
          resolve(value)
        },
        (error: unknown) => {
          settled()
          reject(error instanceof Error ? error : new Error(String(error)))
        },
      )
    })

  const begin = async (path: string): Promise<OpenFile> => {
    if (stuck >= mostStuck) throw new Error('too many reads hang')
    const opening = files.open(path, FLAGS)
    let fd: number
    try {
      fd = await bounded(opening)
    } catch (error) {
      opening.then(files.close, () => {})
      throw error
    }
    let pending: Promise<unknown> = Promise.resolve()
    return {
      at(buffer, position, length = buffer.length) {
        if (stuck >= mostStuck) return Promise.reject(new Error('too many reads hang'))
        const reading = files.read(fd, buffer, length, position)
        pending = reading.catch(() => {})
        return bounded(reading)
      },
      close: () => void pending.then(() => files.close(fd)).catch(() => {}),
    }
  }

  return {
    open: begin,
    /** What a path leads to; rejects where there is nothing, or what holds it does not answer in time. */
    stat: (path: string): Promise<Stats> =>
      stuck >= mostStuck ? Promise.reject(new Error('too many reads hang')) : bounded(files.stat(path)),
    stuck: () => stuck,
    /** The beginning of a file, at most `mostBytes`. Rejects where it cannot be read in time. */
    async text(path: string, mostBytes: number): Promise<string> {
      const file = await begin(path)
      try {
        const until = performance.now() + deadlineMs * WHOLE
        const pieces: string[] = []
        const buffer = Buffer.allocUnsafe(Math.min(mostBytes, 64 * 1024))
        for (let left = mostBytes; left > 0 && performance.now() < until;) {
          const bytes = await file.at(buffer, null, Math.min(left, buffer.length))
          if (bytes === 0) break
          pieces.push(buffer.toString('latin1', 0, bytes))
          left -= bytes
        }
        return pieces.join('')
      } finally {
        file.close()
      }
    },
  }
}
