/** Totals as they stood at a moment. */
export type Point = { monoMs: number; totals: number[] }

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

/**
 * The ends of minutes of the corrected UTC clock in `(afterMonoMs, untilMonoMs]`, on the boot's clock.
 * Over a gap of more than `most` minutes only the hours' ends and the last minute's are given: the server divides what
 * lies between in proportion to time just as we would.
 */
export const minuteEdges = (afterMonoMs: number, untilMonoMs: number, anchorMs: number, most = 15): number[] => {
  const anchor = Math.round(anchorMs)
  const firstMs = (Math.floor((anchor + afterMonoMs) / MINUTE_MS) + 1) * MINUTE_MS
  const lastMs = Math.floor((anchor + untilMonoMs) / MINUTE_MS) * MINUTE_MS
  const edges: number[] = []
  const sparse = (lastMs - firstMs) / MINUTE_MS >= most
  for (let edgeMs = firstMs; edgeMs <= lastMs; edgeMs += MINUTE_MS) {
    if (!sparse || edgeMs === lastMs || edgeMs % HOUR_MS === 0) edges.push(edgeMs - anchor)
  }
  return edges
}

/** `from` to `to` at `part` of `whole`, rounded down; never outside the two, and never falling as `part` grows. */
const between = (from: number, to: number, part: number, whole: number): number => {
  if (to <= from || part >= whole) return to
  return Math.min(to, from + Math.floor(((to - from) * part) / whole))
}

/**
 * Totals at `edgeMonoMs`, linear between the points around it; those of the last point after it.
 * Null before the first point. `points` are in order of time.
 */
export const totalsAt = (points: readonly Point[], edgeMonoMs: number): number[] | null => {
  let before: Point | null = null
  for (const point of points) {
    if (point.monoMs > edgeMonoMs) {
      if (!before) return null
      const { monoMs, totals } = before
      return totals.map((total, i) =>
        between(total, point.totals[i] ?? total, edgeMonoMs - monoMs, point.monoMs - monoMs),
      )
    }
    before = point
  }
  return before && before.totals
}

/** The points still needed once everything up to `edgeMonoMs` is reported. */
export const pruned = (points: readonly Point[], edgeMonoMs: number): Point[] => {
  let first = 0
  while (first + 1 < points.length && points[first + 1]!.monoMs <= edgeMonoMs) first++
  return points.slice(first)
}
