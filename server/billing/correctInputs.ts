import { DomainError } from '../errors.ts'
import { majorText, minor, sumOf } from '../money.ts'
import { composeInvoice, type InvoiceLine } from './composeInvoice.ts'
import type { InvoiceInputs } from './invoiceInputs.ts'
import type { Stretch, UsageHour } from './rated.ts'
import { isMetered, terms, type BillableMeter, type PriceVersion } from './terms.ts'

/** What a replay puts in the place of what was billed. */
export type Correction = {
  /** What an app used in all of a window, in base units. */
  usage: { fromHour: number; app: string; meter: BillableMeter; quantity: bigint }[]
  /** Another price per unit, in major units, by a price's key. */
  prices: { key: string; unitAmount: string }[]
}

const priced = (version: PriceVersion, prices: Correction['prices']): PriceVersion => {
  if (prices.length === 0) return version
  const changed = version.terms.prices.map((price) => {
    const other = prices.find((one) => one.key === price.key)
    if (!other) return price
    if (!('unitAmount' in price)) {
      const what = isMetered(price) ? 'tiers or packages' : 'no price a unit'
      throw new DomainError('UNPROCESSABLE', `${price.name} has ${what}; correct its quantity instead`)
    }
    return { ...price, unitAmount: other.unitAmount }
  })
  return { ...version, terms: terms.parse({ ...version.terms, prices: changed }) }
}

const used = (hours: readonly UsageHour[], usage: Correction['usage'], stretches: readonly Stretch[]): UsageHour[] => {
  const sums = hours.map((hour) => ({ ...hour, used: { ...hour.used } }))
  for (const { fromHour, app, meter, quantity } of usage) {
    const stretch = stretches.find((one) => one.fromHour === fromHour)
    if (!stretch) throw new DomainError('UNPROCESSABLE', 'that window is not on this invoice')
    const own = sums.filter((one) => one.app === app && one.hour >= fromHour && one.hour < stretch.untilHour)
    if (own.length === 0) throw new DomainError('UNPROCESSABLE', `${app} used nothing in that window`)
    for (const [i, one] of own.entries()) one.used[meter] = i === 0 ? quantity : 0n
  }
  return sums
}

/** Inputs as they would have been. @throws UNPROCESSABLE where a correction fits nothing on the invoice */
export const correctInputs = (inputs: InvoiceInputs, { usage, prices }: Correction): InvoiceInputs => {
  const stretches = inputs.usage?.stretches ?? []
  const known = new Set(stretches.flatMap(({ version }) => version.terms.prices.map(({ key }) => key)))
  const stray = prices.find(({ key }) => !known.has(key))
  if (stray) throw new DomainError('UNPROCESSABLE', `no price "${stray.key}" was rated on this invoice`)
  return {
    ...inputs,
    usage: inputs.usage && {
      stretches: stretches.map((stretch) => ({ ...stretch, version: priced(stretch.version, prices) })),
      hours: used(inputs.usage.hours, usage, stretches),
    },
  }
}

/** A line beside what it would have been; `position` is the original's, null where there was none. */
export type LineDifference = {
  position: number | null
  description: string
  quantityBefore: bigint | null
  quantityAfter: bigint | null
  unitAmountBefore: string | null
  unitAmountAfter: string | null
  beforeMinor: bigint
  afterMinor: bigint
}
export type Difference = {
  lines: LineDifference[]
  /** Of the lines, before discount and tax. */
  subtotalMinor: bigint
  totalBeforeMinor: bigint
  totalAfterMinor: bigint
}

const nameOf = (line: InvoiceLine) =>
  JSON.stringify([line.kind, line.planVersionId, line.price, line.app, line.service, line.adjustmentId])

/** What a correction changes, line by line: those that stay the same too. Pure. */
export const differenceOf = (original: InvoiceInputs, corrected: InvoiceInputs): Difference => {
  const [before, after] = [composeInvoice(original), composeInvoice(corrected)]
  const rest = new Map(after.lines.map((line) => [nameOf(line), line]))
  const of = (position: number | null, was: InvoiceLine | undefined, is: InvoiceLine | undefined): LineDifference => ({
    position,
    description: (was ?? is)!.description,
    quantityBefore: was?.quantity ?? null,
    quantityAfter: is?.quantity ?? null,
    unitAmountBefore: was?.unitAmount ?? null,
    unitAmountAfter: is?.unitAmount ?? null,
    beforeMinor: was?.amount ?? 0n,
    afterMinor: is?.amount ?? 0n,
  })
  const kept = before.lines.map((line, i) => {
    const is = rest.get(nameOf(line))
    rest.delete(nameOf(line))
    return of(i + 1, line, is)
  })
  const lines = [...kept, ...[...rest.values()].map((line) => of(null, undefined, line))]
  return {
    lines,
    subtotalMinor: minor(sumOf(lines.map((line) => line.afterMinor - line.beforeMinor))),
    totalBeforeMinor: before.totals.totalMinor,
    totalAfterMinor: after.totals.totalMinor,
  }
}

/** A difference in words: `-12.40 EUR`. */
export const differenceText = (amount: bigint, currency: string) => `${majorText(amount, currency)} ${currency}`
