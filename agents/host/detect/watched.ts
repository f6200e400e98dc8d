import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Executable, Observation } from '#agents/rules.ts'
import { closeKernelFile, openKernelFile, readKernelFile, type Roots } from '../files.ts'
import { cut, evidenceOf } from './evidence.ts'
import type { Executables } from './executable.ts'
import { geometryOf, parseMaps, smallHeaps, type Region } from './maps.ts'
import { sampleDataset, searchHeaps } from './memory.ts'
import { chosenOf, exeLink, listProcesses, processFolders, readStat, socketInodes } from './processes.ts'
import type { Reads } from './reads.ts'
import { BUSY_PERCENT, createPrograms, isBusy, isCalling, newSeen, type Seen, type SharedPrograms } from './seen.ts'
import { parseCounts, parseSockets, sameCounts, talked, type Socket, type SocketCounts } from './sockets.ts'
import type { ProcessStat } from './stat.ts'
import { walletsIn } from './stratum.ts'

const LEAST_ELAPSED_MS = 400
/** No layout of RandomX fits into less. */
const GEOMETRY_BYTES = 256 * 2 ** 20
const MAPS_AGAIN_MS = 60_000
const MAPS_STEP_BYTES = 2 ** 20
const FOLDERS_AGAIN_MS = 60_000
const MOST_MAPS_BYTES = 8 * 2 ** 20
const MOST_ARGS_BYTES = 4_096
const MOST_SOCKETS_BYTES = 2 ** 20
const MOST_HEAP_BYTES = 48 * 2 ** 20
const MOST_DEEP = 8
const MOST_KIN = 4
const DATASET_AGAIN_MS = 15_000
const LOOK_MS = 8_000
/** Most files are read within this. */
const READING_MS = 300

/** What looks are made with; `random` is in [0, 1). */
export type Parts = {
  roots: Roots
  reads: Reads
  executables: Executables
  programs: SharedPrograms
  random: () => number
}

/** What a container is to whoever looks at it: its app, and when its first process `pid` started. */
export type Subject = { id: string; pid: number; app: string; startedMonoMs: number }

export type Sockets = { tcp: Socket[]; udp: Socket[] }
export type Watched = ReturnType<typeof createWatched>

/** True where two regions are the same memory but for its edges. */
const isMostly = (a: Region, b: Region): boolean =>
  Math.min(a.end, b.end) - Math.max(a.start, b.start) > 0.8 * Math.max(a.end - a.start, b.end - b.start)

/**
 * Looks at the processes of one running container and keeps what it saw. `glance` is cheap: one small read a process and
 * more only of those that are busy or hold much memory. `inspect` reads executables and memory of the busy ones. Neither
 * rejects for a process that is gone, hides or hangs; what could not be read is not seen.
 */
