import { publicKeyFromRaw, requestText, sha256Hex, verifyText, type Report } from '#agents/protocol.ts'
import type { Totals } from '../usage/hour.ts'
import type { Bundle, BundledReport } from './bundle.ts'
import { check, type Check } from './check.ts'
import { minutesOf, openReport, signedIdentity } from './placeRows.ts'
import type { Proof } from './evidence.ts'

/** Where agents send reports: part of what they sign. */
export const REPORTS_PATH = '/v1/reports'

/** Looks readings up in the bundle's reports. */
export type Readings = {
  /** The totals a proof points at: null where it points at nothing; `stated` where the report is withheld. */
  of(hostId: number, epoch: number, proof: Proof): { totals: Totals; isStated: boolean } | null
  anchorOf(hostId: number, bootId: string): number | undefined
  /** When counting began by the declaration in a report: null where it is not there, `withheld` with its report. */
  declared(hostId: number, epoch: number, seq: number): number | null | 'withheld'
}

type Opened = { minutes: number[]; report: Report; leftOut: ReadonlySet<string> }

const nameOf = ({ hostId, seq }: { hostId: number; seq: number }) => `host ${hostId} report ${seq}`

const isSigned = (report: BundledReport, publicKey: string | undefined): boolean => {
  if (publicKey === undefined) return false
  const text = requestText('POST', REPORTS_PATH, signedIdentity(report, report.digest))
  return verifyText(publicKeyFromRaw(publicKey), text, report.signature)
}

/** Verifies every report's signature and digest, and opens those whose bodies are there. */
export const verifyReports = ({ parts, reports }: Bundle): { checks: Check[]; readings: Readings } => {
  const hosts = new Map(parts.hosts.map((host) => [host.hostId, host]))
  const anchors = new Map(
    parts.hosts.map((host) => [host.hostId, new Map(host.boots.map(({ bootId, anchorMs }) => [bootId, anchorMs]))]),
  )
  const faults: string[] = []
  const opened = new Map<string, Opened>()
  const withheld = new Set<string>()
  for (const report of reports) {
    const { hostId, seq, keyId, body, digest } = report
    const key = hosts.get(hostId)?.keys.find((one) => one.keyId === keyId)
    if (!isSigned(report, key?.publicKey)) faults.push(`${nameOf(report)}: its host did not sign it`)
    if (body === null) {
      withheld.add(`${hostId}:${seq}`)
      continue
    }
    const bytes = Buffer.from(body, 'base64')
    if (sha256Hex(bytes) !== digest) {
      faults.push(`${nameOf(report)}: the body is not the one that was signed`)
      continue
    }
    const content = openReport(bytes)
    if (content.seq !== seq) faults.push(`${nameOf(report)}: the body says number ${content.seq}`)
    const minutes = minutesOf(report, content, anchors.get(hostId) ?? new Map())
    opened.set(`${hostId}:${seq}`, { minutes, report: content, leftOut: new Set(report.leftOut) })
  }
  const stated = new Map(
    parts.evidence.stated.map((one) => [`${one.hostId}:${one.epoch}:${one.minute}`, one.totals.map(BigInt)]),
  )
  const cellsOf = (hostId: number, epoch: number, minute: number, { seq, block, row }: Proof['rows'][number]) => {
    const from = opened.get(`${hostId}:${seq}`)
    const cells = from?.report.minutes[block]?.rows[row]
    if (!from || !cells || cells[0] !== epoch || from.minutes[block] !== minute) return null
    return from.leftOut.has(`minutes[${block}].rows[${row}]`) ? null : cells.slice(1).map(BigInt)
  }
  return {
    checks: [
      check(
        'each report is signed by its host',
        faults.length === 0 && reports.length >= opened.size,
        faults.length > 0
          ? faults.slice(0, 5).join('; ')
          : `${reports.length} ${reports.length === 1 ? 'report' : 'reports'} of ${hosts.size} ${hosts.size === 1 ? 'host' : 'hosts'}${
              withheld.size > 0 ? `, ${withheld.size} withheld` : ''
            }`,
      ),
    ],
    readings: {
      of(hostId, epoch, { minute, rows }) {
        let totals: Totals | null = null
        for (const ref of rows) {
          const isStated = withheld.has(`${hostId}:${ref.seq}`)
          if (isStated) {
            const said = stated.get(`${hostId}:${epoch}:${minute}`)
            return said ? { totals: said, isStated: true } : null
          }
          const next = cellsOf(hostId, epoch, minute, ref)
          if (!next) return null
          const before: Totals = totals ?? next
          totals = next.map((value, i) => (value > before[i]! ? value : before[i]!))
        }
        return totals && { totals, isStated: false }
      },
      anchorOf: (hostId, bootId) => anchors.get(hostId)?.get(bootId),
      declared(hostId, epoch, seq) {
        if (withheld.has(`${hostId}:${seq}`)) return 'withheld'
        return opened.get(`${hostId}:${seq}`)?.report.epochs.find((one) => one.epoch === epoch)?.openedMonoMs ?? null
      },
    },
  }
}
