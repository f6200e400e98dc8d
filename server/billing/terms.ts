import { z } from 'zod'
import { compare, isDecimal, parseExact, ZERO } from '../money.ts'

/** Meters that can be billed: the unit a price is for, and how many base units (of the store) make one. */
export const BILLABLE = {
  /** vCPU-hours of CPU time, counted in µs. */
  cpu: { unit: 'vCPU-h', perUnit: 3_600_000_000n },
  /** GiB-hours of memory, counted in MiB·s. */
  memory: { unit: 'GiB-h', perUnit: 3_686_400n },
  /** GiB-hours of writable layers, volumes and logs, counted in MiB·s. */
  disk: { unit: 'GiB-h', perUnit: 3_686_400n },
  /** Sent bytes; a GB is 10^9. */
  egress: { unit: 'GB', perUnit: 1_000_000_000n },
} as const
export type BillableMeter = keyof typeof BILLABLE
export const BILLABLE_METERS = Object.keys(BILLABLE) as BillableMeter[]

/** What was used in base units of each billable meter. */
export type Used = Record<BillableMeter, bigint>

const decimal = z.string().refine((text) => isDecimal(text) && !text.startsWith('-'), 'a decimal such as 0.0180')
const meter = z.enum(['cpu', 'memory', 'disk', 'egress'])
const named = {
  key: z.string().regex(/^[a-z][a-z0-9_]{0,39}$/, 'small letters, digits and _'),
  name: z.string().min(1).max(80),
}
const tier = z.object({
  /** In units; null is without end, and only the last tier's. */
  upTo: decimal.nullable(),
  unitAmount: decimal,
  /** Added once where the tier is reached. */
  flatAmount: decimal.optional(),
})
const tiers = z
  .array(tier)
  .min(1)
  .max(20)
  .refine(
    (all) =>
      all.every(({ upTo }, i) =>
        i === all.length - 1
          ? upTo === null
          : upTo !== null && compare(parseExact(upTo), parseExact(all[i - 1]?.upTo ?? '0')) > 0,
      ),
    'tiers ascend, and only the last is without end',
  )
/** Amounts are decimals in the currency's major unit, with as many decimals as it takes; quantities are in units. */
const model = {
  /** So much a period, in advance. */
  flat: z.object({ ...named, model: z.literal('flat'), amount: decimal }),
  /** So much for each one bought, in advance: private repositories. */
  licensed: z.object({
    ...named,
    model: z.literal('licensed'),
    unitAmount: decimal,
    included: z.number().int().min(0),
    unit: z.string().min(1).max(40),
  }),
  /** So much a unit used; the first `included` units are free. */
  perUnit: z.object({
    ...named,
    model: z.literal('per_unit'),
    meter,
    unitAmount: decimal,
    included: decimal.default('0'),
  }),
  /** Each unit at its own tier's price. */
  graduated: z.object({ ...named, model: z.literal('graduated'), meter, tiers }),
  /** Every unit at the price of the tier the whole falls into, but never more than where a higher tier begins. */
  volume: z.object({ ...named, model: z.literal('volume'), meter, tiers }),
  /** So much for each begun package, after the included units. */
  package: z.object({
    ...named,
    model: z.literal('package'),
    meter,
    size: decimal.refine((text) => compare(parseExact(text), ZERO) > 0, 'more than nothing'),
    amount: decimal,
    included: decimal.default('0'),
  }),
}
export const price = z.discriminatedUnion('model', [
  model.flat,
  model.licensed,
  model.perUnit,
  model.graduated,
  model.volume,
  model.package,
])
/** One price of a plan version. `flat` and `licensed` are paid in advance, the others when they were used. */
export type Price = z.infer<typeof price>
export type MeteredPrice = Extract<Price, { meter: string }>
export type AdvancePrice = Exclude<Price, MeteredPrice>
export const isMetered = (one: Price): one is MeteredPrice => 'meter' in one

/** What a plan version says. Published it never changes. */
export const terms = z.object({
  prices: z.array(price).max(40),
  /** What a month's metered lines come to at least, in major units. */
  minimum: decimal.nullable(),
  /** What it lets an account have; null is without limit. Licensed quantities add to the key of their price. */
  entitlements: z.record(z.string(), z.number().int().min(0).nullable()),
  /** Outage credit: of the fee, by downtime in a calendar month. Minutes ascending; percent of the month's charge for the app. */
  promise: z.array(z.object({ downMinutes: z.number().int().min(1), percent: z.number().min(0).max(100) })),
})
export type Terms = z.infer<typeof terms>

/** A plan version as rating takes it. */
export type PriceVersion = {
  id: string
  plan: string
  version: number
  currency: string
  interval: 'month' | 'year'
  terms: Terms
}
