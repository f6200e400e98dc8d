import type { RequestIdentity } from '#agents/protocol.ts'
import { HEADERS } from '#agents/protocol.ts'
import { DomainError } from '../errors.ts'
import { requireDigest, verifyRequest, type RequestHeaders, type Standing } from '../hosts/signature.ts'
import { anchorOf, minuteOfEdge } from './anchor.ts'
import { decodeReport } from './decode.ts'
import { implausible } from './plausible.ts'
import type { LastReadings } from './lastReadings.ts'
import type { LeftOut, Placed, Prepared } from './storeReports.ts'

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
  const anchor = anchorOf(report, identity, last.anchorOf(identity.hostId, report.bootId), receivedAtMs)
  // The facts of a host's first report are not in the store yet.
  const cores = report.facts?.cores ?? host?.cores ?? null
  const rows: Placed[] = []
  const leftOut: LeftOut[] = []
  const minutes = report.minutes.map((block, b) => {
    const minute = minuteOfEdge(block.edgeMonoMs, anchor.anchorMs)
    block.rows.forEach((row, r) => {
      const reason = implausible(row, minute, block.edgeMonoMs, last.of(identity.hostId, row[0] ?? 0), cores)
      if (reason === undefined) rows.push({ minute, row })
      else leftOut.push({ path: `minutes[${b}].rows[${r}]`, reason, row })
    })
    return minute
  })
  return {
    identity: identity satisfies RequestIdentity,
    report,
    anchor,
    minutes,
    rows,
    leftOut,
    signature: Buffer.from(String(headers[HEADERS.signature]), 'base64'),
    body,
    receivedAtMs,
  }
}
