import { Evidence } from '../../ui/evidence.tsx'
import { change, share, text } from '../../ui/format.ts'
import { type Kpi, KpiStrip } from '../../ui/kpis.tsx'
import { Money } from '../../ui/money.tsx'
import { moneyText } from '../../ui/format.ts'
import { StatusBadge } from '../../ui/status.tsx'
import { day } from '../../ui/when.ts'
import { beforeName, type Overview } from './period.ts'
import { LimitBar } from './limit-bar.tsx'

/** What was spent, what it will come to, how far that is from the budget, and what happens at budget and cap. */
export function SpendHead({ of, account, now }: { of: Overview; account: string; now: Date }) {
  return (
    <section className="panel overflow-hidden" aria-label="Spend of the period">
      <div className="spend-head">
        <KpiStrip tight of={figures(of, now)} />
        <LimitBar of={of} account={account} />
      </div>
    </section>
  )
}

const figures = (of: Overview, now: Date): Kpi[] => {
  const { currency, spent, forecast, rules, before, period } = of
  const money = (amount: bigint) => moneyText(amount, currency)
  const than = before
    ? before.spent === 0n
      ? `nothing in ${period.isRunning ? 'the same part of ' : ''}${beforeName(before)}`
      : `${text(change(spent, before.spent))} on ${period.isRunning ? 'the same part of ' : ''}${beforeName(before)}`
    : 'before tax'
  const kpis: Kpi[] = [
    {
      label: period.isRunning ? 'Spent so far' : 'Spent',
      figure: (
        <Evidence
          title={`${money(spent)} spent`}
          facts={facts(of, money)}
          source="hours of usage, rated by the plan as an invoice rates them"
          asOf={period.isRunning ? now : period.end}
          href="#by-app"
          linkText="By app"
        >
          <Money of={spent} currency={currency} />
        </Evidence>
      ),
      note:
        rules.budgetMinor === null || !period.isRunning ? than : `${text(share(spent, rules.budgetMinor))} of budget`,
    },
  ]
  if (forecast) {
    const end = day(new Date(period.end.getTime() - 1), now)
    kpis.push({
      label: `Forecast for ${end}`,
      figure: <Money of={forecast.mid} currency={currency} whole />,
      note:
        forecast.low === forecast.high
          ? 'if use stays as even as it was'
          : `${moneyText(forecast.low, currency, true)} to ${moneyText(forecast.high, currency, true)}, 9 in 10 likely`,
    })
    kpis.push(budgetKpi(of, now))
  } else if (before) {
    kpis.push({
      label: `Spent in ${beforeName(before)}`,
      figure: <Money of={before.spent} currency={currency} />,
      note: 'the period before',
    })
  }
  return kpis
}

const facts = (of: Overview, money: (amount: bigint) => string): (readonly [string, string])[] => {
  const { spent, minimum, advance } = of
  const lines: (readonly [string, string])[] = [['Usage, before tax', money(spent)]]
  if (minimum > 0n) lines.push(["Up to the plan's minimum", money(minimum)])
  if (advance.amount > 0n) lines.push(['Paid in advance, beside it', money(advance.amount)])
  return lines
}

const budgetKpi = ({ forecast, spent, rules: { budgetMinor }, currency }: Overview, now: Date): Kpi => {
  if (!forecast || budgetMinor === null) {
    return { label: 'Budget', figure: <span className="text-3">none</span>, note: 'Set one to be told in time.' }
  }
  const over = forecast.mid - budgetMinor
  const label = over > 0n ? 'Over budget by' : 'Left of budget'
  const figure = <Money of={over > 0n ? over : -over} currency={currency} whole />
  if (spent >= budgetMinor) {
    return {
      label,
      figure,
      note: <StatusBadge status="degraded">The budget is spent</StatusBadge>,
    }
  }
  return {
    label,
    figure,
    note: forecast.budgetAt ? (
      <StatusBadge status="degraded">Reached about {day(forecast.budgetAt, now)}</StatusBadge>
    ) : (
      'at the end, by the forecast'
    ),
  }
}
