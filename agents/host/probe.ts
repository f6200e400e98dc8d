import { closeSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Reading } from './accumulate.ts'
import { openCgroup, type CgroupState } from './cgroup.ts'
import { openKernelFile, readKernelFile, type KernelFile, type Roots } from './files.ts'
import type { Inspected } from './inspect.ts'
import type { Life } from './ledger.ts'
import { hostNamespace, isLink, netDev, networkNamespace, processStartMonoMs, upperDirOf } from './proc.ts'

/** Network namespaces by inode and the container each is counted for: a shared one counts once. */
export type Namespaces = Map<number, string>

/** A running container's open files. */
export type Probe = {
  life: Life
  pid: number
  /** The writable layer as the kernel mounted it, for engines that do not tell. */
  upperDir: string | undefined
  /** Throws once the container is gone. */
  read: (monoMs: number) => Reading
  state: () => CgroupState
  /** Calls back once when its last process has ended, while its counters still stand. */
  onEmpty: (call: () => void) => void
  close: () => void
}

/** Undefined where the namespace went with its last process: the other counters may still stand. */
const sumsOf = (file: KernelFile) => {
  try {
    return netDev(readKernelFile(file).toString('latin1'), isLink)
  } catch {
    return undefined
  }
}

/** Opens what a container's numbers are read from. Throws where its first process is gone. */
export const openProbe = (roots: Roots, container: Inspected, namespaces: Namespaces): Probe => {
  const { pid, id } = container
  const startMonoMs = processStartMonoMs(roots.proc, pid)
  const cgroup = openCgroup(roots, pid, id)
  const namespace = networkNamespace(roots.proc, pid)
  const own = namespace !== hostNamespace(roots.proc) && (namespaces.get(namespace) ?? id) === id
  let network: KernelFile | undefined
  if (own) {
    network = openKernelFile(join(roots.proc, String(pid), 'net/dev'))
    if (network) namespaces.set(namespace, id)
  }
  let closed = false
  const { name, image, imageId, labels, limits, startedAt } = container
  return {
    life: {
      containerId: id,
      startedAt,
      startMonoMs,
      name,
      image,
      imageId,
      labels,
      ...(limits === undefined ? {} : { limits }),
    },
    pid,
    upperDir: upperDirOf(readFileSync(join(roots.proc, String(pid), 'mountinfo'), 'latin1')),
    read: (monoMs) => {
      const sums = network && sumsOf(network)
      return { monoMs, ...cgroup.read(), rxBytes: sums?.rx ?? null, txBytes: sums?.tx ?? null }
    },
    state: () => cgroup.state(),
    onEmpty: cgroup.onEmpty,
    close: () => {
      if (closed) return
      closed = true
      cgroup.close()
      if (!network) return
      closeSync(network.fd)
      namespaces.delete(namespace)
    },
  }
}
