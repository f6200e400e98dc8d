import fc from 'fast-check'
import { expect, test } from 'vitest'
import { minuteEdges, pruned, totalsAt, type Point } from '#agents/host/minutes.ts'

const MINUTE = 60_000

test('edges are the ends of UTC minutes on the boot’s clock', () => {
  const anchorMs = Date.UTC(2026, 0, 1, 12, 0, 30)
  expect(minuteEdges(0, 95_000, anchorMs)).toEqual([30_000, 90_000])
  expect(minuteEdges(30_000, 89_999, anchorMs)).toEqual([])
  expect(minuteEdges(29_999, 30_000, anchorMs)).toEqual([30_000])
})

test('a long gap has only the ends of hours and its last minute', () => {
  const anchorMs = Date.UTC(2026, 0, 1, 12, 0, 0)
  const edges = minuteEdges(0, 150 * MINUTE + 5, anchorMs)
  expect(edges).toEqual([60 * MINUTE, 120 * MINUTE, 150 * MINUTE])
})

test('between two points totals are linear and rounded down', () => {
  const points: Point[] = [
    { monoMs: 1_000, totals: [0, 100] },
    { monoMs: 4_000, totals: [10, 100] },
  ]
  expect(totalsAt(points, 999)).toBeNull()
  expect(totalsAt(points, 1_000)).toEqual([0, 100])
  expect(totalsAt(points, 2_000)).toEqual([3, 100])
  expect(totalsAt(points, 4_000)).toEqual([10, 100])
  expect(totalsAt(points, 9_000)).toEqual([10, 100])
})

const path = fc.array(fc.record({ ms: fc.integer({ min: 1, max: 200_000 }), grown: fc.nat(2 ** 43) }), {
  minLength: 1,
  maxLength: 20,
})
const pointsOf = (steps: { ms: number; grown: number }[]): Point[] => {
  const points: Point[] = [{ monoMs: 0, totals: [0] }]
  for (const { ms, grown } of steps) {
    const last = points.at(-1)!
    points.push({ monoMs: last.monoMs + ms, totals: [Math.min(2 ** 52, last.totals[0]! + grown)] })
  }
  return points
}

test('minutes of a whole path add up to it, and no minute is below zero', () => {
  fc.assert(
    fc.property(path, fc.nat(10 ** 13), (steps, anchorMs) => {
      const points = pointsOf(steps)
      const end = points.at(-1)!
      let sum = 0
      let before = 0
      for (const edge of [...minuteEdges(0, end.monoMs, anchorMs, 1e9), end.monoMs]) {
        const total = totalsAt(points, edge)![0]!
        expect(total).toBeGreaterThanOrEqual(before)
        sum += total - before
        before = total
      }
      expect(sum).toBe(end.totals[0])
    }),
  )
})

test('dropping points that are reported changes no later edge', () => {
  fc.assert(
    fc.property(path, fc.nat(1_000_000), fc.nat(1_000_000), (steps, reported, later) => {
      const points = pointsOf(steps)
      const edge = reported + later
      expect(totalsAt(pruned(points, reported), edge)).toEqual(totalsAt(points, edge))
    }),
  )
})
