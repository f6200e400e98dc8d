import { figure, text } from '../ui/format.ts'
import { StackedBars } from '../ui/stacked-bars.tsx'
import { TimeSeries } from '../ui/chart.tsx'
import { range } from '../ui/when.ts'
import { changeWords, comparedWords } from './figures.tsx'
import type { MeterInfo, Series } from './meters.ts'

const STEP = { minute: 'a minute', hour: 'an hour', day: 'a day' } as const

/** Where the last step is not over yet, its start. */
const partialFrom = (of: Series): Date | undefined => {
  const to = of.metered.to
  const last = of.times.findLast((at) => to !== null && at < to)
  return last && last === of.times.at(-1) && of.window.end > (to ?? last) ? last : undefined
}

/** One meter in all: this period beside the one before. */
export function TotalChart({ of, meter, csvName }: { of: Series; meter: MeterInfo; csvName: string }) {
  const words = comparedWords(of.compared, of.window.end)
  const partial = partialFrom(of)
  return (
    <TimeSeries
      title={`${meter.label} in all`}
      sub={`${meter.what}, ${STEP[of.resolution]}`}
      finding={`${meter.label}: ${text(figure(meter.kind, of.used))}, ${changeWords(of.used, of.before, words)}.`}
      times={of.times}
      series={of.lines}
      kind={meter.kind}
      caption={`Period before: ${range(of.compared.start, of.compared.end, of.window.end)}.`}
      csvName={csvName}
      {...(partial ? { partialFrom: partial } : {})}
    />
  )
}

/** One meter by app or container: stacked days, or lines where steps are shorter. */
export function SplitChart({
  of,
  meter,
  by,
  csvName,
}: {
  of: Series
  meter: MeterInfo
  by: 'app' | 'container'
  csvName: string
}) {
  const most = of.rows[0]
  const finding =
    most && most.used > 0n
      ? `${most.label} used most: ${text(figure(meter.kind, most.used))} of ${text(figure(meter.kind, of.used))}.`
      : 'Nothing was used.'
  const title = `${meter.label} by ${by}`
  const partial = partialFrom(of)
  if (of.resolution === 'day') {
    return (
      <StackedBars
        title={title}
        sub={`${meter.what}, a day`}
        finding={finding}
        days={of.times}
        series={of.lines}
        kind={meter.kind}
        partialLast={partial !== undefined}
        csvName={csvName}
      />
    )
  }
  return (
    <TimeSeries
      title={title}
      sub={`${meter.what}, ${STEP[of.resolution]}`}
      finding={finding}
      times={of.times}
      series={of.lines}
      kind={meter.kind}
      csvName={csvName}
      {...(partial ? { partialFrom: partial } : {})}
    />
  )
}
