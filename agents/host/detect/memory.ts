import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { isBlank, isIncompressible } from './entropy.ts'
import { isAnonymous, type Region } from './maps.ts'
import type { OpenFile, Reads } from './reads.ts'
import { findWords, type Words } from './stratum.ts'

const PAGE = 4096
const CHUNK_PAGES = 128
const OVERLAP = 2 * 1024
const SAMPLES = 64
const WINDOWS = 16
const WINDOW_PAGES = 512
const EARLY_WINDOWS = 3
const EARLY_STEP_PAGES = 4_096
const LEAST_PRESENT = 8
/** Where all else says so, a page can be read: not swapped out, not never touched. Bit 63 of a pagemap entry. */
const isPresent = (entries: Buffer, n: number) => (entries[n * 8 + 7]! & 0x80) !== 0

type Memory = { mem: OpenFile; pagemap: OpenFile }

const withMemory = async <T>(reads: Reads, procRoot: string, pid: number, use: (memory: Memory) => Promise<T>) => {
  const mem = await reads.open(join(procRoot, String(pid), 'mem'))
  try {
    const pagemap = await reads.open(join(procRoot, String(pid), 'pagemap'))
    try {
      return await use({ mem, pagemap })
    } finally {
      pagemap.close()
    }
  } finally {
    mem.close()
  }
}

/**
 * The share of pages of `region`, picked at random among those that were written, that are incompressible: what a RandomX
 * dataset is everywhere. Null while too little of it was written. `random` is in [0, 1). Rejects where the process is gone.
 */
export const sampleDataset = (
  reads: Reads,
  procRoot: string,
  pid: number,
  region: Region,
  random: () => number,
): Promise<number | null> =>
  withMemory(reads, procRoot, pid, async ({ mem, pagemap }) => {
    const pages = Math.floor((region.end - region.start) / PAGE)
    const page = Buffer.allocUnsafe(PAGE)
    const entries = Buffer.allocUnsafe(WINDOW_PAGES * 8)
    let seen = 0
    let incompressible = 0
    for (let n = 0; n < WINDOWS; n++) {
      // Its beginning is filled first: what is there tells what comes.
      const first = n < EARLY_WINDOWS ? n * EARLY_STEP_PAGES : Math.floor(random() * Math.max(1, pages - WINDOW_PAGES))
      const from = region.start + first * PAGE
      const known = Math.floor((await pagemap.at(entries, (from / PAGE) * 8)) / 8)
      const present = Array.from({ length: Math.min(known, pages) }, (_, at) => at).filter((at) =>
        isPresent(entries, at),
      )
      for (let picked = 0; picked < SAMPLES / WINDOWS && picked < present.length; picked++) {
        const at = present[Math.floor(random() * present.length)]!
        if ((await mem.at(page, from + at * PAGE)) < PAGE) continue
        if (isBlank(page)) continue
        seen++
        if (isIncompressible(page)) incompressible++
      }
    }
    return seen < LEAST_PRESENT ? null : incompressible / seen
  })

/** Pages of a chunk that can be read, as `[from, to)` in pages. */
const presentRuns = (entries: Buffer, pages: number): [number, number][] => {
  const runs: [number, number][] = []
  for (let n = 0; n < pages; n++) {
    if (!isPresent(entries, n)) continue
    const last = runs.at(-1)
    if (last && last[1] === n) last[1] = n + 1
    else runs.push([n, n + 1])
  }
  return runs
}

/**
 * Adds the stratum messages in small memory of a process to `words`, reading at most `mostBytes` of what was written.
 * Gives way between pieces, so that nothing else waits. Rejects where the process is gone or lets readers hang.
 */
export const searchHeaps = (
  reads: Reads,
  procRoot: string,
  pid: number,
  regions: readonly Region[],
  mostBytes: number,
  words: Words,
  nowMonoMs: number,
): Promise<number> =>
  withMemory(reads, procRoot, pid, async ({ mem, pagemap }) => {
    const buffer = Buffer.allocUnsafe(CHUNK_PAGES * PAGE + OVERLAP)
    const entries = Buffer.allocUnsafe(CHUNK_PAGES * 8)
    let read = 0
    for (const region of regions) {
      let carried = 0
      for (let start = region.start; start < region.end && read < mostBytes; start += CHUNK_PAGES * PAGE) {
        const pages = Math.min(CHUNK_PAGES, Math.floor((region.end - start) / PAGE))
        const known = Math.floor((await pagemap.at(entries, (start / PAGE) * 8, pages * 8)) / 8)
        let reached = 0
        for (const [from, to] of presentRuns(entries, known)) {
          if (from !== reached) carried = 0
          const into = buffer.subarray(carried, carried + (to - from) * PAGE)
          const bytes = await mem.at(into, start + from * PAGE)
          read += bytes
          const filled = carried + bytes
          findWords(buffer.subarray(0, filled), words, {
            nowMonoMs,
            isFixed: region.perms[1] !== 'w' || (!isAnonymous(region) && region.path.startsWith('/')),
          })
          carried = Math.min(OVERLAP, filled)
          buffer.copyWithin(0, filled - carried, filled)
          reached = to
        }
        if (reached < pages) carried = 0
        await turn()
      }
    }
    return read
  })
