import type { Sql } from '#db/client.ts'
import { DomainError } from '../errors.ts'
import { minor, type Minor } from '../money.ts'
import type { Window } from '../time.ts'
import { composeInvoice } from './composeInvoice.ts'
import type { Draft } from './draftVersion.ts'
import { unpackInputs, type InvoiceInputs } from './invoiceInputs.ts'
import { siblingVersions } from './planVersion.ts'
import { repriced } from './reprice.ts'
import { terms as termsSchema, type PriceVersion } from './terms.ts'
import { termsFault } from './termsFault.ts'

/** Before tax, after discounts and promotional credit. */
export type Difference = {
  account: string
  invoiceId: bigint
  number: string | null
  beforeMinor: Minor
  afterMinor: Minor
}
export type VersionPreview = {
  /** The calendar month whose invoices were computed again. */
  month: Window
  currency: string
  invoices: number
  customers: number
  /** How many pay more, and less. */
  up: number
  down: number
  beforeMinor: Minor
  afterMinor: Minor
  /** The ten that differ most. */
  biggest: Difference[]
  /** Invoices there are of it, where they are more than were computed. */
  of: number
}

const MOST_INVOICES = 5_000
const BATCH = 100
const MOST_SHOWN = 10

/**
 * Computes last month's invoices of a plan again as if its terms had been these, from what they were finalized from, and says
 * what would have been different. Changes nothing. @throws BAD_REQUEST for terms that rating could not take
 */
export const previewVersion = async (sql: Sql, draft: Draft, now: Date): Promise<VersionPreview> => {
  const terms = termsSchema.parse(draft.terms)
  const fault = termsFault(terms, draft.interval)
  if (fault) throw new DomainError('BAD_REQUEST', fault.message, { path: fault.path })
  const { plan, currency, interval } = draft
  const versions = await siblingVersions(sql, draft)
  const next: PriceVersion = { id: 'draft', plan, version: 0, currency, interval, terms }
  const month = lastMonth(now)
  const seen = { accounts: new Set<bigint>(), invoices: 0, of: 0, up: 0, down: 0, before: 0n, after: 0n }
  let biggest: Difference[] = []
  for await (const { inputs, of, ...row } of finalizedIn(sql, month, [...versions.keys()])) {
    const beforeMinor = netOf(inputs)
    const afterMinor = netOf(repriced(inputs, versions, next))
    seen.accounts.add(row.accountId)
    seen.invoices += 1
    seen.of = of
    seen.before += beforeMinor
    seen.after += afterMinor
    if (afterMinor > beforeMinor) seen.up += 1
    if (afterMinor < beforeMinor) seen.down += 1
    if (afterMinor === beforeMinor) continue
    const difference = { account: row.account, invoiceId: row.id, number: row.number, beforeMinor, afterMinor }
    biggest = [...biggest, difference].toSorted((a, b) => Number(sizeOf(b) - sizeOf(a))).slice(0, MOST_SHOWN)
  }
  return {
    month,
    currency,
    invoices: seen.invoices,
    customers: seen.accounts.size,
    up: seen.up,
    down: seen.down,
    beforeMinor: minor(seen.before),
    afterMinor: minor(seen.after),
    biggest,
    of: seen.of,
  }
}

const sizeOf = ({ beforeMinor, afterMinor }: Difference) =>
  afterMinor > beforeMinor ? afterMinor - beforeMinor : beforeMinor - afterMinor

const netOf = (inputs: InvoiceInputs): Minor => {
  const { totals } = composeInvoice(inputs)
  return minor(totals.subtotalMinor - totals.discountMinor - totals.promotionalMinor)
}

const lastMonth = (now: Date): Window => {
  const [year, month] = [now.getUTCFullYear(), now.getUTCMonth()]
  return { start: new Date(Date.UTC(year, month - 1, 1)), end: new Date(Date.UTC(year, month, 1)) }
}

type Row = { accountId: bigint; account: string; id: bigint; number: string | null; body: Buffer }

/** Finalized invoices of a window with lines by any of these versions, with what they were computed from; a batch a query. */
async function* finalizedIn(
  sql: Sql,
  window: Window,
  versionIds: readonly string[],
): AsyncGenerator<Omit<Row, 'body'> & { inputs: InvoiceInputs; of: number }> {
  const invoices = await sql<{ accountId: bigint; id: bigint; of: number }[]>`
    select i.account_id, i.id, count(*) over ()::int as of from invoice i
    where i.finalized_at >= ${window.start} and i.finalized_at < ${window.end} and i.state <> 'void'
      and exists (select from invoice_line l where l.account_id = i.account_id and l.invoice_id = i.id
        and l.plan_version_id = any(${versionIds}::bigint[]) and l.kind in ('flat', 'usage', 'minimum'))
    order by i.account_id, i.id limit ${MOST_INVOICES}`
  for (let at = 0; at < invoices.length; at += BATCH) {
    const batch = invoices.slice(at, at + BATCH)
    const rows = await sql<Row[]>`select i.account_id, a.name as account, i.id, i.number, n.body
      from unnest(${batch.map((one) => String(one.accountId))}::bigint[], ${batch.map((one) => String(one.id))}::bigint[])
        as w (account_id, invoice_id)
      join invoice i on i.account_id = w.account_id and i.id = w.invoice_id
      join invoice_input n on n.account_id = w.account_id and n.invoice_id = w.invoice_id
      join account a on a.id = w.account_id order by i.account_id, i.id`
    for (const { body, ...row } of rows) yield { ...row, inputs: unpackInputs(body), of: batch[0]!.of }
  }
}
