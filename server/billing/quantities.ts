import { DomainError } from '../errors.ts'
import type { Quantities } from './subscriptionSql.ts'
import { isMetered, type PriceVersion } from './terms.ts'

/** The greatest number of pieces of a licensed price that can be bought without asking. */
export const MOST_PIECES = 100_000

/**
 * Quantities as a plan version takes them: one for each of its licensed prices, at least what is included.
 * @throws BAD_REQUEST for keys it does not sell and for what is no number of pieces
 */
export const quantitiesFor = (version: PriceVersion, asked: Quantities): Quantities => {
  const licensed = version.terms.prices.filter((price) => price.model === 'licensed')
  for (const [key, count] of Object.entries(asked)) {
    const path = `quantities.${key}`
    if (!licensed.some((price) => price.key === key))
      throw new DomainError('BAD_REQUEST', `the plan ${version.plan} does not sell ${key} by number`, { path })
    if (!Number.isSafeInteger(count) || count < 0 || count > MOST_PIECES)
      throw new DomainError('BAD_REQUEST', `a whole number up to ${MOST_PIECES}`, { path })
  }
  return Object.fromEntries(licensed.map(({ key, included }) => [key, Math.max(included, asked[key] ?? 0)]))
}

/** Of an account's quantities those that another version sells too: what a change takes along. */
export const carriedTo = (version: PriceVersion, quantities: Quantities): Quantities => {
  const sold = new Set(version.terms.prices.filter((price) => price.model === 'licensed').map((price) => price.key))
  return Object.fromEntries(Object.entries(quantities).filter(([key]) => sold.has(key)))
}

/** Whether a version has prices paid in advance. */
export const hasAdvance = (version: PriceVersion): boolean => version.terms.prices.some((price) => !isMetered(price))
/** Whether a version never charges anything. */
export const isFree = (version: PriceVersion): boolean =>
  version.terms.prices.length === 0 && version.terms.minimum === null