export const createWatched = (parts: Parts, { id, pid: first, app, startedMonoMs }: Subject) => {
  const { roots, reads, executables, random } = parts
  let seen = new Map<number, Seen>()
  const programs = createPrograms(app, parts.programs)
  let folders: string[] = []
  let foldersMonoMs = Number.NEGATIVE_INFINITY
  let before: { monoMs: number; pids: Set<number> } | null = null
  let lists: { monoMs: number; counts: SocketCounts | null; sockets: Sockets } | null = null
  let forksPerS = 0
  let processes = 0

  const text = (pid: number, name: string, mostBytes: number) =>
    reads.text(join(roots.proc, String(pid), name), mostBytes).catch(() => '')

  /** A file that never waits for the process. */
  const small = (name: string): string => {
    const file = openKernelFile(join(roots.proc, String(first), name))
    try {
      return file ? readKernelFile(file).toString('latin1') : ''
    } catch {
      return ''
    } finally {
      closeKernelFile(file)
    }
  }

  const measure = (stat: ProcessStat, now: number): Seen => {
    const known = seen.get(stat.pid)
    if (!known || known.stat.startTicks !== stat.startTicks) {
      const ageMs = Math.max(LEAST_ELAPSED_MS, now - stat.startTicks * 10)
      const percent = (stat.cpuMs / ageMs) * 100
      return newSeen(stat, now, percent, percent >= BUSY_PERCENT && stat.cpuMs >= 30)
    }
    if (now - known.monoMs >= LEAST_ELAPSED_MS) {
      known.percent = ((stat.cpuMs - known.stat.cpuMs) / (now - known.monoMs)) * 100
      if (known.percent >= BUSY_PERCENT && stat.cpuMs - known.stat.cpuMs >= 20) known.busyMonoMs = now
      known.monoMs = now
      known.stat = stat
    }
    return known
  }

  const readMaps = async (of: Seen, now: number) => {
    const regions = parseMaps(await text(of.stat.pid, 'maps', MOST_MAPS_BYTES))
    // What could not be read in time says nothing.
    if (regions.length === 0) return regions
    of.maps = { monoMs: now, bytes: of.stat.virtualBytes }
    const known = of.geometry?.region
    of.geometry = geometryOf(regions, of.stat.threads)
    // The kernel joins and parts neighbours of the same memory all the time.
    if (!known || !of.geometry || !isMostly(known, of.geometry.region)) {
      of.dataset = null
      of.geometryMonoMs = now
    }
    return regions
  }

  const read = (of: Seen) => {
    of.link = exeLink(roots.proc, of.stat.pid)
    if (of.link !== '') programs.ofLink(of)
  }

  const busiest = (now: number) =>
    [...seen.values()]
      .filter((of) => isBusy(of, now))
      .toSorted((a, b) => b.percent - a.percent)
      .slice(0, MOST_DEEP)

  /** Idle processes of the programs that hold memory like RandomX's: one of them may do the talking. */
  const kin = (now: number): Seen[] => {
    const holders = [...seen.values()].filter((of) => of.geometry && isBusy(of, now))
    const names = new Set(holders.map(({ stat }) => stat.name))
    const idle = [...seen.values()].filter((of) => !isBusy(of, now) && names.has(of.stat.name)).slice(0, MOST_KIN)
    for (const of of idle) if (of.link === '') read(of)
    return idle.filter((of) => holders.some(({ program }) => program === of.program))
  }

  return {
    id,
    /** Processes at the last glance, and the share of a core they took together, in percent. */
    processes: () => processes,
    busyPercent: (now: number) =>
      [...seen.values()].reduce((sum, of) => sum + (isBusy(of, now) ? Math.max(of.percent, BUSY_PERCENT) : 0), 0),
    isBusy: (now: number) => [...seen.values()].some((of) => isBusy(of, now)),
    /** Busy programs that no deep look has read yet. */
    hasNew: (now: number) => busiest(now).some((of) => of.contentOf === ''),
    /** True where a busy program was seen to hold a message of stratum just now. */
    hears: (now: number) => busiest(now).some(({ program }) => program.words.seenMonoMs >= now),
    forksPerS: () => forksPerS,

    async glance(now: number): Promise<void> {
      if (now - foldersMonoMs > FOLDERS_AGAIN_MS) {
        folders = processFolders(roots, first, id)
        foldersMonoMs = now
      }
      const pids = listProcesses(folders)
      processes = pids.length
      if (before && now - before.monoMs >= LEAST_ELAPSED_MS) {
        const { pids: known } = before
        forksPerS = (pids.reduce((count, pid) => count + (known.has(pid) ? 0 : 1), 0) * 1000) / (now - before.monoMs)
      }
      if (!before || now - before.monoMs >= LEAST_ELAPSED_MS) before = { monoMs: now, pids: new Set(pids) }
      const present = new Map<number, Seen>()
      for (const pid of chosenOf(pids)) {
        if (pid === process.pid) continue
        const stat = readStat(roots.proc, pid)
        if (stat) present.set(pid, measure(stat, now))
      }
      seen = present
      const until = performance.now() + LOOK_MS
      for (const of of present.values()) {
        if (performance.now() > until) break
        const large = of.stat.virtualBytes >= GEOMETRY_BYTES
        if (!isBusy(of, now)) continue
        if (of.argsOf !== of.stat.name) {
          of.argsOf = of.stat.name
          read(of)
          of.args = (await text(of.stat.pid, 'cmdline', MOST_ARGS_BYTES)).replaceAll('\0', ' ').trim()
        }
        const stale =
          of.maps === null ||
          now - of.maps.monoMs > MAPS_AGAIN_MS ||
          Math.abs(of.stat.virtualBytes - of.maps.bytes) >= MAPS_STEP_BYTES
        if (large && stale) await readMaps(of, now)
        else if (!large) of.geometry = null
      }
    },

    /**
     * Sockets of the container's network namespace; empty where they cannot be read. The kernel walks those of the whole
     * host for each list, so none is read that would be empty, and those read `sinceMs` ago or later do while as many
     * are in use.
     */
    async sockets(now: number, sinceMs: number): Promise<Sockets> {
      const counts = parseCounts(small('net/sockstat'), small('net/sockstat6'))
      if (lists && now - lists.monoMs < sinceMs && sameCounts(counts, lists.counts)) return lists.sockets
      const read = async (name: string, inUse: number | undefined) =>
        inUse === 0 ? [] : parseSockets(await text(first, `net/${name}`, MOST_SOCKETS_BYTES))
      const { tcp, tcp6, udp, udp6, waiting = 0 }: Partial<SocketCounts> = counts ?? {}
      const sockets = {
        tcp: [
          ...(await read('tcp', tcp === undefined ? tcp : tcp + waiting)),
          ...(await read('tcp6', tcp6 === undefined ? tcp6 : tcp6 + waiting)),
        ],
        udp: [...(await read('udp', udp)), ...(await read('udp6', udp6))],
      }
      lists = { monoMs: now, counts, sockets }
      return sockets
    },

    /** Reads what busy programs are made of. `shared`: its network is the host's, so each connection must be its own. */
    async inspect(now: number, tcp: readonly Socket[], shared: boolean): Promise<void> {
      const calls = talked(tcp)
      const until = performance.now() + LOOK_MS
      let left = MOST_HEAP_BYTES
      const listen = async (of: Seen) => {
        const { pid } = of.stat
        const inodes = calls.length === 0 || !shared ? null : socketInodes(roots.proc, pid)
        if (calls.length > 0 && (!inodes || calls.some(({ inode }) => inodes.has(inode)))) of.program.callMonoMs = now
        if (!isCalling(of, now) || left <= 0) return
        const { program } = of
        const heaps = smallHeaps(await readMaps(of, now), of.link, !program.constants)
        const searched = await searchHeaps(reads, roots.proc, pid, heaps, left, program.words, now).catch(() => 0)
        if (searched > 0) program.constants = true
        left -= searched
      }
      for (const of of busiest(now)) {
        if (performance.now() > until) return
        const { pid } = of.stat
        const link = exeLink(roots.proc, pid)
        if (link !== of.contentOf && link !== '') {
          read(of)
          of.contentOf = link
          // A large file takes its time; what memory says does not wait for it.
          of.reading = executables.read(pid).then(
            (content) => {
              of.content = content
              programs.ofDigest(of)
            },
            () => {},
          )
        }
        if (of.geometry && (!of.dataset || now - of.dataset.monoMs > DATASET_AGAIN_MS || of.dataset.share === null)) {
          const share = await sampleDataset(reads, roots.proc, pid, of.geometry.region, random).catch(() => undefined)
          // What was known of memory that cannot be read just now still is.
          if (share !== undefined && !(share === null && of.dataset)) of.dataset = { monoMs: now, share }
        }
        await listen(of)
      }
      for (const of of kin(now)) {
        if (performance.now() > until) return
        await listen(of)
      }
    },

    /** Waits for executables that are being read, for a moment. */
    async settled(): Promise<void> {
      const reading = [...seen.values()].flatMap((of) => of.reading ?? [])
      await Promise.race([Promise.all(reading), sleep(READING_MS)])
    },

    /** What is known now, of the programs that are busy or were lately. */
    observations: (now: number): Observation[] => evidenceOf(seen, { first, sinceMonoMs: startedMonoMs }, now),

    executables(now: number): Executable[] {
      const total = [...seen.values()].reduce((sum, of) => sum + Math.max(0, of.percent), 0)
      return busiest(now).map((of) => ({
        path: cut(of.link),
        ...(of.content?.sha256 === undefined ? {} : { sha256: of.content.sha256 }),
        deleted: of.link.endsWith(' (deleted)') && !of.link.startsWith('/memfd:'),
        memfd: of.link.startsWith('/memfd:'),
        busyPercent: total === 0 ? 0 : Math.round((Math.max(0, of.percent) / total) * 100),
      }))
    },

    /** Payout addresses in arguments and messages. */
    wallets: (): string[] => [
      ...new Set([...seen.values()].flatMap((of) => [...of.program.words.wallets, ...walletsIn(of.args)])),
    ],
  }
}
