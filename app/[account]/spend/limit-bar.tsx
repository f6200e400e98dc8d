import { moneyText } from '../../ui/format.ts'
import type { Overview } from './period.ts'

const AT_CAP = {
  notify: 'At the cap we write again; nothing stops.',
  throttle: 'At the cap containers are throttled, data is kept.',
  stop: 'At the cap containers stop, data is kept.',
} as const

/** Spent and foretold as a bar, with budget and cap on it. */
export function LimitBar({ of, account }: { of: Overview; account: string }) {
  const { currency, spent, forecast, rules } = of
  const { budgetMinor, capMinor, capAction } = rules
  const money = (amount: bigint) => moneyText(amount, currency, amount % 100n === 0n)
  const end = forecast?.mid ?? spent
  const most = [budgetMinor ?? 0n, capMinor ?? 0n, end, 1n].reduce((a, b) => (b > a ? b : a))
  const percent = (amount: bigint) => `${Math.min(100, Number((amount * 10_000n) / most) / 100)}%`
  const words = [
    `${moneyText(spent, currency)} spent`,
    ...(forecast ? [`forecast ${moneyText(forecast.mid, currency, true)}`] : []),
    ...(budgetMinor === null ? [] : [`budget ${money(budgetMinor)}`]),
    ...(capMinor === null ? [] : [`cap ${money(capMinor)}`]),
  ]
  return (
    <div className="kpi">
      <div className="flex flex-wrap justify-between gap-x-3 text-xs text-2">
        <span>{budgetMinor === null ? 'No budget' : `Budget ${money(budgetMinor)}`}</span>
        <span>
          {capMinor === null ? 'No cap' : `Cap ${money(capMinor)}`}{' '}
          <a className="ml-1" href={`/${account}/billing#budget`}>
            Edit<span className="vh"> budget and cap</span>
          </a>
        </span>
      </div>
      <div className="limit-bar" role="img" aria-label={`${words.join(', ')}.`}>
        <i style={{ width: percent(spent) }} />
        {forecast && <s style={{ left: percent(spent), width: `calc(${percent(end)} - ${percent(spent)})` }} />}
        {budgetMinor !== null && <u style={{ left: percent(budgetMinor) }} />}
        {capMinor !== null && <u className="cap" style={{ left: percent(capMinor) }} />}
      </div>
      <div className="text-xs text-3">
        {budgetMinor === null ? 'A budget only tells.' : 'At the budget we write to you.'}{' '}
        {capMinor === null ? 'A cap acts: it throttles or stops.' : AT_CAP[capAction]}
      </div>
    </div>
  )
}
