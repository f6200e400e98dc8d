import { compare, parseExact, ZERO } from '../money.ts'
import type { Price, Terms } from './terms.ts'

/** What is wrong, in words, and where: the path of a field as a form names it. */
export type TermsFault = { message: string; path: string }

/** The first thing that keeps terms from being sold, beyond their shape. */
export const termsFault = (terms: Terms, interval: 'month' | 'year'): TermsFault | null => {
  const seen = new Set<string>()
  for (const [at, price] of terms.prices.entries()) {
    const path = `terms.prices.${at}`
    if (seen.has(price.key)) return { message: `two prices are called ${price.key}`, path: `${path}.key` }
    seen.add(price.key)
    const fault = priceFault(price)
    if (fault) return { message: fault.message, path: `${path}.${fault.path}` }
  }
  if (terms.minimum !== null && interval === 'year')
    return { message: 'a minimum is a month’s; sell it by the month', path: 'terms.minimum' }
  const downs = terms.promise.map((step) => step.downMinutes)
  if (downs.some((minutes, at) => at > 0 && minutes <= downs[at - 1]!))
    return { message: 'minutes of downtime have to rise from step to step', path: 'terms.promise' }
  return null
}

const priceFault = (price: Price): TermsFault | null =>
  price.model === 'package' && compare(parseExact(price.size), ZERO) === 0
    ? { message: 'a package needs a size above zero', path: 'size' }
    : null
