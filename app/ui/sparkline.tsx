import type { Status } from './glyph.tsx'
import { thousands } from './format.ts'

const W = 72
const H = 18

/** A shape beside a figure, without axes: 72 by 18 px, gaps stay gaps, the last reading is a dot. */
export function Sparkline({
  values,
  label,
  tone,
}: {
  values: readonly (number | null)[]
  label: string
  tone?: Status
}) {
  const known = values.filter((value) => value !== null)
  if (known.length < 2) return null
  const low = Math.min(...known)
  const high = Math.max(...known)
  const x = (index: number) => 1 + (index / (values.length - 1)) * (W - 6)
  const y = (value: number) => (high === low ? H / 2 : H - 3 - ((value - low) / (high - low)) * (H - 6))
  let pen = 'M'
  const path = values
    .map((value, index) => {
      if (value === null) {
        pen = 'M'
        return ''
      }
      const step = `${pen}${x(index).toFixed(1)} ${y(value).toFixed(1)}`
      pen = 'L'
      return step
    })
    .join('')
  const end = values.findLastIndex((value) => value !== null)
  return (
    <svg
      className={`spark mt-0.5 ${tone ? `st-${tone}` : 's1'}`}
      width={W}
      height={H}
      viewBox={`0 0 ${W} ${H}`}
      role="img"
      aria-label={label}
    >
      <path d={path} fill="none" stroke="currentColor" strokeWidth="1.4" strokeLinejoin="round" />
      <circle cx={x(end)} cy={y(values[end] ?? 0)} r="2" fill="currentColor" />
    </svg>
  )
}

/** A share of a limit as a bar. Over the limit it is full and the words say how far. `mark` is a soft limit, in percent. */
export function Meter({
  percent,
  label,
  mark,
  tone,
}: {
  percent: number
  label: string
  mark?: number
  tone?: Status
}) {
  const width = Math.max(0, Math.min(100, percent))
  return (
    <span className="meter" role="img" aria-label={`${label}: ${thousands(percent, 0)} %`}>
      <i style={{ width: `${width}%`, background: tone ? `var(--status-${tone}-solid)` : undefined }} />
      {mark !== undefined && <u style={{ left: `${Math.min(100, mark)}%` }} />}
    </span>
  )
}
