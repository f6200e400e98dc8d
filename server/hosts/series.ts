import { MINUTE_MS } from '../time.ts'
import { perSecond } from './readings.ts'
import type { Reading } from './readings.ts'

/** Half-open in minutes since 1970, in steps of whole minutes; `fromMinute` is a multiple of the step. */
export type Grid = { fromMinute: number; untilMinute: number; stepMinutes: number }

/** The windows a chart can show, and the step that keeps it to a few hundred points. */
export const WINDOWS = { '1h': 60, '6h': 360, '24h': 1_440, '7d': 10_080 } as const
export type WindowName = keyof typeof WINDOWS
const STEPS: Record<WindowName, number> = { '1h': 1, '6h': 1, '24h': 5, '7d': 30 }

/** The grid of a window that ends with the minute begun at `now`. */
export const gridOf = (window: WindowName, now: Date): Grid => {
  const step = STEPS[window]
  const until = Math.ceil((Math.floor(now.getTime() / MINUTE_MS) + 1) / step) * step
  return { fromMinute: until - WINDOWS[window], untilMinute: until, stepMinutes: step }
}

/**
 * The grid without the last minutes of which nothing can be here yet: a minute is reported within the next. Longer
 * silence stays, as the gap it is.
 */
export const upToLast = (grid: Grid, lastEndMs: number | undefined): Grid => {
  if (lastEndMs === undefined || grid.stepMinutes > 1) return grid
  const lastMinute = Math.floor(lastEndMs / MINUTE_MS)
  return grid.untilMinute - lastMinute > 3 ? grid : { ...grid, untilMinute: Math.min(grid.untilMinute, lastMinute) }
}

const countOf = ({ fromMinute, untilMinute, stepMinutes }: Grid) =>
  Math.max(0, (untilMinute - fromMinute) / stepMinutes)

/** Start of each step, in milliseconds since 1970. */
export const timesOf = (grid: Grid): number[] =>
  Array.from({ length: countOf(grid) }, (_, i) => (grid.fromMinute + i * grid.stepMinutes) * MINUTE_MS)

/** Which step a reading belongs to: one that stood at a step's end belongs to that step. -1 is the step before. */
const stepOf = (grid: Grid, endMs: number) =>
  Math.ceil(endMs / MINUTE_MS / grid.stepMinutes) - 1 - grid.fromMinute / grid.stepMinutes

const lastOfSteps = <R extends { endMs: number }>(grid: Grid, readings: readonly R[]): Map<number, R> =>
  new Map(readings.toSorted((a, b) => a.endMs - b.endMs).map((reading) => [stepOf(grid, reading.endMs), reading]))

/** A gauge's last value in each step; null where there was no reading. */
export const gauges = <R extends { endMs: number }>(
  grid: Grid,
  readings: readonly R[],
  pick: (reading: R) => number | null,
): (number | null)[] => {
  const last = lastOfSteps(grid, readings)
  return Array.from({ length: countOf(grid) }, (_, i) => {
    const reading = last.get(i)
    return reading ? pick(reading) : null
  })
}

/**
 * Growth per second of a total in each step. Null in steps without a reading and in the one after a gap: how the
 * growth was spread over a gap is not known.
 */
export const rates = <Name extends string>(
  grid: Grid,
  readings: readonly Reading<Name>[],
  name: Name,
): (number | null)[] => {
  const last = lastOfSteps(grid, readings)
  // A life that began within a step has its zero there: the reading before the step's last one serves then.
  const first = new Map<number, Reading<Name>>()
  for (const reading of readings.toSorted((a, b) => b.endMs - a.endMs)) first.set(stepOf(grid, reading.endMs), reading)
  const point = (reading: Reading<Name> | undefined) => reading && { endMs: reading.endMs, total: reading[name] }
  return Array.from({ length: countOf(grid) }, (_, i) =>
    perSecond(point(last.get(i)), point(last.get(i - 1) ?? first.get(i))),
  )
}

/** Adds series step by step; null only where all are. */
export const sum = (...series: readonly (readonly (number | null)[])[]): (number | null)[] => {
  const length = Math.max(0, ...series.map((one) => one.length))
  return Array.from({ length }, (_, i) => {
    const known = series.map((one) => one[i] ?? null).filter((value) => value !== null)
    return known.length > 0 ? known.reduce((a, b) => a + b, 0) : null
  })
}

/** Runs of steps without readings, half-open in milliseconds, but for what lies before the first reading. */
export const gaps = (grid: Grid, endsMs: readonly number[], sinceMs: number): { fromMs: number; untilMs: number }[] => {
  const seen = new Set(endsMs.map((endMs) => stepOf(grid, endMs)))
  const found: { fromMs: number; untilMs: number }[] = []
  const stepMs = grid.stepMinutes * MINUTE_MS
  // The step that is not over yet is no gap.
  for (const [i, fromMs] of timesOf(grid).slice(0, -1).entries()) {
    if (seen.has(i) || fromMs < sinceMs) continue
    const before = found.at(-1)
    if (before?.untilMs === fromMs) before.untilMs = fromMs + stepMs
    else found.push({ fromMs, untilMs: fromMs + stepMs })
  }
  return found
}
