import { join } from 'node:path'
import { fileDisk, type Disk } from './disk.ts'

/** Limits of a spool: acknowledged reports kept (one a minute for 72 h) and bytes in all. */
export type SpoolLimits = { mostAcknowledged: number; mostBytes: number }
export const SPOOL_LIMITS: SpoolLimits = { mostAcknowledged: 72 * 60, mostBytes: 256 * 2 ** 20 }

export type Spool = ReturnType<typeof openSpool>

/**
 * Reports on disk, a file each: `SEQ.gz` until acknowledged, then `SEQ.ok.gz`, kept so that a control plane that lost
 * its memory can have them again. Counted, not dated: a wrong wall clock must not empty it. Refused bodies go to
 * `refused/`. Throws the file system's errors.
 */
export const openSpool = (directory: string, limits: SpoolLimits = SPOOL_LIMITS, disk: Disk = fileDisk) => {
  const refused = join(directory, 'refused')
  disk.makeFolder(refused)
  const held = new Map<number, { acknowledged: boolean; bytes: number }>()
  let total = 0

  const path = (seq: number, acknowledged: boolean) =>
    join(directory, `${String(seq).padStart(12, '0')}${acknowledged ? '.ok' : ''}.gz`)

  const drop = (seq: number) => {
    const report = held.get(seq)
    if (!report) return
    disk.remove(path(seq, report.acknowledged))
    total -= report.bytes
    held.delete(seq)
  }

  for (const { name, bytes } of disk.list(directory)) {
    const parts = /^(\d+)(\.ok)?\.gz$/.exec(name)
    if (parts) {
      held.set(Number(parts[1]), { acknowledged: parts[2] !== undefined, bytes })
      total += bytes
    } else if (name.endsWith('.tmp')) disk.remove(join(directory, name))
  }

  const sorted = () => [...held.keys()].toSorted((a, b) => a - b)

  /** Drops the oldest acknowledged reports over the limits, then, over the bytes alone, the oldest of all. */
  const purge = (): number => {
    const acknowledged = sorted().filter((seq) => held.get(seq)!.acknowledged)
    let surplus = acknowledged.length - limits.mostAcknowledged
    for (const seq of acknowledged) {
      if (surplus-- <= 0 && total <= limits.mostBytes) break
      drop(seq)
    }
    let lost = 0
    for (const seq of total > limits.mostBytes ? sorted() : []) {
      if (total <= limits.mostBytes) break
      drop(seq)
      lost++
    }
    return lost
  }

  const mark = (seq: number, acknowledged: boolean) => {
    const report = held.get(seq)
    if (!report || report.acknowledged === acknowledged) return
    disk.rename(path(seq, report.acknowledged), path(seq, acknowledged))
    report.acknowledged = acknowledged
  }

  return {
    /** The greatest sequence number held, else 0. */
    highest: () => Math.max(0, ...held.keys()),
    has: (seq: number) => held.has(seq),
    read: (seq: number): Buffer => disk.read(path(seq, held.get(seq)?.acknowledged ?? false)),

    /** Stores a report; it is on disk when this returns. Gives how many unsent ones had to go to make room. */
    write(seq: number, body: Uint8Array): number {
      drop(seq)
      disk.write(path(seq, false), body)
      held.set(seq, { acknowledged: false, bytes: body.length })
      total += body.length
      return purge()
    },

    /** Sequence numbers to send, in order. */
    pending: (): number[] => sorted().filter((seq) => !held.get(seq)!.acknowledged),

    acknowledge: (seq: number) => mark(seq, true),

    /**
     * The server knows every report up to `contiguousSeq` and none after `maxSeq`. What we hold as acknowledged and it
     * does not know was lost there (its database was restored from a backup): it is pending again. Gives how many.
     */
    serverKnows(contiguousSeq: number, maxSeq = Number.POSITIVE_INFINITY): number {
      const lostAfter = held.get(contiguousSeq + 1)?.acknowledged ? contiguousSeq : maxSeq
      let again = 0
      for (const [seq, report] of held) {
        if (seq <= lostAfter || !report.acknowledged) continue
        mark(seq, false)
        again++
      }
      return again
    },

    /** A body that cannot be read any more, whatever became of its file. */
    forget(seq: number) {
      total -= held.get(seq)?.bytes ?? 0
      held.delete(seq)
    },

    /** Moves a body that the server will never take out of the way, and gives it. */
    refuse(seq: number): Buffer {
      const body = disk.read(path(seq, held.get(seq)?.acknowledged ?? false))
      disk.write(join(refused, `${seq}.gz`), body)
      drop(seq)
      return body
    },
  }
}
