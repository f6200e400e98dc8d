import type { Report, RequestIdentity } from '#agents/protocol.ts'
import { anchorOf, minuteOfEdge } from '../usage/anchor.ts'
import { decodeReport } from '../usage/decode.ts'

/** What is known of a kept report beside its body: what was signed, and when it was received. */
export type Envelope = {
  hostId: number
  keyId: number
  seq: number
  sentMs: number
  monoMs: number
  bootId: string
  receivedMs: number
}

/** A body as it was sent is gzip, or JSON as it is. */
const encodingOf = (body: Uint8Array) => (body[0] === 0x1f && body[1] === 0x8b ? 'gzip' : undefined)

/** Opens a kept report. @throws DomainError where it is none */
export const openReport = (body: Uint8Array): Report => decodeReport(body, encodingOf(body))

/** What the host signed of a report: its digest stands for the body. */
export const signedIdentity = (of: Envelope, digest: string): RequestIdentity => ({
  hostId: of.hostId,
  keyId: of.keyId,
  seq: of.seq,
  timeMs: of.sentMs,
  bootId: of.bootId,
  monoMs: of.monoMs,
  digest,
})

/** The minute of each block of a report, as ingest places it; `anchors` are the times of boot that were measured. */
export const minutesOf = (of: Envelope, report: Report, anchors: ReadonlyMap<string, number>): number[] => {
  const sent = signedIdentity(of, '')
  const { anchorMs } = anchorOf(report, sent, anchors.get(report.bootId), of.receivedMs)
  return report.minutes.map((block) => minuteOfEdge(block.edgeMonoMs, anchorMs))
}

/** Whether a report tells names, images or labels of things that are not among `own` epochs. */
export const namesOthers = (report: Report, own: ReadonlySet<number>): boolean =>
  report.failures.length > 0 || report.epochs.some(({ epoch }) => !own.has(epoch))
