import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

// USER_HZ is 100 on every Linux architecture that Node runs on (sysconf(3), _SC_CLK_TCK).
const MS_PER_TICK = 10

/** When a process started, in milliseconds since boot: field 22 of /proc/PID/stat (proc_pid_stat(5)). Throws if gone. */
export const processStartMonoMs = (procRoot: string, pid: number): number => {
  const text = readFileSync(join(procRoot, String(pid), 'stat'), 'latin1')
  // The command's name, in parentheses, may hold anything; fields count from behind its last one.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const ticks = Number(fields[19])
  if (!Number.isFinite(ticks)) throw new Error(`process ${pid} does not tell its start`)
  return ticks * MS_PER_TICK
}

/** The inode of a process's network namespace. Throws if gone. */
export const networkNamespace = (procRoot: string, pid: number | 'self'): number =>
  statSync(join(procRoot, String(pid), 'ns/net')).ino

/** The host's own; without the right to look at process 1 it is taken to be ours. */
export const hostNamespace = (procRoot: string): number => {
  try {
    return networkNamespace(procRoot, 1)
  } catch {
    return networkNamespace(procRoot, 'self')
  }
}

/** Sums over the interfaces of a /proc/net/dev that `counts` names. */
export const netDev = (text: string, counts: (name: string) => boolean): { rx: number; tx: number } => {
  let rx = 0
  let tx = 0
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':')
    if (colon < 0 || !counts(line.slice(0, colon).trim())) continue
    const fields = line
      .slice(colon + 1)
      .trim()
      .split(/\s+/)
    rx += Number(fields[0])
    tx += Number(fields[8])
  }
  return { rx, tx }
}

/** True for interfaces whose traffic no other interface of the namespace carries again. */
export const isLink = (name: string): boolean => name !== 'lo'

/** The same for a host, where bridges and veth pairs repeat what a real interface carries. */
export const isHostLink = (name: string): boolean =>
  name !== 'lo' &&
  !/^(veth|docker|br-|virbr|cni|flannel|cali|podman|bond|team|br\d|tap|tun|wg|dummy|ifb|vxlan|kube-)/.test(name)

/** The layer that a running container writes: `upperdir` of its root in the text of /proc/PID/mountinfo. */
export const upperDirOf = (mountinfo: string): string | undefined => {
  const root = mountinfo.split('\n').find((line) => line.split(' ')[4] === '/')
  return /[ ,]upperdir=([^,\s]+)/.exec(root ?? '')?.[1]
}
