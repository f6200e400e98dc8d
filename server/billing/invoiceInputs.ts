import { deflateSync, inflateSync } from 'node:zlib'
import { minor } from '../money.ts'
import type { Window } from '../time.ts'
import { canonical } from './canonical.ts'
import type { Off } from './discount.ts'
import type { InvoiceInput, RatedLine, Stretch, UsageHour } from './rated.ts'
import type { TaxLine, TaxParty, TaxRate } from './tax.ts'
import type { PriceVersion } from './terms.ts'

/** A closed window that says something else now than what was billed: its terms, and the sums then and now, an app a row. */
export type LateWindow = { stretch: Stretch; period: Window; billed: readonly UsageHour[]; now: readonly UsageHour[] }

/** An approved adjustment that waits for an invoice; negative is in the customer's favour. */
export type PendingAdjustment = {
  id: string
  kind: 'abuse' | 'outage' | 'late_usage' | 'dispute' | 'manual' | 'import'
  description: string
  amountMinor: bigint
  service: Window
}

/** Credit that is left of a grant. They stand in the order in which they are used. */
export type CreditLeft = { id: string; kind: 'prepaid' | 'promotional'; leftMinor: bigint; expiresAt: Date | null }

/** A side of an invoice as it is printed. */
export type Party = TaxParty & { name: string; address: readonly string[]; reference?: string | null; email?: string }

/** What Stripe decided where it finalizes: its tax, and how much of the customer's balance with it was used. */
export type StripeDecided = { taxes: readonly TaxLine[]; taxMinor: bigint; prepaidMinor: bigint }

/** All that an invoice is computed from. Stored when it is finalized: computing it again gives the same bytes. */
export type InvoiceInputs = {
  key: string
  currency: string
  period: Window
  asOf: Date
  /** Lines that are not computed: what was paid in advance, a change of plan. */
  given: readonly RatedLine[]
  /** Usage in arrears; null on invoices that bill none. `hours` are sums of a stretch's hours, under its first. */
  usage: Pick<InvoiceInput, 'stretches' | 'hours'> | null
  late: readonly LateWindow[]
  adjustments: readonly PendingAdjustment[]
  coupon: (Off & { code: string }) | null
  credits: readonly CreditLeft[]
  seller: Party & { entity: string }
  buyer: Party
  rates: readonly TaxRate[]
  stripe: StripeDecided | null
}

/** What its usage is rated from; null where it bills none. */
export const ratingOf = ({ currency, period, asOf, usage }: InvoiceInputs): InvoiceInput | null =>
  usage && { currency, period, asOf, ...usage }

const VERSION = 1

type StretchText = Omit<Stretch, 'version'> & { version: string }

/** As bytes for the store: deflated canonical JSON, each plan version once. */
export const packInputs = (inputs: InvoiceInputs): Buffer => {
  const versions: Record<string, PriceVersion> = {}
  const named = (stretch: Stretch): StretchText => {
    versions[stretch.version.id] = stretch.version
    return { ...stretch, version: stretch.version.id }
  }
  const usage = inputs.usage && { ...inputs.usage, stretches: inputs.usage.stretches.map(named) }
  const late = inputs.late.map((window) => ({ ...window, stretch: named(window.stretch) }))
  return deflateSync(canonical({ ...inputs, usage, late, versions, format: VERSION }))
}

type Plain = Record<string, unknown>
const windowOf = (value: unknown): Window => {
  const { start, end } = value as { start: string; end: string }
  return { start: new Date(start), end: new Date(end) }
}
const dateOrNull = (value: unknown) => (value === null || value === undefined ? null : new Date(value as string))
const list = (value: unknown) => value as Plain[]

const hourOf = (value: Plain): UsageHour => {
  const used = value['used'] as Record<keyof UsageHour['used'], string>
  return {
    app: value['app'] as string,
    hour: value['hour'] as number,
    used: {
      cpu: BigInt(used.cpu),
      memory: BigInt(used.memory),
      disk: BigInt(used.disk),
      egress: BigInt(used.egress),
    },
  }
}

const lineOf = (value: Plain): RatedLine => ({
  ...(value as unknown as RatedLine),
  quantity: value['quantity'] === null ? null : BigInt(value['quantity'] as string),
  amount: minor(value['amount'] as string),
  service: windowOf(value['service']),
})

/**
 * Reads what `packInputs` wrote.
 * @throws RangeError for a format this version does not know
 */
export const unpackInputs = (body: Uint8Array): InvoiceInputs => {
  const plain = JSON.parse(inflateSync(body).toString('utf8')) as Plain
  if (plain['format'] !== VERSION) throw new RangeError(`invoice inputs of format ${String(plain['format'])}`)
  const versions = plain['versions'] as Record<string, PriceVersion>
  const stretchOf = (value: unknown): Stretch => {
    const text = value as StretchText
    const version = versions[text.version]
    if (!version) throw new RangeError(`the inputs lack plan version ${text.version}`)
    return { ...text, ...windowOf(value), version }
  }
  const usage = plain['usage'] as { stretches: Plain[]; hours: Plain[] } | null
  const stripe = plain['stripe'] as { taxes: Plain[]; taxMinor: string; prepaidMinor: string } | null
  const coupon = plain['coupon'] as { code: string; percent: string | null; amountMinor: string | null } | null
  return {
    key: plain['key'] as string,
    currency: plain['currency'] as string,
    period: windowOf(plain['period']),
    asOf: new Date(plain['asOf'] as string),
    given: list(plain['given']).map(lineOf),
    usage: usage && { stretches: usage.stretches.map(stretchOf), hours: usage.hours.map(hourOf) },
    late: list(plain['late']).map((window) => ({
      stretch: stretchOf(window['stretch']),
      period: windowOf(window['period']),
      billed: list(window['billed']).map(hourOf),
      now: list(window['now']).map(hourOf),
    })),
    adjustments: list(plain['adjustments']).map((one) => ({
      ...(one as unknown as PendingAdjustment),
      amountMinor: BigInt(one['amountMinor'] as string),
      service: windowOf(one['service']),
    })),
    coupon: coupon && (offOf(coupon) as InvoiceInputs['coupon']),
    credits: list(plain['credits']).map((one) => ({
      ...(one as unknown as CreditLeft),
      leftMinor: BigInt(one['leftMinor'] as string),
      expiresAt: dateOrNull(one['expiresAt']),
    })),
    seller: plain['seller'] as InvoiceInputs['seller'],
    buyer: plain['buyer'] as Party,
    rates: list(plain['rates']).map((one) => ({
      ...(one as unknown as TaxRate),
      validFrom: new Date(one['validFrom'] as string),
      validUntil: dateOrNull(one['validUntil']),
    })),
    stripe: stripe && {
      taxes: stripe.taxes.map((one) => ({
        ...(one as unknown as TaxLine),
        netMinor: minor(one['netMinor'] as string),
        taxMinor: minor(one['taxMinor'] as string),
      })),
      taxMinor: BigInt(stripe.taxMinor),
      prepaidMinor: BigInt(stripe.prepaidMinor),
    },
  }
}

const offOf = (coupon: { code: string; percent: string | null; amountMinor: string | null }) => ({
  code: coupon.code,
  percent: coupon.percent,
  amountMinor: coupon.amountMinor === null ? null : BigInt(coupon.amountMinor),
})
