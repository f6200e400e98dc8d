import type { Pool } from '#db/client.ts'
import { digestOf } from '#server/billing/canonical.ts'
import { composeInvoice } from '#server/billing/composeInvoice.ts'
import { contentDigest, invoiceDigest } from '#server/billing/invoiceDigest.ts'
import { packInputs, type InvoiceInputs } from '#server/billing/invoiceInputs.ts'
import type { Stretch, UsageHour } from '#server/billing/rated.ts'
import type { PriceVersion, Terms } from '#server/billing/terms.ts'
import { usageHours } from '#server/billing/usageHours.ts'
import type { Window } from '#server/time.ts'

/** Invoices made by hand, for tests of what proves them: finalized as the verb does, without the rest of billing. */

export const CLOUD: Terms = {
  prices: [
    { key: 'cpu', name: 'CPU', model: 'per_unit', meter: 'cpu', unitAmount: '0.0180', included: '0' },
    { key: 'memory', name: 'Memory', model: 'per_unit', meter: 'memory', unitAmount: '0.0042', included: '0' },
    { key: 'disk', name: 'Storage', model: 'per_unit', meter: 'disk', unitAmount: '0.0001370', included: '0' },
    {
      key: 'egress',
      name: 'Egress',
      model: 'graduated',
      meter: 'egress',
      tiers: [
        { upTo: '1', unitAmount: '0' },
        { upTo: null, unitAmount: '0.0200' },
      ],
    },
  ],
  minimum: null,
  entitlements: {},
  promise: [],
}

let made = 0
export const publish = async (sql: Pool, terms: Terms): Promise<PriceVersion> => {
  const key = `cloud-${++made}`
  const [plan] = await sql<{ id: bigint }[]>`insert into plan (key, name) values (${key}, ${key}) returning id`
  const [row] = await sql<
    { id: bigint }[]
  >`insert into plan_version (plan_id, currency, interval, version, terms, created_by,
      published_at, digest)
    values (${plan!.id}, 'EUR', 'month', 1, ${JSON.stringify(terms)}::text::jsonb, 'test', now(), ${digestOf(terms)})
    returning id`
  return { id: row!.id.toString(), plan: key, version: 1, currency: 'EUR', interval: 'month', terms }
}

const HOUR_MS = 3_600_000
const startOf = (hour: number) => new Date(hour * HOUR_MS)

/** Sums of a window's hours, under its first: as inputs hold them. */
export const summed = (hours: readonly UsageHour[], fromHour: number): UsageHour[] => {
  const sums = new Map<string, UsageHour>()
  for (const { app, used } of hours) {
    const sum = sums.get(app) ?? { app, hour: fromHour, used: { cpu: 0n, memory: 0n, disk: 0n, egress: 0n } }
    for (const meter of ['cpu', 'memory', 'disk', 'egress'] as const) sum.used[meter] += used[meter]
    sums.set(app, sum)
  }
  return [...sums.values()]
}

/** Inputs of an invoice that bills the hours `[fromHour, untilHour)` by one version. */
export const inputsOf = async (
  sql: Pool,
  accountId: bigint,
  version: PriceVersion,
  fromHour: number,
  untilHour: number,
  asOf: Date,
): Promise<InvoiceInputs> => {
  const period: Window = { start: startOf(fromHour), end: startOf(untilHour) }
  const stretch: Stretch = { ...period, version, quantities: {}, state: 'active', fromHour, untilHour }
  const hours = summed(await usageHours(sql, accountId, fromHour, untilHour), fromHour)
  return {
    key: `test:${fromHour}`,
    currency: 'EUR',
    period,
    asOf,
    given: [],
    usage: { stretches: [stretch], hours },
    late: [],
    adjustments: [],
    coupon: null,
    credits: [],
    seller: { entity: 'test', name: 'Wharf', address: ['Kade 1'], country: 'NL', taxId: null },
    buyer: { name: 'Saltmarsh', address: ['Deich 3'], country: 'DE', taxId: null },
    rates: [],
    stripe: null,
  }
}

/** Stores inputs as a finalized invoice. */
export const finalizeByHand = async (
  sql: Pool,
  accountId: bigint,
  inputs: InvoiceInputs,
  number: string,
): Promise<bigint> => {
  const composed = composeInvoice(inputs)
  const { totals, lines } = composed
  await sql`insert into legal_entity (key, name, address, country, email, invoice_prefix)
    values ('test', 'Wharf', '{}', 'NL', 'billing@example.com', 'W') on conflict (key) do nothing`
  const [row] = await sql<{ id: bigint }[]>`insert into invoice (account_id, entity_id, driver, state, key, currency,
      period_start, period_end, created_at)
    values (${accountId}, (select id from legal_entity where key = 'test'), 'manual', 'draft', ${inputs.key},
      ${inputs.currency}, ${inputs.period.start}, ${inputs.period.end}, ${inputs.asOf}) returning id`
  const id = row!.id
  for (const [i, line] of lines.entries()) {
    await sql`insert into invoice_line (account_id, invoice_id, position, kind, description, plan_version_id, price, meter,
        app, quantity, unit_amount, exact, amount_minor, service_start, service_end, detail)
      values (${accountId}, ${id}, ${i + 1}, ${line.kind}, ${line.description}, ${line.planVersionId}, ${line.price},
        ${line.meter}, ${line.app}, ${line.quantity}, ${line.unitAmount}, ${line.exact}, ${line.amount},
        ${line.service.start}, ${line.service.end},
        ${JSON.stringify(line.detail, (_, v: unknown) => (typeof v === 'bigint' ? v.toString() : v))}::text::jsonb)`
  }
  await sql`insert into invoice_input (account_id, invoice_id, body) values (${accountId}, ${id}, ${packInputs(inputs)})`
  const digest = invoiceDigest(contentDigest(inputs, composed), number)
  await sql`update invoice set state = 'finalized', number = ${number}, as_of = ${inputs.asOf},
      subtotal_minor = ${totals.subtotalMinor}, discount_minor = ${totals.discountMinor},
      promotional_minor = ${totals.promotionalMinor}, tax_minor = ${totals.taxMinor}, total_minor = ${totals.totalMinor},
      prepaid_minor = ${totals.prepaidMinor}, seller = ${JSON.stringify(inputs.seller)}::text::jsonb,
      buyer = ${JSON.stringify(inputs.buyer)}::text::jsonb, digest = ${digest}, finalized_at = ${inputs.asOf},
      due_at = ${new Date(inputs.asOf.getTime() + 14 * 24 * HOUR_MS)}
    where account_id = ${accountId} and id = ${id}`
  return id
}
