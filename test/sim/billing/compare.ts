import type { Pool } from '#db/client.ts'
import { billsOf, invoicesOf, type Offer } from '../../billing/expected.ts'
import type { Line } from '../../billing/naive.ts'
import { SIM_PLANS } from './plans.ts'
import { COUPONS, type Customer, type Script } from './script.ts'
import type { Stage } from './stage.ts'

type Row = {
  id: bigint
  key: string
  finalizedAt: Date
  asOf: Date
  periodStart: Date
  periodEnd: Date
  subtotal: bigint
  discount: bigint
  promotional: bigint
  tax: bigint
  total: bigint
  prepaid: bigint
}
type LineRow = {
  invoiceId: bigint
  kind: Line['kind']
  plan: string | null
  price: string | null
  app: string | null
  quantity: bigint | null
  amount: bigint
  serviceStart: Date
  serviceEnd: Date
}

/** A key without the store's ids: what was billed, and from when. */
const plainKey = ({ key, periodStart }: Row) => `${key.split(':')[0]}@${periodStart.getTime()}`

const told = (line: LineRow): Line => ({
  kind: line.kind,
  plan: line.plan,
  price: line.price,
  app: line.app,
  quantity: line.quantity,
  amount: line.amount,
  // An adjustment's time is that of its evidence.
  startMs: line.kind === 'adjustment' ? 0 : line.serviceStart.getTime(),
  endMs: line.kind === 'adjustment' ? 0 : line.serviceEnd.getTime(),
})
const asText = (value: unknown) => JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? `${v}` : v))
const sorted = (lines: readonly Line[]) => lines.map(asText).toSorted()

/** Standard rates of the customers' countries as the European Commission publishes them; a seller in the Netherlands. */
const taxPercent = ({ country, taxId, driver }: Customer): string => {
  // Stripe's tax is not set up at the stand-in.
  if (driver === 'stripe') return '0'
  if (country !== null && country !== 'NL' && taxId) return '0'
  return { NL: '21', DE: '19', FI: '25.5' }[country ?? 'NL'] ?? '0'
}

const OFFERS: ReadonlyMap<string, Offer> = new Map(SIM_PLANS.map((plan) => [plan.id, plan]))

/** An invoice that says something else than it should. */
export type Difference = { customer: string; key: string; ours: string; naive: string }

const differencesOf = (
  customer: Customer,
  rows: readonly Row[],
  lines: ReadonlyMap<bigint, LineRow[]>,
  untilMs: number,
): Difference[] => {
  const { bills, waiting } = billsOf(customer.steps, OFFERS, untilMs)
  const differs = (key: string, ours: unknown, naive: unknown): Difference[] =>
    asText(ours) === asText(naive) ? [] : [{ customer: customer.name, key, ours: asText(ours), naive: asText(naive) }]
  const start = customer.steps.find((step) => step.do === 'start')
  const finalized = rows.map((row) => ({ key: plainKey(row), asOfMs: row.asOf.getTime() }))
  const unknown = finalized.filter(({ key }) => !bills.some((bill) => bill.key === key))
  if (unknown.length > 0)
    return differs(
      'invoices',
      finalized.map(({ key }) => key),
      bills.map(({ key }) => key),
    )
  // Nobody is sent an invoice that says nothing: what is missing has to have no lines.
  const missing = bills
    .filter(({ key }) => !finalized.some((one) => one.key === key))
    .map(({ key, madeMs }) => ({ key, asOfMs: madeMs }))
  const inOrder = [...finalized, ...missing].toSorted((a, b) => a.asOfMs - b.asOfMs)
  const coupon = COUPONS.find(({ code }) => start?.do === 'start' && start.coupon === code)
  const expected = invoicesOf({
    bills,
    waiting,
    finalized: inOrder,
    lives: customer.lives,
    coupon: coupon ?? null,
    couponFromMs: start?.atMs ?? 0,
    grants: customer.steps.filter((step) => step.do === 'grant'),
    taxPercent: () => taxPercent(customer),
  })
  const said = new Map(rows.map((row) => [plainKey(row), row]))
  return expected.flatMap((naive): Difference[] => {
    const row = said.get(naive.key)
    const { subtotal, discount, promotional, tax, total, prepaid, untilMs } = naive
    const should = { subtotal, discount, promotional, tax, total, prepaid, untilMs, lines: sorted(naive.lines) }
    if (!row) return naive.lines.length === 0 ? [] : differs(naive.key, null, should)
    return differs(
      naive.key,
      {
        subtotal: row.subtotal,
        discount: row.discount,
        promotional: row.promotional,
        tax: row.tax,
        total: row.total,
        prepaid: row.prepaid,
        untilMs: row.periodEnd.getTime(),
        lines: sorted((lines.get(row.id) ?? []).map(told)),
      },
      should,
    )
  })
}

/** Compares every finalized invoice of every customer with the naive computation; `lines` were compared in all. */
export const compareAll = async (
  sql: Pool,
  script: Script,
  stage: Stage,
): Promise<{ invoices: number; lines: number; kinds: Record<string, number>; differences: Difference[] }> => {
  const planOf = new Map([...stage.versions].map(([plan, version]) => [version, plan]))
  const differences: Difference[] = []
  const kinds: Record<string, number> = {}
  let [invoices, count] = [0, 0]
  for (const customer of script.customers) {
    const account = stage.accounts.get(customer.name)!
    const rows = await sql<
      Row[]
    >`select id, key, finalized_at, as_of, period_start, period_end, subtotal_minor as subtotal,
        discount_minor as discount, promotional_minor as promotional, tax_minor as tax, total_minor as total,
        prepaid_minor as prepaid
      from invoice where account_id = ${account} and finalized_at is not null order by as_of, case when driver = 'manual' then number end, finalize_after, id`
    const all = await sql<LineRow[]>`select invoice_id, kind, plan_version_id::text as plan, price, app, quantity,
        amount_minor as amount, service_start, service_end
      from invoice_line where account_id = ${account} order by invoice_id, position`
    const lines = new Map<bigint, LineRow[]>()
    for (const line of all) {
      lines.set(line.invoiceId, [
        ...(lines.get(line.invoiceId) ?? []),
        { ...line, plan: planOf.get(line.plan ?? '') ?? null },
      ])
      kinds[line.kind] = (kinds[line.kind] ?? 0) + 1
    }
    invoices += rows.length
    count += all.length
    differences.push(...differencesOf(customer, rows, lines, script.untilMs))
  }
  return { invoices, lines: count, kinds, differences }
}
