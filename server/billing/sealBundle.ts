import { inflateSync } from 'node:zlib'
import { sha256Hex, signText } from '#agents/protocol.ts'
import type { Sql } from '#db/client.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { serverKey } from '../hosts/serverKey.ts'
import { bootAnchors, hostKeysOf, leftOutRows, ownEpochs, reportsNamed, type KeptReport } from '../usage/evidence.ts'
import { manifestOf, manifestText, type BundledHost, type BundledReport, type BundleParts } from './bundle.ts'
import { canonical } from './canonical.ts'
import { reportKeyOf, type WindowEvidence } from './evidence.ts'
import { linesOf } from './sql.ts'
import { evidenceRow, inputBody, invoiceOf, pinsOf, type ProvenInvoice } from './evidenceSql.ts'
import { unpackEvidence } from './pinEvidence.ts'
import { namesOthers, openReport } from './placeRows.ts'
import { versionRow } from './planVersion.ts'
import { mayShowWholeReports } from './reportPrivacy.ts'
import { readingsOfReport, statedOf } from './statedInvoice.ts'

export type SealedBundle = { fileName: string; text: string }

const termsOf = async (sql: Sql, ids: readonly (bigint | null)[]): Promise<BundleParts['terms']> => {
  const wanted = [...new Set(ids.filter((id) => id !== null))].toSorted((a, b) => Number(a - b))
  return await Promise.all(
    wanted.map(async (id) => {
      const { plan, version, currency, interval, terms, digest } = await versionRow(sql, id)
      return { id: id.toString(), plan, version, currency, interval, terms, digest }
    }),
  )
}

const hostsOf = async (sql: Sql, windows: readonly WindowEvidence[]): Promise<BundledHost[]> => {
  const names = new Map(windows.flatMap(({ lives }) => lives.map(({ hostId, host }) => [hostId, host] as const)))
  const ids = [...names.keys()].toSorted((a, b) => a - b)
  const keys = await hostKeysOf(sql, ids)
  return await Promise.all(
    ids.map(async (hostId) => ({
      hostId,
      name: names.get(hostId)!,
      keys: keys.filter((key) => key.hostId === hostId).map(({ keyId, publicKey }) => ({ keyId, publicKey })),
      boots: [...(await bootAnchors(sql, hostId))].map(([bootId, anchorMs]) => ({ bootId, anchorMs })),
    })),
  )
}

const bundled = (report: KeptReport, leftOut: ReadonlySet<string>, isWhole: boolean): BundledReport => {
  const { hostId, keyId, seq, sentMs, monoMs, bootId, receivedAt, signature, body } = report
  const rows = [...leftOut].filter((row) => row.startsWith(`${seq}:`)).map((row) => row.slice(`${seq}:`.length))
  return {
    hostId,
    keyId,
    seq,
    sentMs,
    monoMs,
    bootId,
    receivedMs: receivedAt.getTime(),
    digest: sha256Hex(body),
    signature: Buffer.from(signature).toString('base64'),
    body: isWhole ? Buffer.from(body).toString('base64') : null,
    ...(rows.length > 0 ? { leftOut: rows } : {}),
  }
}

/** Which reports tell of nobody else, so that this account may have them whole. */
const wholeOnes = async (sql: Sql, accountId: bigint, reports: readonly KeptReport[]): Promise<Set<string>> => {
  const { hosts, epochs } = await ownEpochs(sql, accountId, [...new Set(reports.map((report) => report.hostId))])
  const whole = reports.filter(
    (report) =>
      hosts.has(report.hostId) || !namesOthers(openReport(report.body), epochs.get(report.hostId) ?? new Set()),
  )
  return new Set(whole.map(reportKeyOf))
}

/**
 * An invoice's evidence as one signed file. Reports that name other accounts' containers come without their bodies, unless
 * `isWhole` (for the platform's own people) or the platform's setting says otherwise. Asked for again it is the same bytes.
 * @throws NOT_FOUND where there is none; UNAVAILABLE while it is being sealed; CONFLICT where reports are past retention
 */
export const sealBundle = async (
  ctx: Pick<Context, 'sql' | 'env'>,
  account: { id: bigint; name: string },
  number: string,
  { isWhole = false }: { isWhole?: boolean } = {},
): Promise<SealedBundle> => {
  const { sql } = ctx
  const invoice = await invoiceOf(sql, account.id, { number })
  const body = invoice && (await inputBody(sql, account.id, invoice.id))
  if (!invoice || !body) throw new DomainError('NOT_FOUND', `no invoice ${number} in ${account.name}`)
  const [evidence, pins, lines] = await Promise.all([
    evidenceRow(sql, account.id, invoice.id),
    pinsOf(sql, account.id, invoice.id),
    linesOf(sql, account.id, invoice.id),
  ])
  if (!evidence)
    throw new DomainError('UNAVAILABLE', 'the evidence is being sealed; try again', { retryAfterSeconds: 10 })
  const reports = await reportsNamed(sql, pins)
  if (reports.length < pins.length) {
    const lost = `${pins.length - reports.length} of ${pins.length}`
    throw new DomainError('CONFLICT', `${lost} reports behind ${number} are past retention; the invoice itself stands`)
  }
  const windows = unpackEvidence(evidence.body)
  const showsAll = isWhole || (await mayShowWholeReports(sql))
  const whole = showsAll ? new Set(reports.map(reportKeyOf)) : await wholeOnes(sql, account.id, reports)
  const leftOut = new Map(
    await Promise.all(
      [...Map.groupBy(reports, (report) => report.hostId)].map(
        async ([hostId, own]) =>
          [
            hostId,
            await leftOutRows(
              sql,
              hostId,
              own.map(({ seq }) => seq),
            ),
          ] as const,
      ),
    ),
  )
  const parts: BundleParts = {
    invoice: statedOf(invoice as ProvenInvoice & { number: string }, lines),
    inputs: JSON.parse(inflateSync(body).toString('utf8')),
    terms: await termsOf(
      sql,
      lines.map((line) => line.planVersionId),
    ),
    hosts: await hostsOf(sql, windows),
    evidence: { windows, stated: readingsOfReport(windows, reports, whole) },
  }
  const rows = reports.map((report) =>
    bundled(report, leftOut.get(report.hostId) ?? new Set(), whole.has(reportKeyOf(report))),
  )
  const key = await serverKey(ctx)
  const sealedAt = evidence.sealedAt.toISOString()
  const manifest = manifestOf({ account: account.name, number, sealedAt, key: key.publicKey }, parts, rows)
  const signature = signText(key.privateKey, manifestText(manifest))
  return { fileName: `${number}-evidence.json`, text: canonical({ manifest, signature, parts, reports: rows }) }
}
