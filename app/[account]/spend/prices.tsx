import { moneyText, signOf } from '../../ui/format.ts'
import type { Overview } from './period.ts'

type Price = Overview['prices'][number]

const priceWords = (price: Price, currency: string): string => {
  const sign = signOf(currency)
  switch (price.model) {
    case 'per_unit':
      return `${price.name} ${sign}${price.unitAmount} a ${price.unit}${
        Number(price.included) > 0 ? ` beyond ${price.included} included` : ''
      }`
    case 'package':
      return `${price.name} ${sign}${price.amount} for each begun ${price.size} ${price.unit}`
    case 'graduated':
    case 'volume':
      return `${price.name} ${sign}${price.tiers[0]?.unitAmount} a ${price.unit} and less or more by tiers`
  }
}

/** What usage is rated by, and what is paid beside it. */
export function Prices({ of, account }: { of: Overview; account: string }) {
  const { prices, currency, plan, minimum, advance } = of
  const beside = [
    ...(minimum > 0n ? [`${moneyText(minimum, currency)} more up to the plan's minimum.`] : []),
    ...(advance.amount > 0n
      ? [`Paid in advance, beside usage: ${moneyText(advance.amount, currency)} a ${plan.interval}.`]
      : []),
  ]
  return (
    <span className="prose">
      {prices.length === 0 ? (
        <>The plan {plan.key} has no price for usage: it is counted, not charged.</>
      ) : (
        <>{prices.map((price) => priceWords(price, currency)).join('; ')}. Rounded once an app and meter, before tax.</>
      )}{' '}
      {beside.join(' ')} <a href={`/${account}/plan`}>See the plan</a>
    </span>
  )
}
