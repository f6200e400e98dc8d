import { publicKeyFromRaw, requestText, sha256Hex, verifyText } from '#agents/protocol.ts'
import { METERS } from '#agents/protocol.ts'
import type { Sql } from '#db/client.ts'
import { DomainError } from '../errors.ts'
import { hostKeysOf, ownEpochs, reportsNamed } from '../usage/evidence.ts'
import { invoiceOf, pinsOf } from './evidenceSql.ts'
import { openReport, signedIdentity } from './placeRows.ts'
import { REPORTS_PATH } from './verifyReports.ts'

/** One signed report behind an invoice, with the rows of this account's own containers and nobody else's. */
export type ReportProof = {
  hostId: number
  seq: number
  agent: string
  keyId: number
  publicKey: string
  digest: string
  signature: string
  /** The text that was signed, line by line. */
  signedText: string
  checksOut: boolean
  receivedAt: Date
  sentAt: Date
  bytes: number
  rowsInAll: number
  rows: { epoch: number; block: number; row: number; cells: Record<string, number> }[]
  /** The rows as they stand in the report, JSON. */
  raw: string
}

/** Opens a pinned report. @throws NOT_FOUND where the invoice does not stand on it, or it is past retention */
export const reportProof = async (
  sql: Sql,
  account: { id: bigint; name: string },
  number: string,
  wanted: { hostId: number; seq: number; epoch?: number | undefined },
): Promise<ReportProof> => {
  const { hostId, seq, epoch } = wanted
  const invoice = await invoiceOf(sql, account.id, { number })
  const pins = invoice ? await pinsOf(sql, account.id, invoice.id) : []
  const pin = pins.find((one) => one.hostId === hostId && one.seq === seq)
  if (!pin) throw new DomainError('NOT_FOUND', `invoice ${number} does not stand on report ${seq} of host ${hostId}`)
  const [report] = await reportsNamed(sql, [pin])
  if (!report) throw new DomainError('NOT_FOUND', `report ${seq} of host ${hostId} is past retention`)
  const [keys, own] = await Promise.all([hostKeysOf(sql, [hostId]), ownEpochs(sql, account.id, [hostId])])
  const publicKey = keys.find((key) => key.keyId === report.keyId)?.publicKey
  if (!publicKey) throw new DomainError('NOT_FOUND', `the key ${report.keyId} of host ${hostId} is gone`)
  const digest = sha256Hex(report.body)
  const signedText = requestText('POST', REPORTS_PATH, signedIdentity({ ...report, receivedMs: 0 }, digest))
  const signature = Buffer.from(report.signature).toString('base64')
  const opened = openReport(report.body)
  const mine = own.epochs.get(hostId) ?? new Set<number>()
  const found = opened.minutes.flatMap((block, b) =>
    block.rows.flatMap((cells, r) =>
      mine.has(cells[0]!) && (epoch === undefined || cells[0] === epoch) ? [{ block: b, row: r, cells }] : [],
    ),
  )
  return {
    hostId,
    seq,
    agent: opened.agent,
    keyId: report.keyId,
    publicKey,
    digest,
    signature,
    signedText,
    checksOut:
      verifyText(publicKeyFromRaw(publicKey), signedText, signature) &&
      digest === Buffer.from(pin.digest).toString('hex'),
    receivedAt: report.receivedAt,
    sentAt: new Date(report.sentMs),
    bytes: report.body.length,
    rowsInAll: opened.minutes.reduce((sum, block) => sum + block.rows.length, 0),
    rows: found.map(({ block, row, cells }) => ({
      epoch: cells[0]!,
      block,
      row,
      cells: Object.fromEntries(METERS.map((meter, i) => [meter, cells[i + 1]!])),
    })),
    raw: found.map(({ block, row, cells }) => `minutes[${block}].rows[${row}] = ${JSON.stringify(cells)}`).join('\n'),
  }
}
