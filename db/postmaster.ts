import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync, readlinkSync, realpathSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** What a postmaster says of itself in `postmaster.pid`. */
export type Postmaster = { pid: number; port: number; ready: boolean }

const attempt = <T>(read: () => T): T | undefined => {
  try {
    return read()
  } catch {
    return undefined
  }
}

const exists = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Whether a process with this id runs; one that has died and not been collected by its parent does not. */
export const isRunning = (pid: number): boolean => {
  if (!exists(pid)) return false
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
  return stat === undefined || !/^\d+ \(.*\) [ZX]/s.test(stat)
}

// Every process of a cluster has the cluster's folder as its working directory.
const worksIn = (pid: number, cluster: string): boolean => {
  if (process.platform === 'linux') return attempt(() => readlinkSync(`/proc/${pid}/cwd`)) === realpathSync(cluster)
  const command = attempt(() => execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }))
  return command?.includes(cluster) ?? false
}

/**
 * The postmaster that serves `cluster` now, if one lives. Lines of the file: pid, data directory, start time, port,
 * socket directory, listen address, shared memory key, status
 * (https://www.postgresql.org/docs/18/storage-file-layout.html, src/include/utils/pidfile.h).
 */
export const livingPostmaster = (cluster: string): Postmaster | undefined => {
  const lines = attempt(() => readFileSync(join(cluster, 'postmaster.pid'), 'utf8'))?.split('\n')
  const pid = Number(lines?.[0])
  if (!lines || !Number.isInteger(pid) || pid <= 0) return undefined
  if (!isRunning(pid) || !worksIn(pid, cluster)) return undefined
  return { pid, port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' }
}

/**
 * Makes a cluster whose postmaster died ready for a new one: ends backends it left behind (a long statement would go on
 * and keep the new postmaster out), and removes a `postmaster.pid` that would keep it out too: its pid belongs to some
 * other program now, or to the dead postmaster that nobody has collected yet.
 * Call it only when `livingPostmaster` finds none.
 */
export const clearRemains = (cluster: string): void => {
  const file = join(cluster, 'postmaster.pid')
  if (!existsSync(file) || process.platform !== 'linux') return
  const left = readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid && worksIn(pid, cluster))
  for (const pid of left) attempt(() => process.kill(pid, 'SIGKILL'))
  const pid = Number(attempt(() => readFileSync(file, 'utf8'))?.split('\n')[0])
  if (left.length === 0 && exists(pid)) rmSync(file, { force: true })
}
