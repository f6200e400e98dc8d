import { expect, test } from 'vitest'
import { arrange } from '#server/usage/series.ts'
import { aligned, periodBefore, resolutionFor, stepsOf } from '#server/usage/window.ts'

const at = (text: string) => new Date(`${text}Z`)
const window = (start: string, end: string) => ({ start: at(start), end: at(end) })
const now = at('2026-11-21T03:12:40')

test('minutes are shown while they are kept and few enough, then hours, then days', () => {
  const of = (start: string, end: string) => resolutionFor(window(start, end), now, 7)
  expect(of('2026-11-21T01:00:00', '2026-11-21T03:00:00')).toBe('minute')
  expect(of('2026-11-10T01:00:00', '2026-11-10T03:00:00')).toBe('hour')
  expect(of('2026-11-14T00:00:00', '2026-11-21T00:00:00')).toBe('hour')
  expect(of('2026-11-01T00:00:00', '2026-11-21T00:00:00')).toBe('day')
})

test('a window is widened to whole steps and has as many starts', () => {
  const wide = aligned(window('2026-11-21T01:20:00', '2026-11-21T03:12:40'), 'hour')
  expect(wide).toEqual(window('2026-11-21T01:00:00', '2026-11-21T04:00:00'))
  expect(stepsOf(wide, 'hour')).toEqual([1, 2, 3].map((h) => at(`2026-11-21T0${h}:00:00`)))
})

test('a window is compared with as much time before it', () => {
  expect(periodBefore(window('2026-11-20T00:00:00', '2026-11-21T00:00:00'))).toEqual(
    window('2026-11-19T00:00:00', '2026-11-20T00:00:00'),
  )
})

test('a month so far is compared with as much of the month before, a whole month with the whole', () => {
  expect(periodBefore(window('2026-11-01T00:00:00', '2026-11-21T03:00:00'))).toEqual(
    window('2026-10-01T00:00:00', '2026-10-21T03:00:00'),
  )
  expect(periodBefore(window('2026-11-01T00:00:00', '2026-12-01T00:00:00'))).toEqual(
    window('2026-10-01T00:00:00', '2026-11-01T00:00:00'),
  )
  // February has no 29th to 31st: what is compared ends with the month.
  expect(periodBefore(window('2026-03-01T00:00:00', '2026-03-31T00:00:00'))).toEqual(
    window('2026-02-01T00:00:00', '2026-03-01T00:00:00'),
  )
})

test('the five greatest have a line each, the rest one together, and nothing is lost', () => {
  const points = Array.from({ length: 9 }, (_, i) => ({ at: now, key: `app-${i}`, used: BigInt(i + 1) }))
  const steps = { now: [now], before: [] }
  const found = arrange({ points, before: [], by: 'app', labels: new Map() }, steps, null)
  expect(found.lines.map((line) => [line.label, line.values[0]])).toEqual([
    ['app-8', 9n],
    ['app-7', 8n],
    ['app-6', 7n],
    ['app-5', 6n],
    ['app-4', 5n],
    ['4 others', 10n],
  ])
  expect(found.used).toBe(45n)
})
