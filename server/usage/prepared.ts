import type { Report, RequestIdentity, SampleRow } from '#agents/protocol.ts'
import type { Anchor } from './anchor.ts'

/** A row that was left out, and why. */
export type LeftOut = { path: string; reason: string; row: SampleRow }
/** Rows with the minute they belong to. */
export type Placed = { minute: number; rows: SampleRow[] }

/** A report that was verified, decoded, placed in time and checked: ready to be stored. */
export type Prepared = {
  identity: RequestIdentity
  report: Report
  anchor: Anchor
  /** The minutes of its blocks, in their order. */
  minutes: number[]
  /** What is stored, by minute, and how many rows that is. */
  placed: Placed[]
  rowCount: number
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
