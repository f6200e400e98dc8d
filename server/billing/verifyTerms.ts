import { exact, exactText, inMinor, parseExact, times } from '../money.ts'
import type { BundleParts } from './bundle.ts'
import { canonical, digestOf } from './canonical.ts'
import { check, type Check } from './check.ts'
import type { InvoiceInputs } from './invoiceInputs.ts'
import type { RatedLine } from './rated.ts'

/** What an advance line comes to by the terms it names; null where they say nothing of it. */
const advanceOf = (line: RatedLine, terms: BundleParts['terms'][number] | undefined): string | null => {
  const price = terms?.terms.prices.find((one) => one.key === line.price)
  if (!terms || !price || 'meter' in price || line.quantity === null) return null
  const unit = price.model === 'flat' ? price.amount : price.unitAmount
  const { seconds, ofSeconds } = line.detail as { seconds?: string | bigint; ofSeconds?: string | bigint }
  const share = exact(BigInt(seconds ?? 1n), BigInt(ofSeconds ?? 1n))
  return exactText(times(times(inMinor(parseExact(unit), terms.currency), exact(line.quantity)), share))
}

/** Holds the terms to the digests they were published under, the rated versions to the terms, and advance lines to prices. */
export const verifyTerms = ({ terms }: BundleParts, inputs: InvoiceInputs): Check[] => {
  const byId = new Map(terms.map((one) => [one.id, one]))
  const changed = terms.filter((one) => digestOf(one.terms) !== one.digest)
  const rated = [...(inputs.usage?.stretches ?? []), ...inputs.late.map(({ stretch }) => stretch)].map((s) => s.version)
  const other = rated.filter((version) => {
    const named = byId.get(version.id)
    return named !== undefined && canonical(named.terms) !== canonical(version.terms)
  })
  const advance = inputs.given.filter(({ kind }) => kind === 'flat' || kind === 'proration')
  const wrong = advance.filter((line) => advanceOf(line, byId.get(line.planVersionId ?? '')) !== line.exact)
  const said = terms.map(({ plan, version, currency }) => `${plan} version ${version} in ${currency}`)
  return [
    check('the terms are those that were published', changed.length === 0 && other.length === 0, said.join(', ')),
    check(
      'what is paid in advance is what the terms ask for',
      wrong.length === 0,
      wrong.map(({ description }) => description).join(', '),
    ),
  ]
}
