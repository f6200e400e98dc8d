import { readFileSync, statfsSync, statSync } from 'node:fs'
import { arch, cpus, hostname, release } from 'node:os'
import { join } from 'node:path'
import type { FileSystemReading, HostFacts, HostReading } from '#agents/protocol.ts'
import { cgroupVersion } from './cgroup.ts'
import type { Engine } from './engine.ts'
import type { Roots } from './files.ts'
import { isHostLink, netDev } from './proc.ts'

const MIB = 2 ** 20
const TICK_US = 10_000

/** Busy time of all cores in µs from /proc/stat: user, nice, system, irq, softirq; not idle, waiting or stolen. */
export const busyUs = (stat: string): number => {
  const fields = stat.slice(0, stat.indexOf('\n')).trim().split(/\s+/).slice(1).map(Number)
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = fields
  return (user + nice + system + irq + softirq) * TICK_US
}

/** Used and total MiB from /proc/meminfo; used is what MemAvailable leaves. */
export const memoryOf = (meminfo: string): { usedMib: number; totalMib: number } => {
  const kib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(meminfo)?.[1] ?? 0)
  const total = kib('MemTotal')
  const free = kib('MemAvailable') || kib('MemFree')
  return { usedMib: Math.floor((total - free) / 1024), totalMib: Math.floor(total / 1024) }
}

// Network file systems are left out: statfs of one whose server is away blocks for minutes.
const DISK_TYPES = /^(ext[234]|xfs|btrfs|zfs|f2fs|jfs|reiserfs|bcachefs|vfat)$/

/** Mount points of real disks in a /proc/mounts, one a device, the shortest. */
export const diskMounts = (mounts: string): { mount: string; options: string }[] => {
  const found = new Map<string, { mount: string; options: string }>()
  for (const line of mounts.split('\n')) {
    const [device, rawMount, type, options = ''] = line.split(' ')
    if (device === undefined || rawMount === undefined || type === undefined || !DISK_TYPES.test(type)) continue
    const mount = rawMount.replaceAll('\\040', ' ')
    const before = found.get(device)
    if (!before || mount.length < before.mount.length) found.set(device, { mount, options })
  }
  return [...found.values()]
}

/** `some avg60` of a PSI file in hundredths of a percent. */
const avg60 = (text: string): number => {
  const found = /^some .*?avg60=(\d+)\.(\d\d)/.exec(text)
  return found ? Number(found[1]) * 100 + Number(found[2]) : 0
}

const attempt = <T>(read: () => T): T | undefined => {
  try {
    return read()
  } catch {
    return undefined
  }
}

/** Reads the host itself: gauges now, counters since boot. */
export const readHost = (roots: Roots): HostReading => {
  const text = (path: string) => readFileSync(join(roots.proc, path), 'latin1')
  const network = attempt(() => netDev(text('net/dev'), isHostLink)) ?? { rx: 0, tx: 0 }
  const fileSystems: FileSystemReading[] = []
  for (const { mount } of attempt(() => diskMounts(text('mounts'))) ?? []) {
    const stat = attempt(() => statfsSync(mount))
    if (!stat || stat.blocks === 0) continue
    const usedMib = Math.floor(((stat.blocks - stat.bfree) * stat.bsize) / MIB)
    fileSystems.push({ mount, usedMib, totalMib: Math.floor((stat.blocks * stat.bsize) / MIB) })
  }
  const pressure = attempt(() => ({
    cpuCenti: avg60(text('pressure/cpu')),
    memoryCenti: avg60(text('pressure/memory')),
    ioCenti: avg60(text('pressure/io')),
  }))
  return {
    cpuUs: busyUs(text('stat')),
    memoryUsedMib: memoryOf(text('meminfo')).usedMib,
    load1Centi: Math.round(Number.parseFloat(text('loadavg')) * 100),
    rxBytes: network.rx,
    txBytes: network.tx,
    fileSystems,
    ...(pressure === undefined ? {} : { pressure }),
  }
}

/** True where a file system under `path` enforces project quotas (mounted with prjquota or pquota). */
export const hasProjectQuotas = (mounts: string, path: string): boolean => {
  const device = attempt(() => statSync(path).dev)
  return diskMounts(mounts).some(
    ({ mount, options }) =>
      /(^|,)(prjquota|pquota)(,|$)/.test(options) &&
      device !== undefined &&
      attempt(() => statSync(mount).dev) === device,
  )
}

/** What changes seldom about this host. `dataRoot` is where the engine keeps its containers, if known. */
export const readFacts = (
  roots: Roots,
  engine: Engine | null,
  dataRoot: string | undefined,
  name?: string,
): HostFacts => ({
  hostname: name ?? hostname(),
  kernel: release(),
  architecture: arch(),
  cores: cpus().length,
  memoryTotalMib: memoryOf(readFileSync(join(roots.proc, 'meminfo'), 'latin1')).totalMib,
  cgroupVersion: cgroupVersion(roots),
  engine: engine?.name ?? 'none',
  ...(engine ? { engineVersion: engine.version } : {}),
  projectQuotas:
    dataRoot !== undefined &&
    (attempt(() => hasProjectQuotas(readFileSync(join(roots.proc, 'mounts'), 'latin1'), dataRoot)) ?? false),
})
