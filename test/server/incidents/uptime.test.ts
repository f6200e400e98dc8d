import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ComponentStatus } from '#server/incidents/impact.ts'
import type { StatusSpan } from '#server/incidents/standing.ts'
import { daysOf, firstDay, percentOf, uptimeOf } from '#server/incidents/uptime.ts'

const HOUR = 3_600_000
const at = (hours: number) => new Date(Date.UTC(2026, 10, 1) + hours * HOUR)
const span = (status: ComponentStatus, from: number, until: number | null, incidentId: bigint | null = null) =>
  ({ status, fromAt: at(from), untilAt: until === null ? null : at(until), incidentId }) satisfies StatusSpan

test('a major outage counts in full, a partial one by half, degraded service not', () => {
  const of = (status: ComponentStatus) => [
    span('operational', 0, 4),
    span(status, 4, 6, 1n),
    span('operational', 6, null),
  ]
  expect(uptimeOf(of('major_outage'), at(0), at(10))).toBeCloseTo(0.8, 12)
  expect(uptimeOf(of('partial_outage'), at(0), at(10))).toBeCloseTo(0.9, 12)
  expect(uptimeOf(of('degraded_performance'), at(0), at(10))).toBe(1)
})

test('maintenance is not part of the reckoning, neither as up nor as down', () => {
  const spans = [
    span('operational', 0, 4),
    span('under_maintenance', 4, 8),
    span('major_outage', 8, 9),
    span('operational', 9, 12),
  ]
  expect(uptimeOf(spans, at(0), at(12))).toBeCloseTo(7 / 8, 12)
  expect(uptimeOf([span('under_maintenance', 0, null)], at(0), at(12))).toBeNull()
})

test('times are half-open: an outage that ends as the window begins is not in it', () => {
  const spans = [span('major_outage', 0, 4), span('operational', 4, null)]
  expect(uptimeOf(spans, at(4), at(5))).toBe(1)
  expect(uptimeOf(spans, at(3), at(4))).toBe(0)
  expect(uptimeOf(spans, at(-9), at(0))).toBeNull()
})

test('a day shows its worst, and an outage over midnight UTC is in both days', () => {
  const spans = [
    span('operational', 0, 22),
    span('partial_outage', 22, 25, 7n),
    span('degraded_performance', 25, 40, 8n),
    span('operational', 40, null),
  ]
  const days = daysOf(spans, at(75), 5)
  expect(
    days.map(({ day, status, ms, incidentId }) => [day.toISOString().slice(0, 10), status, ms / HOUR, incidentId]),
  ).toEqual([
    ['2026-10-31', null, 0, null],
    ['2026-11-01', 'partial_outage', 2, 7n],
    ['2026-11-02', 'partial_outage', 1, 7n],
    ['2026-11-03', 'operational', 24, null],
    ['2026-11-04', 'operational', 3, null],
  ])
})

test('an outage that ends at midnight is not in the next day', () => {
  const days = daysOf([span('major_outage', 20, 24, 1n), span('operational', 24, null)], at(30), 2)
  expect(days.map(({ status }) => status)).toEqual(['major_outage', 'operational'])
})

test('only what was never down is 100 %', () => {
  expect(percentOf(1)).toBe('100 %')
  expect(percentOf(1 - 1e-9)).toBe('99.999 %')
  expect(percentOf(0.99976)).toBe('99.976 %')
  expect(percentOf(0)).toBe('0.000 %')
})

const STATUS = fc.constantFrom<ComponentStatus>(
  'operational',
  'degraded_performance',
  'partial_outage',
  'major_outage',
  'under_maintenance',
)
/** Spans without gaps or overlaps from hour 0 on, the last one open. */
const history = fc
  .array(fc.tuple(STATUS, fc.integer({ min: 1, max: 500 })), { minLength: 1, maxLength: 20 })
  .map((parts) => {
    let from = 0
    return parts.map(([status, hours], n) => {
      const made = span(status, from, n === parts.length - 1 ? null : from + hours, BigInt(n))
      from += hours
      return made
    })
  })

test('the uptime of a window is that of its parts, by what counts in them', () => {
  fc.assert(
    fc.property(history, fc.integer({ min: 1, max: 3_000 }), fc.integer({ min: 1, max: 3_000 }), (spans, a, b) => {
      const [cut, end] = [Math.min(a, b), Math.max(a, b) + 1]
      const downMs = (from: number, until: number) => {
        let down = 0
        let counted = 0
        // Hour by hour, the slow and plain way.
        for (let hour = from; hour < until; hour++) {
          const now = spans.findLast(({ fromAt }) => fromAt <= at(hour))!
          if (now.status === 'under_maintenance') continue
          counted++
          if (now.status === 'major_outage') down += 1
          if (now.status === 'partial_outage') down += 0.5
        }
        return counted === 0 ? null : 1 - down / counted
      }
      for (const [from, until] of [
        [0, cut],
        [cut, end],
        [0, end],
      ] as const) {
        const expected = downMs(from, until)
        const given = uptimeOf(spans, at(from), at(until))
        if (expected === null) expect(given).toBeNull()
        else expect(given).toBeCloseTo(expected, 9)
      }
    }),
  )
})

test('bars and uptime agree: without outages in the bars it is 100 %, with one it is less', () => {
  fc.assert(
    fc.property(history, fc.integer({ min: 1, max: 4_000 }), (spans, hours) => {
      const now = at(hours)
      const days = daysOf(spans, now)
      const share = uptimeOf(spans, firstDay(now), now)
      expect(days).toHaveLength(90)
      const wasOut = days.some(({ status }) => status === 'major_outage' || status === 'partial_outage')
      if (share !== null) expect(share < 1).toBe(wasOut)
    }),
  )
})
