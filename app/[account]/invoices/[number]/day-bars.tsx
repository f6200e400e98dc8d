import { thousands } from '../../../ui/format.ts'
import { day, msOf } from '../../../ui/when.ts'
import { asNumber, billedText, type MeterName } from '../words.ts'

const WIDTH = 400
const HEIGHT = 92
const LEFT = 46
const [TOP, BASE] = [12, 70]
const MOST_BAR = 14

/** The next round number at or above: 1, 2 or 5 times a power of ten. */
const roundUp = (most: number): number => {
  if (most <= 0) return 1
  const power = 10 ** Math.floor(Math.log10(most))
  return [1, 1.5, 2, 3, 5, 10].map((step) => step * power).find((step) => step >= most) ?? most
}

/** Daily totals as small bars, drawn on the server; the table beside it has the figures. */
export function DayBars({ meter, days }: { meter: MeterName; days: readonly { at: Date; used: bigint }[] }) {
  if (days.length === 0) return null
  const values = days.map(({ used }) => asNumber(meter, used))
  const top = roundUp(Math.max(...values))
  const step = (WIDTH - LEFT - 4) / days.length
  const width = Math.min(MOST_BAR, step * 0.8)
  const sum = days.reduce((total, { used }) => total + used, 0n)
  const digits = top < 1 ? 3 : top < 10 ? 1 : 0
  const marks = [...new Set([0, Math.floor(days.length / 2), days.length - 1])]
  const wordAt = (i: number) => day(days[i]!.at, days[i]!.at)
  return (
    <svg
      className="proof-days"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={`By day, from ${wordAt(0)} to ${wordAt(days.length - 1)}: at most ${thousands(Math.max(...values), 2)} a day, in all ${billedText(meter, sum)}.`}
    >
      <line x1={LEFT - 2} x2={WIDTH} y1={BASE + 0.5} y2={BASE + 0.5} stroke="var(--border-strong)" />
      <line x1={LEFT - 2} x2={WIDTH} y1={TOP + 0.5} y2={TOP + 0.5} stroke="var(--chart-grid)" />
      <text x={LEFT - 8} y={BASE + 4} textAnchor="end">
        0
      </text>
      <text x={LEFT - 8} y={TOP + 4} textAnchor="end">
        {thousands(top, digits)}
      </text>
      {values.map((value, i) => {
        const height = (value / top) * (BASE - TOP)
        return (
          <rect
            key={msOf(days[i]!.at)}
            x={LEFT + i * step + (step - width) / 2}
            y={BASE - height}
            width={width}
            height={height}
            rx="1"
          />
        )
      })}
      {marks.map((i) => (
        <text
          key={i}
          x={LEFT + i * step + step / 2}
          y={BASE + 16}
          textAnchor={
            i === 0 && days.length > 2 ? 'start' : i === days.length - 1 && days.length > 2 ? 'end' : 'middle'
          }
        >
          {wordAt(i)}
        </text>
      ))}
    </svg>
  )
}
