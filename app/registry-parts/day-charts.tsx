import { StackedBars } from '../ui/stacked-bars.tsx'
import { TimeSeries } from '../ui/chart.tsx'
import { figure, text } from '../ui/format.ts'

export type Day = { day: string; pulls: bigint; sizeBytes?: bigint }

const DAY_MS = 86_400_000

/** The last `count` days (UTC), with what is known of each; days without a row had no pulls and kept their size. */
const filled = (days: readonly Day[], count: number, nowMs: number) => {
  const known = new Map(days.map((day) => [day.day, day]))
  const today = Math.floor(nowMs / DAY_MS)
  let size = days[0]?.sizeBytes ?? 0n
  return Array.from({ length: count }, (_, index) => {
    const at = new Date((today - count + 1 + index) * DAY_MS)
    const day = known.get(at.toISOString().slice(0, 10))
    size = day?.sizeBytes ?? size
    return { at, pulls: day?.pulls ?? 0n, sizeBytes: size }
  })
}

/** Pulls a day, and storage over time where it is known. */
export function DayCharts({
  days,
  of,
  nowMs,
  count = 30,
}: {
  days: readonly Day[]
  of: string
  nowMs: number
  count?: number
}) {
  const rows = filled(days, count, nowMs)
  const pulls = rows.reduce((sum, day) => sum + day.pulls, 0n)
  const hasSize = days.some(({ sizeBytes }) => sizeBytes !== undefined)
  const size = rows.at(-1)?.sizeBytes ?? 0n
  return (
    <div className={hasSize ? 'split' : ''}>
      <StackedBars
        title="Pulls"
        sub={`a day, last ${count} days, UTC`}
        finding={`${text(figure('count', pulls))} pulls of ${of} in ${count} days.`}
        days={rows.map(({ at }) => at)}
        series={[{ label: 'Pulls', values: rows.map((day) => day.pulls) }]}
        kind="count"
        partialLast
        csvName={`${of}-pulls`}
      />
      {hasSize && (
        <TimeSeries
          title="Storage"
          sub={`distinct layers, last ${count} days`}
          finding={`${of} stores ${text(figure('bytes', size))} now.`}
          times={rows.map(({ at }) => at)}
          series={[{ label: 'Storage', values: rows.map((day) => day.sizeBytes) }]}
          kind="bytes"
          csvName={`${of}-storage`}
        />
      )}
    </div>
  )
}
