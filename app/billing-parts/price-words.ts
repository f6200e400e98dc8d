import type { Caller } from '#server/router.ts'
import { signOf, thousands } from '../ui/format.ts'

export type Offer = Awaited<ReturnType<Caller['billing']['subscription']['offers']>>['offers'][number]
export type Price = Offer['terms']['prices'][number]
/** What a version says of money. */
export type Priced = Pick<Offer, 'currency' | 'interval' | 'terms'>

/** The unit that a meter is priced in. */
export const METER_UNITS = { cpu: 'vCPU-h', memory: 'GiB-h', disk: 'GiB-h', egress: 'GB' } as const

/** A price as the terms say it, with as many decimals: `€0.0180`. */
export const unitText = (amount: string, currency: string): string => {
  const [whole = '0', fraction] = amount.split('.')
  return signOf(currency) + thousands(BigInt(whole)) + (fraction ? `.${fraction}` : '')
}

const an = (interval: 'month' | 'year') => (interval === 'month' ? 'a month' : 'a year')
const after = (included: string, unit: string) => (Number(included) > 0 ? `, ${included} ${unit} included` : '')

/** A unit that a line does not break at its hyphen. */
const unbroken = (unit: string) => unit.replace('-', '-\u2060')

/** What one price asks, in a phrase: `€0.0180 a vCPU-h`. */
export const priceText = (price: Price, { currency, interval }: Pick<Priced, 'currency' | 'interval'>): string => {
  const money = (amount: string) => unitText(amount, currency)
  switch (price.model) {
    case 'flat':
      return `${money(price.amount)} ${an(interval)}`
    case 'licensed':
      return `${money(price.unitAmount)} each ${an(interval)}${price.included > 0 ? `, ${price.included} included` : ''}`
    case 'per_unit': {
      const unit = unbroken(METER_UNITS[price.meter])
      return `${money(price.unitAmount)} a ${unit}${after(price.included, unit)}`
    }
    case 'package': {
      const unit = unbroken(METER_UNITS[price.meter])
      return `${money(price.amount)} for each ${price.size} ${unit}${after(price.included, unit)}`
    }
    case 'graduated':
    case 'volume': {
      const unit = unbroken(METER_UNITS[price.meter])
      const [first] = price.tiers
      const how = price.model === 'graduated' ? 'in tiers' : 'by volume'
      return `${money(first?.unitAmount ?? '0')} a ${unit} at first, ${how}`
    }
  }
}

/** The one figure a plan is known by, and per what. */
export const headline = (of: Priced): { figure: string; note: string } => {
  const flat = of.terms.prices.find((price) => price.model === 'flat')
  if (flat) return { figure: unitText(flat.amount, of.currency), note: an(of.interval) }
  if (of.terms.prices.length === 0) return { figure: signOf(of.currency) + '0', note: 'for ever' }
  return { figure: 'By use', note: 'billed each month' }
}

const ENTITLEMENTS: Record<string, string> = {
  private_repositories: 'Private repositories',
  storage_mib: 'Repository storage',
  pulls_a_day: 'Pulls a day',
}
/** What an entitlement is called. */
export const entitlementName = (key: string): string =>
  ENTITLEMENTS[key] ?? key.replaceAll('_', ' ').replace(/^./, (first) => first.toUpperCase())

/** How much of it: `10`, `50 GiB`, `no limit`. */
export const entitlementText = (key: string, value: bigint | number | string | null): string => {
  if (value === null) return 'no limit'
  const count = BigInt(value)
  if (!key.endsWith('_mib')) return thousands(count)
  return count % 1_024n === 0n ? `${thousands(count / 1_024n)} GiB` : `${thousands(count)} MiB`
}
