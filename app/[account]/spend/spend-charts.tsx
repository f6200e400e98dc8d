import { TimeSeries } from '../../ui/chart.tsx'
import { moneyText } from '../../ui/format.ts'
import { StackedBars } from '../../ui/stacked-bars.tsx'
import { beforeName, type Overview } from './period.ts'

const AT_CAP = { notify: 'you are told', throttle: 'containers are throttled', stop: 'containers stop' } as const

/** The sum since the period began, what it will come to, and the period before. */
export function CourseChart({ of, csvName }: { of: Overview; csvName: string }) {
  const { currency, period, before, forecast, spent, rules } = of
  const { course } = of.byDay
  const { budgetMinor, capMinor, capAction } = rules
  const money = (amount: bigint, whole = false) => moneyText(amount, currency, whole)
  const earlier = before ? beforeName(before) : undefined
  const finding = [
    `${money(spent)} spent${forecast ? `, forecast ${money(forecast.mid, true)} at the end` : ''}`,
    ...(budgetMinor === null ? [] : [`budget ${money(budgetMinor, true)}`]),
    ...(capMinor === null ? [] : [`cap ${money(capMinor, true)}`]),
  ].join(', ')
  const top = Number([forecast?.high ?? spent, spent].reduce((a, b) => (b > a ? b : a)))
  // A limit far above all that is drawn would press the lines to the ground: the bar above shows it.
  const near = (amount: bigint | null): amount is bigint =>
    amount !== null && period.isRunning && Number(amount) <= top * 2.5
  return (
    <TimeSeries
      title={period.isRunning ? 'Spend so far' : 'Spend of the period'}
      sub={`${currency}, sum since the period began, before tax`}
      finding={`${finding}.`}
      times={course.times}
      series={[
        { label: 'Spent', values: course.spent, hue: 1 },
        ...(forecast ? [{ label: 'Forecast', values: course.forecast, hue: 1 as const }] : []),
        ...(earlier
          ? [{ label: earlier === 'before' ? 'Before' : earlier, values: course.before, hue: 'rest' as const }]
          : []),
      ]}
      kind={`money:${currency}`}
      limits={[
        ...(near(budgetMinor) ? [{ value: Number(budgetMinor), label: `Budget ${money(budgetMinor, true)}` }] : []),
        ...(near(capMinor)
          ? [{ value: Number(capMinor), label: `Cap ${money(capMinor, true)}, ${AT_CAP[capAction]}` }]
          : []),
      ]}
      {...(forecast ? { band: { label: '9 in 10', low: course.low, high: course.high } } : {})}
      caption={
        forecast
          ? 'Dashed: by the level of the last days and the hours and weekdays of the last weeks. Shaded: 9 in 10 likely.'
          : undefined
      }
      csvName={csvName}
      height={270}
    />
  )
}

/** What each day cost, by app. */
export function DaysChart({ of, csvName }: { of: Overview; csvName: string }) {
  const { currency, period } = of
  const { days, apps } = of.byDay
  const sums = apps.map((app) => app.values.reduce((sum, value) => sum + value, 0n))
  const [first] = apps
  const finding =
    first?.app && (sums[0] ?? 0n) > 0n
      ? `${first.app} cost most: ${moneyText(sums[0] ?? 0n, currency)} of ${moneyText(
          sums.reduce((a, b) => a + b, 0n),
          currency,
        )}.`
      : 'Nothing was spent.'
  return (
    <StackedBars
      title="Spend by day"
      sub={`${currency}, before tax`}
      finding={finding}
      days={days}
      series={apps.map(({ app, count, values }) => ({ label: app ?? `${count} others`, values }))}
      kind={`money:${currency}`}
      partialLast={period.isRunning}
      csvName={csvName}
      height={240}
    />
  )
}
