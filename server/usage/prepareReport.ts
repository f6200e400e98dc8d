import type { Report, RequestIdentity } from '#agents/protocol.ts'
import { HEADERS } from '#agents/protocol.ts'
import { DomainError } from '../errors.ts'
import { requireDigest, verifyRequest, type RequestHeaders, type Standing } from '../hosts/signature.ts'
import { MINUTE_MS, MINUTES_PER_DAY } from '../time.ts'
import { anchorOf, minuteOfEdge } from './anchor.ts'
import { decodeReport } from './decode.ts'
import { implausible, type LastReading } from './plausible.ts'
import type { LastReadings } from './lastReadings.ts'
import type { LeftOut, Placed, Prepared } from './prepared.ts'

/** A report as it came over HTTP. */
export type Incoming = { headers: RequestHeaders; body: Buffer; receivedAtMs: number }

export const REPORTS_PATH = '/v1/reports'

/**
 * Verifies, decodes and places a report, and leaves out the rows that cannot be.
 * @throws DomainError: UNAUTHENTICATED, FORBIDDEN, BAD_REQUEST (with the first fault's path), TOO_LARGE.
 */
export const prepareReport = (
  incoming: Incoming,
  host: (Standing & { cores: number | null }) | undefined,
  last: LastReadings,
): Prepared => {
  const { headers, body, receivedAtMs } = incoming
  const identity = verifyRequest({
    method: 'POST',
    path: REPORTS_PATH,
    headers,
    keys: () => host,
    now: new Date(receivedAtMs),
  })
  requireDigest(identity, body)
  const encoding = headers['content-encoding']
  const report = decodeReport(body, Array.isArray(encoding) ? encoding[0] : encoding)
  if (report.seq !== identity.seq || report.seq === 0) {
    throw new DomainError('BAD_REQUEST', 'seq should be the sequence number of the signed header, from 1', {
      path: 'seq',
    })
  }
  requireUptimes(report, identity, receivedAtMs)
  const anchor = anchorOf(report, identity, last.anchorOf(identity.hostId, report.bootId), receivedAtMs)
  // The facts of a host's first report are not in the store yet.
  const cores = report.facts?.cores ?? host?.cores ?? null
  return {
    identity: identity satisfies RequestIdentity,
    anchor,
    ...placed(report, anchor.anchorMs, cores, receivedAtMs, last.of(identity.hostId)),
    signature: Buffer.from(String(headers[HEADERS.signature]), 'base64'),
    body,
    receivedAtMs,
  }
}

/** A host cannot have been up since before 1970: a time of boot below zero has no minutes and no date. */
const requireUptimes = (report: Report, identity: RequestIdentity, nowMs: number) => {
  if (identity.monoMs <= nowMs && report.clock.monoMs <= nowMs) return
  throw new DomainError('BAD_REQUEST', 'clock.monoMs should be the milliseconds since boot', { path: 'clock.monoMs' })
}

/** A spool on a disk that lay in a drawer may be this old. */
const MOST_AGE_MINUTES = 366 * MINUTES_PER_DAY

/** Places every row in its minute; what cannot be is left out, against what is stored and against the report itself. */
const placed = (
  report: Report,
  anchorMs: number,
  cores: number | null,
  nowMs: number,
  known: ReadonlyMap<number, LastReading> | undefined,
): Pick<Prepared, 'report' | 'minutes' | 'placed' | 'rowCount' | 'overlaps' | 'leftOut'> => {
  const leftOut: LeftOut[] = []
  let overlaps = false
  const newest = Math.ceil(nowMs / MINUTE_MS)
  const own = report.minutes.length > 1 ? new Map<number, LastReading>() : undefined
  const blocks = report.minutes.map((block, b) => ({ block, b, minute: minuteOfEdge(block.edgeMonoMs, anchorMs) }))
  // In order of time, so that each row is held to the one before it; the spool's drafts are in order already.
  if (own) blocks.sort((x, y) => x.minute - y.minute)
  const kept = blocks.filter(({ block, b, minute }) => {
    const reason =
      minute > newest ? 'ends in the future' : minute < newest - MOST_AGE_MINUTES ? 'ended over a year ago' : undefined
    if (reason === undefined) return true
    block.rows.forEach((row, r) =>
      leftOut.push({ path: `minutes[${b}].rows[${r}]`, reason: `its minute ${reason}`, row }),
    )
    return false
  })
  const byMinute = kept.map(({ block, b, minute }): Placed => ({
    minute,
    rows: block.rows.filter((row, r) => {
      const epoch = row[0] ?? 0
      const before = own?.get(epoch) ?? known?.get(epoch)
      const reason = implausible(row, minute, block.edgeMonoMs, before, cores)
      if (reason !== undefined) {
        leftOut.push({ path: `minutes[${b}].rows[${r}]`, reason, row })
        return false
      }
      if (before && minute <= (before[0] ?? 0)) overlaps = true
      if (minute >= (before?.[0] ?? 0)) own?.set(epoch, [minute, ...row.slice(1)])
      return true
    }),
  }))
  return {
    report: { ...report, minutes: kept.map(({ block }) => block) },
    minutes: kept.map(({ minute }) => minute),
    placed: byMinute,
    rowCount: byMinute.reduce((count, { rows }) => count + rows.length, 0),
    overlaps,
    leftOut,
  }
}
