import { existsSync, readFileSync, watch, type FSWatcher } from 'node:fs'
import { join } from 'node:path'
import { closeKernelFile, numberAt, numberOf, openKernelFile, readKernelFile } from './files.ts'
import type { KernelFile, Roots } from './files.ts'

/** What a cgroup's files say. Null where a controller is off or the kernel does not tell. */
export type CgroupReading = {
  cpuUs: number | null
  throttledUs: number | null
  /** Use without the page cache that the kernel would drop first. */
  memoryBytes: number | null
  blockReadBytes: number | null
  blockWriteBytes: number | null
}
export type CgroupState = {
  pids: number | null
  oomKills: number | null
  cpuPressureCenti: number | null
  memoryPressureCenti: number | null
}
export type Cgroup = {
  /** Throws once the cgroup is gone. */
  read: () => CgroupReading
  state: () => CgroupState
  /** Calls back once when its last process has ended; the counters stand for some milliseconds more. */
  onEmpty: (call: () => void) => void
  close: () => void
}

/** Version 2 iff its controllers stand at the root; hybrid machines mount an empty v2 beside v1. */
export const cgroupVersion = (roots: Roots): 1 | 2 => (existsSync(join(roots.cgroup, 'cgroup.controllers')) ? 2 : 1)

/**
 * The path of each controller (`''` is v2's) in the text of /proc/PID/cgroup (cgroups(7)). Cut behind the part that
 * names the container, for its processes may sit in groups of their own below.
 */
export const cgroupPaths = (text: string, containerId: string): Map<string, { names: string; path: string }> => {
  const paths = new Map<string, { names: string; path: string }>()
  for (const line of text.split('\n')) {
    const parts = /^\d+:([^:]*):(.*)$/.exec(line)
    if (!parts) continue
    const names = parts[1]!
    let path = parts[2]!
    const at = path.indexOf(containerId)
    const slash = at < 0 ? -1 : path.indexOf('/', at)
    if (slash >= 0) path = path.slice(0, slash)
    for (const name of names.split(',')) paths.set(name, { names, path })
  }
  return paths
}

const whole = (file: KernelFile | undefined, dropDigits = 0): number | null =>
  file ? numberAt(readKernelFile(file), 0, dropDigits) : null
const keyed = (file: KernelFile | undefined, key: string, dropDigits = 0): number | null =>
  file ? numberOf(readKernelFile(file), key, dropDigits) : null

/** `some avg60` of a PSI file in hundredths of a percent (kernel.org, accounting/psi). */
const pressureOf = (file: KernelFile | undefined): number | null => {
  if (!file) return null
  const found = /^some .*?avg60=(\d+)\.(\d\d)/.exec(readKernelFile(file).toString('latin1'))
  return found ? Number(found[1]) * 100 + Number(found[2]) : null
}

const used = (usage: number | null, droppable: number | null) =>
  usage === null ? null : Math.max(0, usage - (droppable ?? 0))

/** Sums of `io.stat` (v2): `8:0 rbytes=1 wbytes=2 ...`. */
export const ioStat = (text: string): { read: number; write: number } => {
  let read = 0
  let write = 0
  for (const [, name, value] of text.matchAll(/ ([rw])bytes=(\d+)/g)) {
    if (name === 'r') read += Number(value)
    else write += Number(value)
  }
  return { read, write }
}

/** Sums of `blkio.throttle.io_service_bytes` (v1): `8:0 Read 1`. */
export const blkioStat = (text: string): { read: number; write: number } => {
  let read = 0
  let write = 0
  for (const [, name, value] of text.matchAll(/^\S+ (Read|Write) (\d+)$/gm)) {
    if (name === 'Read') read += Number(value)
    else write += Number(value)
  }
  return { read, write }
}

/**
 * Watches `cgroup.events` of a version 2 directory, which the kernel modifies when `populated` changes
 * (kernel.org, admin-guide/cgroup-v2, "[Un]populated Notification"). Does nothing where there is none.
 */
const watchEmpty = (directory: string) => {
  const path = join(directory, 'cgroup.events')
  let watcher: FSWatcher | undefined
  const stop = () => {
    watcher?.close()
    watcher = undefined
  }
  const start = (call: () => void) => {
    try {
      watcher = watch(path, { persistent: false }, () => {
        try {
          if (!/^populated 0$/m.test(readFileSync(path, 'latin1'))) return
        } catch {
          return stop()
        }
        stop()
        call()
      })
      watcher.on('error', stop)
    } catch {
      // Then the engine's event or the next sample tells.
    }
  }
  return { start, stop }
}

