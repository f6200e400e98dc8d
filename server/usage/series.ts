import type { Meter } from '#agents/protocol.ts'
import type { Sql } from '#db/client.ts'
import type { Env } from '../env.ts'
import type { Window } from '../time.ts'
import { containerNames, containerUse } from './containerSql.ts'
import { appUse, meteredTo, minuteUse, type Metered, type Points } from './sql.ts'
import { aligned, periodBefore, resolutionFor, stepMs, stepsOf, type Resolution } from './window.ts'

export type By = 'total' | 'app' | 'container'
/** An amount of one meter. */
export type Point = { at: Date; key: string; used: bigint }
/** One line of a chart: an amount a step, null where nothing is known yet. */
export type Line = { key: string; label: string; values: (bigint | null)[] }
/** One row of the table below it. */
export type Share = { key: string; label: string; used: bigint; before: bigint }
export type UseSeries = {
  meter: Meter
  resolution: Resolution
  window: Window
  /** What `before` amounts are of. */
  compared: Window
  times: Date[]
  lines: Line[]
  rows: Share[]
  used: bigint
  before: bigint
  metered: Metered
}

const MOST_LINES = 5

const totalsByKey = (points: readonly Point[]) => {
  const totals = new Map<string, bigint>()
  for (const { key, used } of points) totals.set(key, (totals.get(key) ?? 0n) + used)
  return totals
}

const sum = (amounts: Iterable<bigint>) => [...amounts].reduce((a, b) => a + b, 0n)

const lineOf = (points: readonly Point[], steps: readonly Date[], knownUntil: Date | null) => {
  const at = new Map<number, bigint>()
  for (const point of points) at.set(point.at.getTime(), (at.get(point.at.getTime()) ?? 0n) + point.used)
  return steps.map((step) => at.get(step.getTime()) ?? (knownUntil && step < knownUntil ? 0n : null))
}

/**
 * Arranges points for a chart and its table: of keys the five greatest and "others", of a total this period beside the
 * one before.
 */
export const arrange = (
  given: { points: readonly Point[]; before: readonly Point[]; by: By; labels: ReadonlyMap<string, string> },
  steps: { now: readonly Date[]; before: readonly Date[] },
  knownUntil: Date | null,
): Pick<UseSeries, 'lines' | 'rows' | 'used' | 'before'> => {
  const { points, before, by, labels } = given
  const totals = totalsByKey(points)
  const earlier = totalsByKey(before)
  const rows = [...new Set([...totals.keys(), ...earlier.keys()])]
    .map((key) => ({ key, label: labels.get(key) ?? key, used: totals.get(key) ?? 0n, before: earlier.get(key) ?? 0n }))
    .toSorted((a, b) => (a.used === b.used ? a.label.localeCompare(b.label) : a.used < b.used ? 1 : -1))
  const sums = { rows, used: sum(totals.values()), before: sum(earlier.values()) }
  if (by === 'total') {
    const past = lineOf(before, steps.before, new Date(8.64e15))
    const lines = [
      { key: 'now', label: 'This period', values: lineOf(points, steps.now, knownUntil) },
      { key: 'before', label: 'Period before', values: steps.now.map((_, i) => past[i] ?? null) },
    ]
    return { ...sums, lines }
  }
  const named = rows.filter((row) => row.used > 0n)
  const shown = named.length > MOST_LINES + 1 ? named.slice(0, MOST_LINES) : named
  const lines = shown.map(({ key, label }) => ({
    key,
    label,
    values: lineOf(
      points.filter((p) => p.key === key),
      steps.now,
      knownUntil,
    ),
  }))
  const rest = new Set(named.slice(shown.length).map((row) => row.key))
  if (rest.size > 0) {
    const values = lineOf(
      points.filter((p) => rest.has(p.key)),
      steps.now,
      knownUntil,
    )
    lines.push({ key: 'others', label: `${rest.size} others`, values })
  }
  return { ...sums, lines }
}

export type Chart = { meter: Meter; by: By }
export type ChartsInput = {
  accountId: bigint
  window: Window
  charts: readonly Chart[]
  /** Needed by container. */
  app?: string | undefined
  container?: { hostId: number; containerId: string } | undefined
}

/**
 * Usage over a window, at the finest readable resolution, beside the period before: a series a chart. What charts have in
 * common is read once.
 */
export const useCharts = async (sql: Sql, env: Env, now: Date, input: ChartsInput): Promise<UseSeries[]> => {
  const { accountId, charts, app, container } = input
  const resolution = resolutionFor(input.window, now, env.WHARF_MINUTES_DAYS)
  const window = aligned(input.window, resolution)
  // As much of the period before as has passed of this one.
  const passed = aligned(
    {
      start: window.start,
      end: new Date(
        Math.min(window.end.getTime(), Math.max(now.getTime(), window.start.getTime() + stepMs(resolution))),
      ),
    },
    resolution,
  )
  const compared = aligned(periodBefore(passed), resolution)
  const ofContainers = (chart: Chart) => app !== undefined && (chart.by === 'container' || container !== undefined)
  const read = async (of: Window, byContainer: boolean): Promise<Points[]> => {
    const meters = [...new Set(charts.filter((c) => ofContainers(c) === byContainer).map((c) => c.meter))]
    if (meters.length === 0) return []
    if (resolution === 'minute')
      return minuteUse(sql, accountId, of, meters, byContainer ? 'container' : 'app', app, container)
    if (!byContainer || app === undefined) return appUse(sql, accountId, of, resolution, meters, app)
    return containerUse(sql, accountId, of, resolution, meters, app, container)
  }
  const [metered, names, ...points] = await Promise.all([
    meteredTo(sql, accountId, now),
    app !== undefined && charts.some((c) => c.by === 'container') ? containerNames(sql, accountId, app) : new Map(),
    read(window, true),
    read(compared, true),
    read(window, false),
    read(compared, false),
  ])
  const steps = { now: stepsOf(window, resolution), before: stepsOf(compared, resolution) }
  return charts.map((chart) => {
    const { meter, by } = chart
    const of = (rows: readonly Points[]): Point[] =>
      rows.map(({ at, key, [meter]: used }) => ({ at, key, used: used ?? 0n }))
    const [used, before] = (ofContainers(chart) ? points.slice(0, 2) : points.slice(2)).map(of)
    const labels = by === 'container' ? names : new Map<string, string>()
    const arranged = arrange({ points: used ?? [], before: before ?? [], by, labels }, steps, metered.to)
    return { meter, resolution, window, compared, times: steps.now, metered, ...arranged }
  })
}

/** One chart of `useCharts`. */
export const useSeries = async (
  sql: Sql,
  env: Env,
  now: Date,
  { meter, by, ...input }: Omit<ChartsInput, 'charts'> & Chart,
): Promise<UseSeries> => (await useCharts(sql, env, now, { ...input, charts: [{ meter, by }] }))[0]!
