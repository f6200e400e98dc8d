import type { Tx } from '#db/client.ts'
import type { BillableMeter } from './terms.ts'
import { BILLABLE_METERS } from './terms.ts'
import type { LateWindow } from './invoiceInputs.ts'
import { asJson, sumsOf, type Computed } from './invoiceSql.ts'
import { joined } from './rate.ts'
import type { UsageHour } from './rated.ts'

/** An invoice as it is finalized. */
export type Final = Computed & {
  number: string
  digest: string
  state: 'finalized' | 'paid'
  dueAt: Date
  stripeInvoiceId: string | null
}

/**
 * Writes numbers, totals and digests. The number of rows it changed is that of the drafts there were: a draft that somebody
 * else finalized is missing.
 */
export const writeFinal = async (tx: Tx, finals: readonly Final[], at: Date): Promise<number> => {
  const rows = finals.map((final) => ({
    ...sumsOf(final),
    number: final.number,
    digest: final.digest,
    state: final.state,
    due: final.dueAt,
    stripe: final.stripeInvoiceId,
  }))
  const result = await tx`update invoice v set state = x.state, number = x.number, digest = x.digest,
      subtotal_minor = x.subtotal, discount_minor = x.discount, promotional_minor = x.promotional, tax_minor = x.tax,
      total_minor = x.total, prepaid_minor = x.prepaid, taxes = x.taxes, seller = x.seller, buyer = x.buyer,
      as_of = x.asof, finalized_at = ${at}, due_at = x.due, stripe_invoice_id = coalesce(x.stripe, v.stripe_invoice_id),
      paid_at = case when x.state = 'paid' then ${at}::timestamptz end
    from json_to_recordset(${asJson(rows)}::text::json) as x (a bigint, i bigint, state text, number text, digest text,
      subtotal bigint, discount bigint, promotional bigint, tax bigint, total bigint, prepaid bigint, taxes jsonb,
      seller jsonb, buyer jsonb, asof timestamptz, due timestamptz, stripe text)
    where v.account_id = x.a and v.id = x.i and v.state = 'draft'`
  return result.count
}

const usedRows = (
  accountId: bigint,
  planVersionId: string,
  window: { fromHour: number; untilHour: number },
  hours: readonly UsageHour[],
) => {
  const sums = new Map<string, Record<BillableMeter, bigint>>()
  for (const { app, hour, used } of hours) {
    if (hour < window.fromHour || hour >= window.untilHour) continue
    const sum = sums.get(app) ?? { cpu: 0n, memory: 0n, disk: 0n, egress: 0n }
    for (const meter of BILLABLE_METERS) sum[meter] += used[meter]
    sums.set(app, sum)
  }
  return [...sums].flatMap(([app, used]) =>
    BILLABLE_METERS.flatMap((meter) =>
      used[meter] === 0n
        ? []
        : [{ a: accountId, f: window.fromHour, u: window.untilHour, app, m: meter, v: planVersionId, q: used[meter] }],
    ),
  )
}

/** Keeps which windows were billed and by what, and raises those that were late to what they are now. */
export const keepBilled = async (tx: Tx, computed: readonly Computed[]): Promise<void> => {
  const windows = computed.flatMap(({ draft, inputs }) =>
    joined(inputs.usage?.stretches ?? [])
      .filter((stretch) => stretch.untilHour > stretch.fromHour)
      .map((stretch) => ({ draft, inputs, stretch })),
  )
  const kept = windows.map(({ draft, inputs, stretch }) => ({
    a: draft.accountId,
    f: stretch.fromHour,
    u: stretch.untilHour,
    v: stretch.version.id,
    st: stretch.state,
    s: stretch.start,
    e: stretch.end,
    ps: inputs.period.start,
    pe: inputs.period.end,
    i: draft.id,
  }))
  const billed = windows
    .filter(({ stretch }) => stretch.state !== 'trialing')
    .flatMap(({ draft, inputs, stretch }) =>
      usedRows(draft.accountId, stretch.version.id, stretch, inputs.usage!.hours),
    )
  if (kept.length > 0)
    await tx`insert into billed_window (account_id, from_hour, until_hour, plan_version_id, state, start_at, end_at,
        period_start, period_end, invoice_id)
      select * from json_to_recordset(${asJson(kept)}::text::json) as x (a bigint, f int, u int, v bigint, st text,
        s timestamptz, e timestamptz, ps timestamptz, pe timestamptz, i bigint)
      on conflict (account_id, from_hour) do update set invoice_id = excluded.invoice_id`
  await insertUsed(tx, billed)
  await raiseBilled(
    tx,
    computed.flatMap(({ draft, inputs }) => inputs.late.map((window) => ({ accountId: draft.accountId, ...window }))),
  )
}

/** What was billed of windows that were late is what they say now. */
export const raiseBilled = async (tx: Tx, late: readonly ({ accountId: bigint } & LateWindow)[]): Promise<void> => {
  if (late.length === 0) return
  // What fell to nothing has no row among the new ones.
  await tx`delete from billed_usage where (account_id, from_hour) in (select * from unnest(
    ${late.map(({ accountId }) => String(accountId))}::bigint[], ${late.map(({ stretch }) => stretch.fromHour)}::int[]))`
  await insertUsed(
    tx,
    late.flatMap(({ accountId, stretch, now }) => usedRows(accountId, stretch.version.id, stretch, now)),
  )
}

const insertUsed = async (tx: Tx, rows: ReturnType<typeof usedRows>) => {
  if (rows.length === 0) return
  await tx`insert into billed_usage (account_id, from_hour, until_hour, app, meter, plan_version_id, quantity)
    select a, f, u, app, m, v, q from json_to_recordset(${asJson(rows)}::text::json)
      as x (a bigint, f int, u int, app text, m text, v bigint, q bigint)
    on conflict (account_id, from_hour, app, meter) do update set quantity = excluded.quantity`
}

/** Credit that did not fit waits, approved, for the next invoice. */
export const keepCarried = async (tx: Tx, computed: readonly Computed[], at: Date, by: string): Promise<void> => {
  const rows = computed
    .filter(({ composed }) => composed.carryMinor > 0n)
    .map(({ draft, inputs, composed }) => ({
      a: draft.accountId,
      k: `carry:${draft.key}`,
      c: draft.currency,
      n: -composed.carryMinor,
      s: inputs.period.start,
      e: inputs.period.end,
      j: { carriedFrom: draft.id },
    }))
  if (rows.length === 0) return
  await tx`insert into adjustment (account_id, kind, state, key, description, currency, amount_minor, service_start,
      service_end, evidence, created_by, created_at, decided_by, decided_at, decision)
    select a, 'manual', 'approved', k, 'Credit carried from the invoice before', c, n, s, e, j, ${by}, ${at}, ${by}, ${at},
      'What exceeds the charges of an invoice goes on to the next'
    from json_to_recordset(${asJson(rows)}::text::json) as x (a bigint, k text, c text, n bigint, s timestamptz,
      e timestamptz, j jsonb)
    on conflict (account_id, key) do nothing`
}

/** A coupon that counts once is used up by the invoice that it took something off. */
export const useCoupons = async (tx: Tx, computed: readonly Computed[], at: Date): Promise<void> => {
  const used = computed.filter(
    ({ draft, composed }) => draft.coupon?.duration === 'once' && composed.totals.discountMinor > 0n,
  )
  if (used.length === 0) return
  await tx`update subscription set coupon_until = ${at} where (account_id, id) in (select * from unnest(
    ${used.map(({ draft }) => String(draft.accountId))}::bigint[], ${used.map(({ draft }) => String(draft.subscriptionId))}::bigint[]))`
}
