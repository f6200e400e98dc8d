import type { Report, RequestIdentity, SampleRow } from '#agents/protocol.ts'
import type { Anchor } from './anchor.ts'

/** A row that was left out, and why. */
export type LeftOut = { path: string; reason: string; row: SampleRow }
/** A row with the minute it belongs to. */
export type Placed = { minute: number; row: SampleRow }

/** A report that was verified, decoded, placed in time and checked: ready to be stored. */
export type Prepared = {
  identity: RequestIdentity
  report: Report
  anchor: Anchor
  /** The minutes of its blocks, in their order. */
  minutes: number[]
  rows: Placed[]
  /** Whether a row is for a minute that is not after the newest known: it may meet a stored one. */
  overlaps: boolean
  leftOut: LeftOut[]
  signature: Buffer
  body: Buffer
  receivedAtMs: number
}

/** What the store knows of a host after a commit. */
export type Progress = { contiguousSeq: number; maxSeq: number; commandsPending: boolean }

export type LabelNames = { labelAccount: string; labelApp: string }

/** A text parameter that PostgreSQL reads as rows: `json_to_recordset(${rowsOf(list)}::text::json)`. */
export const rowsOf = (rows: readonly object[]) => JSON.stringify(rows)
