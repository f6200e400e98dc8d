import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cpuPercentOf, percentile, perSecond } from '#server/hosts/readings.ts'
import { gaps, gauges, gridOf, rates, sum, timesOf, upToLast } from '#server/hosts/series.ts'

const MINUTE = 60_000
const grid = { fromMinute: 100, untilMinute: 106, stepMinutes: 1 }
const at = (minute: number, total: number) => ({ endMs: (minute + 1) * MINUTE, total })

test('each step shows the growth within it, per second', () => {
  const readings = [at(99, 0), at(100, 60), at(101, 180), at(102, 180), at(103, 240), at(104, 300), at(105, 360)]
  expect(rates(grid, readings, 'total')).toEqual([1, 2, 0, 1, 1, 1])
})

test('a gap is a gap, and so is the step after it', () => {
  const readings = [at(99, 0), at(100, 60), at(103, 600), at(104, 660)]
  expect(rates(grid, readings, 'total')).toEqual([1, null, null, null, 1, null])
})

test('a life that begins within a step is measured from its beginning', () => {
  const opened = { endMs: 102 * MINUTE + 30_000, total: 0 }
  expect(rates(grid, [opened, at(102, 90)], 'total')).toEqual([null, null, 3, null, null, null])
})

test('counters that began anew show no growth rather than a wrong one', () => {
  expect(rates(grid, [at(99, 500), at(100, 20), at(101, 80)], 'total').slice(0, 2)).toEqual([null, 1])
})

test('over a window without gaps the steps add up to what was used', () => {
  const run = fc.array(fc.nat(1_000_000), { minLength: 61, maxLength: 61 })
  fc.assert(
    fc.property(run, fc.constantFrom(1, 5, 10), (growth, stepMinutes) => {
      const wide = { fromMinute: 600, untilMinute: 660, stepMinutes }
      let total = 0
      const readings = growth.map((more, i) => at(599 + i, (total += more)))
      const used = total - (growth[0] ?? 0)
      const shown = rates(wide, readings, 'total').reduce<number>(
        (all, rate) => all + (rate ?? NaN) * stepMinutes * 60,
        0,
      )
      expect(Math.abs(shown - used)).toBeLessThan(1e-3)
    }),
  )
})

test('gauges take the last value of a step', () => {
  const wide = { fromMinute: 100, untilMinute: 110, stepMinutes: 5 }
  expect(gauges(wide, [at(100, 7), at(104, 9), at(105, 1)], ({ total }) => total)).toEqual([9, 1])
})

test('gaps are runs of empty steps, but for the step that is not over and the time before the host', () => {
  const ends = [at(101, 0), at(104, 0)].map(({ endMs }) => endMs)
  expect(gaps(grid, ends, 0)).toEqual([
    { fromMs: 100 * MINUTE, untilMs: 101 * MINUTE },
    { fromMs: 102 * MINUTE, untilMs: 104 * MINUTE },
  ])
  expect(gaps(grid, ends, 101 * MINUTE)).toEqual([{ fromMs: 102 * MINUTE, untilMs: 104 * MINUTE }])
})

test('a window ends with the minute begun and starts on its grid', () => {
  const now = new Date('2026-11-21T12:34:56Z')
  for (const window of ['1h', '6h', '24h', '7d'] as const) {
    const { fromMinute, untilMinute, stepMinutes } = gridOf(window, now)
    expect(fromMinute % stepMinutes).toBe(0)
    expect(untilMinute * MINUTE).toBeGreaterThan(now.getTime())
    expect(timesOf({ fromMinute, untilMinute, stepMinutes }).length).toBeLessThanOrEqual(360)
  }
})

test('sums are of what is known', () => {
  expect(sum([1, null, null], [2, 3, null])).toEqual([3, 3, null])
})

test('shares of cores, rates and percentiles by value', () => {
  expect(cpuPercentOf(2_000_000, 8)).toBe(25)
  expect(cpuPercentOf(9_000_000, 8)).toBe(100)
  expect(cpuPercentOf(1, null)).toBeNull()
  expect(perSecond(at(2, 10), undefined)).toBeNull()
  expect(percentile([null, 5, 1, 3], 0.95)).toBe(5)
  expect(percentile([1, 2, 3, 4], 0.5)).toBe(2)
  expect(percentile([null], 0.95)).toBeNull()
})

test('minutes that cannot be here yet are left out; a longer silence is shown', () => {
  const ends = (minute: number) => upToLast(grid, (minute + 1) * MINUTE).untilMinute
  expect(ends(105)).toBe(106)
  expect(ends(103)).toBe(104)
  expect(ends(102)).toBe(103)
  expect(ends(101)).toBe(106)
  expect(upToLast(grid, undefined)).toEqual(grid)
  expect(upToLast({ ...grid, stepMinutes: 2 }, 104 * MINUTE).untilMinute).toBe(106)
})
