import { deflateSync, inflateSync } from 'node:zlib'
import { Counter } from 'prom-client'
import { sha256Hex } from '#agents/protocol.ts'
import type { Sql } from '#db/client.ts'
import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { log } from '../log.ts'
import { registry } from '../metrics.ts'
import { reportsNamed } from '../usage/evidence.ts'
import type { ReadLife } from './bundle.ts'
import { canonical } from './canonical.ts'
import { NO_USE, reportKeyOf, reportsIn, usedByApp, type LifeEvidence, type WindowEvidence } from './evidence.ts'
import { evidenceRow, inputBody, invoiceOf } from './evidenceSql.ts'
import { unpackInputs } from './invoiceInputs.ts'
import { windowEvidence } from './lineEvidence.ts'
import { ratedWindows, type RatedWindow } from './readInputs.ts'
import { BILLABLE_METERS } from './terms.ts'

const sealed = new Counter({
  name: 'wharf_billing_evidence_total',
  help: 'Invoices whose evidence was sealed, by whether the reports prove what was billed.',
  labelNames: ['agrees'],
  registers: [registry],
})

/** Apps and meters of a window whose readings do not come to what was rated, a line each. */
export const apartIn = (window: RatedWindow, { lives }: WindowEvidence): string[] => {
  const proven = usedByApp(lives)
  return [...new Set([...proven.keys(), ...window.used.keys()])].toSorted().flatMap((app) =>
    BILLABLE_METERS.flatMap((meter) => {
      const [here, billed] = [(proven.get(app) ?? NO_USE)[meter], (window.used.get(app) ?? NO_USE)[meter]]
      return here === billed ? [] : [`${app}, ${meter}: billed ${billed}, proven ${here}`]
    }),
  )
}

/** Evidence as it is kept in the store. */
export const packEvidence = (windows: readonly WindowEvidence[]): Buffer => deflateSync(canonical({ windows }))
/** Reads what `packEvidence` wrote. */
export const unpackEvidence = (body: Uint8Array): WindowEvidence[] => {
  const { windows } = JSON.parse(inflateSync(body).toString('utf8')) as {
    windows: { fromHour: number; untilHour: number; lives: ReadLife[] }[]
  }
  const lifeOf = ({ used, ...life }: ReadLife) => ({ ...life, used: used.map(BigInt) }) as LifeEvidence
  return windows.map(({ lives, ...window }) => ({ ...window, lives: lives.map(lifeOf) }))
}

type Found = { windows: WindowEvidence[]; received: Map<string, Date>; apart: string[] }

/** Hours are rolled a little after the reports they come from: those of the last moments may not have counted yet. */
const ROLLED_MS = [0, 2_000, 10_000, 60_000]

const provenBy = async (sql: Sql, accountId: bigint, rated: readonly RatedWindow[], asOf: Date): Promise<Found> => {
  let first: Found | undefined
  for (const before of ROLLED_MS) {
    const found: Found = { windows: [], received: new Map(), apart: [] }
    for (const window of rated) {
      const { evidence, received } = await windowEvidence(sql, accountId, window, new Date(asOf.getTime() - before))
      found.windows.push(evidence)
      found.apart.push(...apartIn(window, evidence))
      for (const [key, at] of received) found.received.set(key, at)
    }
    if (found.apart.length === 0) return found
    first ??= found
    if (found.received.size === 0) break
  }
  return first!
}

/**
 * The job `billing.pin_evidence`: finds the signed reports that prove a finalized invoice's usage, and keeps which they are.
 * Done once; again only where they did not agree.
 * @throws NOT_FOUND; CONFLICT while the invoice is a draft
 */
export const pinEvidence = async (ctx: Context, of: { accountId: bigint; invoiceId: bigint }): Promise<void> => {
  const { sql } = ctx
  const invoice = await invoiceOf(sql, of.accountId, { id: of.invoiceId })
  const body = await inputBody(sql, of.accountId, of.invoiceId)
  if (!invoice || !body) throw new DomainError('NOT_FOUND', `no finalized invoice ${of.invoiceId}`)
  if (invoice.state === 'draft') throw new DomainError('CONFLICT', 'a draft has no evidence yet; finalize it')
  if ((await evidenceRow(sql, of.accountId, of.invoiceId))?.agrees) return
  const inputs = unpackInputs(body)
  const rated = ratedWindows(inputs)
  const found = await provenBy(sql, of.accountId, rated, inputs.asOf)
  const { windows, received, apart } = found
  const named = reportsIn(windows).map((id) => ({ ...id, receivedAt: received.get(reportKeyOf(id))! }))
  const pins = (await reportsNamed(sql, named)).map(({ hostId, seq, body, receivedAt }) => ({
    hostId,
    seq,
    receivedAt,
    digest: sha256Hex(body),
  }))
  const agrees = apart.length === 0 && pins.length === named.length
  await sql.begin(async (tx) => {
    await tx`delete from invoice_pin where account_id = ${of.accountId} and invoice_id = ${of.invoiceId}`
    await tx`insert into invoice_pin (account_id, invoice_id, host_id, seq, digest, received_at)
      select ${of.accountId}, ${of.invoiceId}, p."hostId", p.seq, decode(p.digest, 'hex'), p."receivedAt"
      from json_to_recordset(${JSON.stringify(pins)}::text::json)
        as p ("hostId" int, seq bigint, digest text, "receivedAt" timestamptz)`
    await tx`insert into invoice_evidence (account_id, invoice_id, body, agrees, apart, sealed_at)
      values (${of.accountId}, ${of.invoiceId}, ${packEvidence(windows)}, ${agrees}, ${apart}, ${ctx.now})
      on conflict (account_id, invoice_id) do update set body = excluded.body, agrees = excluded.agrees,
        apart = excluded.apart, sealed_at = excluded.sealed_at`
    await audit(tx, ctx, {
      action: 'billing.evidence.seal',
      subject: { kind: 'invoice', id: of.invoiceId },
      accountId: of.accountId,
      after: { number: invoice.number, reports: pins.length, agrees, apart: apart.slice(0, 20) },
    })
  })
  sealed.inc({ agrees: String(agrees) })
  if (!agrees) log.warn({ invoice: invoice.number, apart: apart.slice(0, 5) }, 'reports do not prove what was billed')
}
