import { exact, minor, over, parseExact, plus, roundHalfEven, times } from '../money.ts'
import type { Minor } from '../money.ts'

/** A row of a legal entity's tax table: `country` is the customer's, `percent` a decimal such as `21`. */
export type TaxRate = {
  country: string
  name: string
  kind: 'standard' | 'reverse_charge' | 'exempt'
  percent: string
  inclusive: boolean
  validFrom: Date
  validUntil: Date | null
}

/** A side of an invoice as tax sees it. */
export type TaxParty = { country: string | null; taxId: string | null }

/** What an invoice says about a tax: on `netMinor` it comes to `taxMinor`. */
export type TaxLine = {
  name: string
  percent: string
  kind: TaxRate['kind']
  inclusive: boolean
  netMinor: Minor
  taxMinor: Minor
}

/** `taxMinor` is all tax, `addedMinor` the part that comes on top of the prices. */
export type Taxed = { taxes: TaxLine[]; taxMinor: Minor; addedMinor: Minor }

const ofKind = (rates: readonly TaxRate[], country: string, kind: TaxRate['kind'], at: Date): TaxRate | undefined =>
  rates
    .filter((rate) => rate.country === country && rate.kind === kind)
    .filter((rate) => rate.validFrom <= at && (rate.validUntil === null || at < rate.validUntil))
    .toSorted((a, b) => b.validFrom.getTime() - a.validFrom.getTime())[0]

/**
 * The rate that holds between two parties at an instant, if any: reverse charge for a customer abroad with a tax id where
 * the table has it, then the exemption, then the standard rate of the customer's country. A customer who gave no country
 * is taxed as the seller's neighbours are.
 */
export const rateFor = (
  seller: TaxParty,
  buyer: TaxParty,
  rates: readonly TaxRate[],
  at: Date,
): TaxRate | undefined => {
  const country = buyer.country ?? seller.country ?? ''
  const abroad = country !== seller.country
  const reverse = abroad && buyer.taxId ? ofKind(rates, country, 'reverse_charge', at) : undefined
  return reverse ?? ofKind(rates, country, 'exempt', at) ?? ofKind(rates, country, 'standard', at)
}

/**
 * Tax on an invoice: rounded once, half to even, on the sum after discounts and promotional credit. A rate that is
 * inclusive is found within the amount, otherwise it comes on top. A negative amount gives negative tax.
 */
export const taxOf = (sale: {
  amountMinor: bigint
  seller: TaxParty
  buyer: TaxParty
  rates: readonly TaxRate[]
  at: Date
}): Taxed => {
  const rate = rateFor(sale.seller, sale.buyer, sale.rates, sale.at)
  if (!rate) return { taxes: [], taxMinor: minor(0), addedMinor: minor(0) }
  const { name, kind } = rate
  const percent = kind === 'standard' ? rate.percent : '0'
  const inclusive = kind === 'standard' && rate.inclusive
  const share = parseExact(percent)
  const tax = roundHalfEven(
    times(exact(sale.amountMinor), over(share, inclusive ? plus(exact(100), share) : exact(100))),
  )
  const netMinor = minor(inclusive ? sale.amountMinor - tax : sale.amountMinor)
  return {
    taxes: [{ name, percent, kind, inclusive, netMinor, taxMinor: minor(tax) }],
    taxMinor: minor(tax),
    addedMinor: minor(inclusive ? 0n : tax),
  }
}
