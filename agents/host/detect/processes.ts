import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { cgroupPaths, cgroupVersion } from '../cgroup.ts'
import { closeKernelFile, openKernelFile, readKernelFile, type Roots } from '../files.ts'
import { parseStat, type ProcessStat } from './stat.ts'

/** Processes of one container that are looked at; of more, the lowest numbers and the newest. */
const MOST_PROCESSES = 256
const MOST_FOLDERS = 32

/** Folders of a container's cgroup that list its processes: its own and those below it. */
export const processFolders = (roots: Roots, pid: number, containerId: string): string[] => {
  const paths = cgroupPaths(readFileSync(join(roots.proc, String(pid), 'cgroup'), 'latin1'), containerId)
  const controller = cgroupVersion(roots) === 2 ? '' : (['pids', 'cpu', 'memory'].find((name) => paths.has(name)) ?? '')
  const at = paths.get(controller)
  if (!at) return []
  const root = join(roots.cgroup, controller === '' ? '' : controller, at.path)
  const folders = [root]
  for (let n = 0; n < folders.length && folders.length < MOST_FOLDERS; n++) {
    for (const entry of readdirSync(folders[n]!, { withFileTypes: true })) {
      if (entry.isDirectory() && folders.length < MOST_FOLDERS) folders.push(join(folders[n]!, entry.name))
    }
  }
  return folders
}

/** Numbers of the processes in these folders, ascending; a folder that is gone has none. Reads 256 kB of each at most. */
export const listProcesses = (folders: readonly string[]): number[] => {
  const pids: number[] = []
  for (const folder of folders) {
    const file = openKernelFile(join(folder, 'cgroup.procs'))
    if (!file) continue
    try {
      for (const line of readKernelFile(file).toString('latin1').split('\n')) if (line !== '') pids.push(Number(line))
    } catch {
      // It went between opening and reading.
    } finally {
      closeKernelFile(file)
    }
  }
  return pids.filter(Number.isSafeInteger).toSorted((a, b) => a - b)
}

/** Those of `pids` that a look can afford. */
export const chosenOf = (pids: readonly number[]): readonly number[] =>
  pids.length <= MOST_PROCESSES ? pids : [...pids.slice(0, MOST_PROCESSES / 2), ...pids.slice(-MOST_PROCESSES / 2)]

/** Reading it never waits for the process. Null where it is gone. */
export const readStat = (procRoot: string, pid: number): ProcessStat | null => {
  const file = openKernelFile(join(procRoot, String(pid), 'stat'))
  if (!file) return null
  try {
    return parseStat(readKernelFile(file).toString('latin1'))
  } catch {
    return null
  } finally {
    closeKernelFile(file)
  }
}

/** What a process runs, as the kernel links it; empty where it is gone or is the kernel's own. */
export const exeLink = (procRoot: string, pid: number): string => {
  try {
    return readlinkSync(join(procRoot, String(pid), 'exe'))
  } catch {
    return ''
  }
}

const MOST_FILES = 512

/** Inodes of the sockets that a process has open, of its first 512 files. */
export const socketInodes = (procRoot: string, pid: number): Set<number> => {
  const inodes = new Set<number>()
  const folder = join(procRoot, String(pid), 'fd')
  try {
    for (const name of readdirSync(folder).slice(0, MOST_FILES)) {
      const link = readlinkSync(join(folder, name))
      if (link.startsWith('socket:[')) inodes.add(Number(link.slice(8, -1)))
    }
  } catch {
    // It ended, or closed one meanwhile: what was found counts.
  }
  return inodes
}
