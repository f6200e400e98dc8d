import { join } from 'node:path'
import type { CommandResult, Finding } from '#agents/protocol.ts'
import type { Anchor } from './clock.ts'
import { fileDisk, type Disk } from './disk.ts'
import type { SavedLedger } from './ledger.ts'
import type { Draft } from './report.ts'

/** What a container had before a command changed it, as its engine names it. */
export type Before = {
  cpu?: { NanoCpus: number; CpuQuota: number; CpuPeriod: number }
  restartPolicy?: string
  /** The command that began to restart it last: after a crash its new life is that command's doing. */
  restartedBy?: number
}

/** All that an agent must not forget, written whole with each report. */
export type State = {
  version: 1
  bootId: string
  anchor: Anchor
  /** The next report's sequence number; null until the control plane told where to go on. */
  nextSeq: number | null
  lastEdgeMonoMs: number
  ledger: SavedLedger
  draft: Draft
  /** The newest reports, in case a crash comes before they stand in the spool. */
  outbox: { seq: number; body: string }[]
  /** Results of commands by id, and which of them are not acknowledged. */
  results: CommandResult[]
  unsent: number[]
  before: Record<string, Before>
  /** The last measured epoch of each container, for commands that mean one that does not run. */
  lastEpochs: Record<string, number>
  /** Findings that are not acknowledged. */
  findings: Finding[]
}

const path = (stateDir: string) => join(stateDir, 'state.json')

/** Null where there is none, or none that can be read: then its host goes on with new segments. */
export const loadState = (stateDir: string, disk: Disk = fileDisk): State | null => {
  try {
    const state = JSON.parse(disk.read(path(stateDir)).toString()) as State
    return state.version === 1 && Array.isArray(state.ledger.entries) ? state : null
  } catch {
    return null
  }
}

/** Throws the file system's error; what was there before is then untouched. */
export const saveState = (stateDir: string, state: State, disk: Disk = fileDisk) =>
  disk.write(path(stateDir), Buffer.from(JSON.stringify(state)))
