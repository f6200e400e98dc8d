import type { Tx } from '#db/client.ts'
import type { Composed } from './composeInvoice.ts'
import type { DraftRow } from './draftSql.ts'
import { packInputs, type InvoiceInputs } from './invoiceInputs.ts'
import type { RatedLine } from './rated.ts'

/** A draft that was computed: what it came from and what it says. */
export type Computed = { draft: DraftRow; inputs: InvoiceInputs; composed: Composed }

export const asJson = (value: unknown): string =>
  JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? v.toString() : v))

const lineRow = (
  accountId: bigint,
  invoiceId: bigint,
  position: number,
  line: RatedLine & { adjustmentId: string | null },
) => ({
  a: accountId,
  i: invoiceId,
  p: position,
  k: line.kind,
  t: line.description,
  v: line.planVersionId,
  r: line.price,
  m: line.meter,
  app: line.app,
  q: line.quantity,
  u: line.unitAmount,
  e: line.exact,
  n: line.amount,
  s: line.service.start,
  z: line.service.end,
  j: line.adjustmentId,
  d: line.detail,
})

/** Writes the lines of new invoices. */
export const insertLines = async (
  tx: Tx,
  of: readonly {
    accountId: bigint
    invoiceId: bigint
    lines: readonly (RatedLine & { adjustmentId: string | null })[]
  }[],
): Promise<void> => {
  const rows = of.flatMap(({ accountId, invoiceId, lines }) =>
    lines.map((line, i) => lineRow(accountId, invoiceId, i + 1, line)),
  )
  if (rows.length === 0) return
  await tx`insert into invoice_line (account_id, invoice_id, position, kind, description, plan_version_id, price, meter,
      app, quantity, unit_amount, exact, amount_minor, service_start, service_end, adjustment_id, detail)
    select a, i, p, k, t, v, r, m, app, q, u, e, n, s, z, j, d from json_to_recordset(${asJson(rows)}::text::json)
      as x (a bigint, i bigint, p int, k text, t text, v bigint, r text, m text, app text, q bigint, u text, e text,
        n bigint, s timestamptz, z timestamptz, j bigint, d jsonb)`
}

/** Replaces the lines and inputs of drafts by what was computed, and has them hold their adjustments. */
export const storeComputed = async (tx: Tx, computed: readonly Computed[]): Promise<void> => {
  if (computed.length === 0) return
  const accounts = computed.map(({ draft }) => String(draft.accountId))
  const ids = computed.map(({ draft }) => String(draft.id))
  // Drafts that were computed before, and those with given lines, have lines already.
  const old = computed.filter(({ draft, inputs }) => draft.asOf !== null || inputs.given.length > 0)
  const bodies = computed.map(({ inputs }) => packInputs(inputs).toString('base64'))
  const taken = computed.flatMap(({ draft, inputs }) =>
    inputs.adjustments.map(({ id }) => ({ a: draft.accountId, i: draft.id, id })),
  )
  // Before what follows: statements of one transaction are sent in the order in which they are awaited.
  if (old.length > 0)
    await tx`delete from invoice_line where (account_id, invoice_id) in (select * from unnest(
      ${old.map(({ draft }) => String(draft.accountId))}::bigint[], ${old.map(({ draft }) => String(draft.id))}::bigint[]))`
  await Promise.all([
    insertLines(
      tx,
      computed.map(({ draft, composed }) => ({
        accountId: draft.accountId,
        invoiceId: draft.id,
        lines: composed.lines,
      })),
    ),
    tx`insert into invoice_input (account_id, invoice_id, body)
      select a, i, decode(b, 'base64') from unnest(${accounts}::bigint[], ${ids}::bigint[], ${bodies}::text[]) as x (a, i, b)
      on conflict (account_id, invoice_id) do update set body = excluded.body`,
    ...(taken.length === 0
      ? []
      : [
          tx`update adjustment t set state = 'applied', invoice_id = x.i
            from json_to_recordset(${asJson(taken)}::text::json) as x (a bigint, i bigint, id bigint)
            where t.account_id = x.a and t.id = x.id and t.state in ('approved', 'applied')`,
        ]),
  ])
}

/** Drops drafts that came to no lines: there is nothing to say. Adjustments they held wait for the next. */
export const dropDrafts = async (tx: Tx, computed: readonly Computed[]): Promise<void> => {
  if (computed.length === 0) return
  const accounts = computed.map(({ draft }) => String(draft.accountId))
  const ids = computed.map(({ draft }) => String(draft.id))
  await tx`update adjustment set state = 'approved', invoice_id = null where state = 'applied'
    and (account_id, invoice_id) in (select * from unnest(${accounts}::bigint[], ${ids}::bigint[]))`
  await tx`delete from invoice_line where (account_id, invoice_id) in (select * from unnest(${accounts}::bigint[], ${ids}::bigint[]))`
  await tx`delete from invoice_input where (account_id, invoice_id) in (select * from unnest(${accounts}::bigint[], ${ids}::bigint[]))`
  await tx`delete from invoice where (account_id, id) in (select * from unnest(${accounts}::bigint[], ${ids}::bigint[]))
    and state = 'draft'`
}

/** The columns of an invoice that are computed. */
export const sumsOf = ({ draft, inputs, composed: { totals } }: Computed) => ({
  a: draft.accountId,
  i: draft.id,
  subtotal: totals.subtotalMinor,
  discount: totals.discountMinor,
  promotional: totals.promotionalMinor,
  tax: totals.taxMinor,
  total: totals.totalMinor,
  prepaid: totals.prepaidMinor,
  taxes: totals.taxes,
  seller: inputs.seller,
  buyer: inputs.buyer,
  asof: inputs.asOf,
})

/** Writes totals onto drafts that stay drafts. */
export const updateDrafts = async (tx: Tx, computed: readonly Computed[]): Promise<void> => {
  await tx`update invoice v set subtotal_minor = x.subtotal, discount_minor = x.discount,
      promotional_minor = x.promotional, tax_minor = x.tax, total_minor = x.total, prepaid_minor = x.prepaid,
      taxes = x.taxes, seller = x.seller, buyer = x.buyer, as_of = x.asof
    from json_to_recordset(${asJson(computed.map(sumsOf))}::text::json) as x (a bigint, i bigint, subtotal bigint,
      discount bigint, promotional bigint, tax bigint, total bigint, prepaid bigint, taxes jsonb, seller jsonb,
      buyer jsonb, asof timestamptz)
    where v.account_id = x.a and v.id = x.i and v.state = 'draft'`
}