const openV2 = (directory: string): Cgroup => {
  const file = (name: string) => openKernelFile(join(directory, name))
  const cpu = file('cpu.stat')
  const memory = file('memory.current')
  const memoryStat = file('memory.stat')
  const io = file('io.stat')
  const pids = file('pids.current')
  const events = file('memory.events')
  const cpuPressure = file('cpu.pressure')
  const memoryPressure = file('memory.pressure')
  const empty = watchEmpty(directory)
  return {
    onEmpty: empty.start,
    read: () => {
      const bytes = io && ioStat(readKernelFile(io).toString('latin1'))
      return {
        cpuUs: keyed(cpu, 'usage_usec'),
        throttledUs: keyed(cpu, 'throttled_usec'),
        memoryBytes: used(whole(memory), keyed(memoryStat, 'inactive_file')),
        blockReadBytes: bytes?.read ?? null,
        blockWriteBytes: bytes?.write ?? null,
      }
    },
    state: () => ({
      pids: whole(pids),
      oomKills: keyed(events, 'oom_kill'),
      cpuPressureCenti: pressureOf(cpuPressure),
      memoryPressureCenti: pressureOf(memoryPressure),
    }),
    close: () => {
      empty.stop()
      for (const open of [cpu, memory, memoryStat, io, pids, events, cpuPressure, memoryPressure]) closeKernelFile(open)
    },
  }
}

const openV1 = (roots: Roots, paths: ReturnType<typeof cgroupPaths>, containerId: string): Cgroup => {
  const file = (controller: string, name: string) => {
    const at = paths.get(controller)
    if (!at) return undefined
    const mounted = [at.names, controller].map((mount) => join(roots.cgroup, mount, at.path, name))
    return openKernelFile(mounted[0]!) ?? openKernelFile(mounted[1]!)
  }
  const cpu = file('cpuacct', 'cpuacct.usage')
  const cpuStat = file('cpu', 'cpu.stat')
  const memory = file('memory', 'memory.usage_in_bytes')
  const memoryStat = file('memory', 'memory.stat')
  const io =
    file('blkio', 'blkio.throttle.io_service_bytes_recursive') ?? file('blkio', 'blkio.throttle.io_service_bytes')
  const pids = file('pids', 'pids.current')
  const oom = file('memory', 'memory.oom_control')
  // Hybrid machines put a container into a version 2 group too; without controllers it still has events and pressure.
  const unified = join(roots.cgroup, 'unified', paths.get('')?.path ?? '')
  const hybrid = unified.includes(containerId)
  const cpuPressure = hybrid ? openKernelFile(join(unified, 'cpu.pressure')) : undefined
  const memoryPressure = hybrid ? openKernelFile(join(unified, 'memory.pressure')) : undefined
  const empty = watchEmpty(unified)
  return {
    onEmpty: (call) => {
      if (hybrid) empty.start(call)
    },
    read: () => {
      const bytes = io && blkioStat(readKernelFile(io).toString('latin1'))
      return {
        // Nanoseconds of a busy machine outgrow 2^53 within weeks: the last three digits go before they are a number.
        cpuUs: whole(cpu, 3),
        throttledUs: keyed(cpuStat, 'throttled_time', 3),
        memoryBytes: used(whole(memory), keyed(memoryStat, 'total_inactive_file')),
        blockReadBytes: bytes?.read ?? null,
        blockWriteBytes: bytes?.write ?? null,
      }
    },
    state: () => ({
      pids: whole(pids),
      oomKills: keyed(oom, 'oom_kill'),
      cpuPressureCenti: pressureOf(cpuPressure),
      memoryPressureCenti: pressureOf(memoryPressure),
    }),
    close: () => {
      empty.stop()
      for (const open of [cpu, cpuStat, memory, memoryStat, io, pids, oom, cpuPressure, memoryPressure])
        closeKernelFile(open)
    },
  }
}

/** The cgroup of a container by its first process. Throws where the process is gone or has no cgroup to read. */
export const openCgroup = (roots: Roots, pid: number, containerId: string): Cgroup => {
  const paths = cgroupPaths(readFileSync(join(roots.proc, String(pid), 'cgroup'), 'latin1'), containerId)
  if (cgroupVersion(roots) === 1) return openV1(roots, paths, containerId)
  const path = paths.get('')?.path
  if (path === undefined) throw new Error(`process ${pid} has no cgroup`)
  return openV2(join(roots.cgroup, path))
}
