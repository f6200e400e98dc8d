import { inMinor, parseExact, roundHalfEven } from '../../money.ts'
import type { VersionRow } from '../planVersion.ts'
import { isMetered } from '../terms.ts'
import { toStripe } from './amount.ts'

/** A price at Stripe and how many of it a subscription has. `lookup` names the price for ever: versions never change. */
export type Item = {
  lookup: string
  /** The price's key within the version; null for the one that keeps the clock. */
  price: string | null
  name: string
  unitAmount: number
  currency: string
  quantity: number
}

/**
 * What Stripe bills by itself at each renewal: a monthly plan's flat and licensed prices, in advance. A plan without any, and
 * a yearly one (its usage is billed by the month, and Stripe renews all items of a subscription at once), has one price of
 * nothing, so that Stripe's clock makes a draft every month; its advance prices are lines we add. While it is paused the same.
 */
export const itemsOf = (
  version: VersionRow,
  quantities: Readonly<Record<string, number>>,
  isPaused = false,
): Item[] => {
  const { currency } = version
  const prefix = `wharf:${version.plan}:${version.digest.slice(0, 16)}`
  const items = version.interval === 'year' || isPaused ? [] : version.terms.prices.filter((price) => !isMetered(price))
  const sold = items.flatMap((price): Item[] => {
    if (isMetered(price)) return []
    const unit = price.model === 'flat' ? price.amount : price.unitAmount
    const pieces = price.model === 'flat' ? 1 : Math.max(0, (quantities[price.key] ?? 0) - price.included)
    const unitAmount = toStripe(roundHalfEven(inMinor(parseExact(unit), currency)), currency)
    const name = `${version.planName}: ${price.name}`
    return [{ lookup: `${prefix}:${price.key}`, price: price.key, name, unitAmount, currency, quantity: pieces }]
  })
  if (sold.length > 0) return sold
  const name = `${version.planName}: usage`
  return [{ lookup: `${prefix}:usage`, price: null, name, unitAmount: 0, currency, quantity: 1 }]
}
