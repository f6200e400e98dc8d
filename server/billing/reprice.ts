import type { InvoiceInputs } from './invoiceInputs.ts'
import { advanceLines } from './prorate.ts'
import { carriedTo, hasAdvance, quantitiesFor } from './quantities.ts'
import type { RatedLine } from './rated.ts'
import type { Quantities } from './subscriptionSql.ts'
import type { PriceVersion } from './terms.ts'

/**
 * An invoice's inputs as they were if `next` had been the terms in place of the versions named: usage is rated by it and
 * whole intervals paid in advance are priced by it. Prorated changes, late usage and adjustments stay as they were.
 */
export const repriced = (
  inputs: InvoiceInputs,
  versions: ReadonlyMap<string, PriceVersion>,
  next: PriceVersion,
): InvoiceInputs => {
  const usage = inputs.usage && {
    ...inputs.usage,
    stretches: inputs.usage.stretches.map((one) => (versions.has(one.version.id) ? { ...one, version: next } : one)),
  }
  return { ...inputs, usage, given: [...repricedAdvance(inputs, versions, next), ...added(inputs, versions, next)] }
}

const repricedAdvance = (
  { given }: InvoiceInputs,
  versions: ReadonlyMap<string, PriceVersion>,
  next: PriceVersion,
): RatedLine[] => {
  const isOld = (line: RatedLine) => line.kind === 'flat' && versions.has(line.planVersionId ?? '')
  const done = new Set<string>()
  return given.flatMap((line) => {
    const old = versions.get(line.planVersionId ?? '')
    if (!isOld(line) || !old) return [line]
    const key = `${line.planVersionId} ${line.service.start.toISOString()}`
    if (done.has(key)) return []
    done.add(key)
    const same = given.filter((one) => isOld(one) && one.service.start.getTime() === line.service.start.getTime())
    const quantities = quantitiesFor(next, carriedTo(next, quantitiesBilled(old, same)))
    return advanceLines(next, quantities, line.service)
  })
}

/** The advance prices of a plan that had none: each of its months would have had them. */
const added = (
  { usage, period }: InvoiceInputs,
  versions: ReadonlyMap<string, PriceVersion>,
  next: PriceVersion,
): RatedLine[] => {
  const last = usage?.stretches.at(-1)
  if (!last || last.state !== 'active' || !versions.has(last.version.id) || hasAdvance(last.version)) return []
  return advanceLines(next, quantitiesFor(next, {}), period)
}

/** What was bought of each licensed price, by the lines that billed it: what is included stands on none. */
const quantitiesBilled = (version: PriceVersion, lines: readonly RatedLine[]): Quantities => {
  const licensed = version.terms.prices.filter((price) => price.model === 'licensed')
  return Object.fromEntries(
    licensed.map((price) => {
      const line = lines.find((one) => one.price === price.key)
      return [price.key, price.included + Number(line?.quantity ?? 0n)]
    }),
  )
}
