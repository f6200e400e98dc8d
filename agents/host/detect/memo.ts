import { join } from 'node:path'
import type { AbuseFinding } from '#agents/rules.ts'
import { fileDisk, type Disk } from '../disk.ts'

/** What detection must not forget over a restart of the agent; times are since boot. */
export type Memo = {
  bootId: string
  /** Apps and containers that were stopped lately, and until when they are watched closely. */
  watchUntil: Record<string, number>
  /** Containers that were throttled here, in which life, how often, and when that is looked at again. */
  throttled: Record<string, { startedAt: string; round: number; againMonoMs: number; why: 'behaviour' | 'dispute' }>
  /** A stop that has begun: should a crash come before it is told, its finding is here. */
  stopping: Record<string, AbuseFinding>
  /** Ids of findings that were told, so that no second look tells them again. */
  told: string[]
}

const MOST_TOLD = 5_000
const file = (stateDir: string) => join(stateDir, 'detection.json')

/** Empty where there is none, or one of another boot: its times mean nothing now. */
export const loadMemo = (stateDir: string, bootId: string, disk: Disk = fileDisk): Memo => {
  try {
    const memo = JSON.parse(disk.read(file(stateDir)).toString()) as Memo
    if (memo.bootId === bootId && Array.isArray(memo.told)) return memo
    return { bootId, watchUntil: {}, throttled: {}, stopping: memo.stopping ?? {}, told: memo.told ?? [] }
  } catch {
    return { bootId, watchUntil: {}, throttled: {}, stopping: {}, told: [] }
  }
}

/** Throws the file system's error. */
export const saveMemo = (stateDir: string, memo: Memo, disk: Disk = fileDisk): void =>
  disk.write(file(stateDir), Buffer.from(JSON.stringify({ ...memo, told: memo.told.slice(-MOST_TOLD) })))
