import fc from 'fast-check'
import { expect, test } from 'vitest'
import { METERS, type RequestIdentity, type SampleRow } from '#agents/protocol.ts'
import { anchorOf, minuteOfEdge } from '#server/usage/anchor.ts'
import { implausible } from '#server/usage/plausible.ts'
import { RateLimit } from '#server/usage/rateLimit.ts'
import { greatestByMinute } from '#server/usage/storeReports.ts'
import { BOOT, report, row } from './plane.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const NOW = Date.UTC(2026, 4, 1, 12, 0, 30)
const sent = (monoMs: number): RequestIdentity => ({
  hostId: 1,
  keyId: 1,
  seq: 1,
  timeMs: NOW,
  bootId: BOOT,
  monoMs,
  digest: '',
})

test('whatever the wall clock says, a boot that speaks to us stands where we measure it', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1_000, max: 1_000 * DAY_MS }),
      fc.integer({ min: -50 * 365 * DAY_MS, max: 50 * 365 * DAY_MS }),
      fc.integer({ min: 0, max: 1_500 }),
      (upMs, wrongMs, delayMs) => {
        const truth = NOW - upMs
        const clock = { wallMs: NOW + wrongMs, monoMs: upMs, anchorMs: Math.max(0, truth + wrongMs) }
        const { anchorMs, source, skewMs } = anchorOf(report(1, { clock }), sent(upMs), undefined, NOW + delayMs)
        expect(source).toBe('server')
        expect(Math.abs(anchorMs - truth)).toBeLessThanOrEqual(3_500)
        expect(Math.abs(skewMs - wrongMs)).toBeLessThanOrEqual(3_500)
      },
    ),
  )
})

test('an agent that knows its boot as well as we do keeps its minutes over any delay it can explain', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2_000 }), fc.integer({ min: 1, max: 10_000 }), (delayMs, minutes) => {
      const upMs = 20_000 * MINUTE_MS
      const anchorMs = NOW - upMs
      const clock = { wallMs: NOW, monoMs: upMs, anchorMs }
      const anchor = anchorOf(report(1, { clock }), sent(upMs), undefined, NOW + delayMs)
      const edgeMs = (Math.floor(NOW / MINUTE_MS) - minutes) * MINUTE_MS
      expect(minuteOfEdge(edgeMs - anchorMs, anchor.anchorMs)).toBe(edgeMs / MINUTE_MS - 1)
    }),
  )
})

test('a slow connection that shifts an edge by up to 5 s leaves it in its minute', () => {
  for (const lateMs of [0, 1, 2_000, 4_999, 5_000]) expect(minuteOfEdge(10 * MINUTE_MS + lateMs, 0)).toBe(9)
  expect(minuteOfEdge(10 * MINUTE_MS + 5_001, 0)).toBe(10)
})

test('an earlier boot stands where it was measured while it lived, else where its agent says, never in the future', () => {
  const clock = { wallMs: 0, monoMs: 3_600_000, anchorMs: NOW - 2 * DAY_MS }
  const earlier = { ...report(1, { clock }), bootId: 'earlier' }
  expect(anchorOf(earlier, sent(1_000), 123, NOW)).toMatchObject({ anchorMs: 123, source: 'server' })
  expect(anchorOf(earlier, sent(1_000), undefined, NOW)).toMatchObject({ anchorMs: NOW - 2 * DAY_MS, source: 'agent' })
  const ahead = { ...earlier, clock: { ...clock, anchorMs: NOW + DAY_MS } }
  expect(anchorOf(ahead, sent(1_000), undefined, NOW).anchorMs).toBe(NOW - 3_600_000)
})

const totals = fc.array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: METERS.length, maxLength: METERS.length })

test('a row is left out exactly where a total shrinks with time or cpu outgrows the cores', () => {
  fc.assert(
    fc.property(totals, totals, fc.integer({ min: -5, max: 5 }), (before, now, minutes) => {
      const last = [100, ...before]
      const reason = implausible([1, ...now], 100 + minutes, 10 * DAY_MS, last, 4)
      const shrinks = minutes !== 0 && now.some((v, m) => (minutes > 0 ? v < (before[m] ?? 0) : v > (before[m] ?? 0)))
      expect(reason !== undefined).toBe(shrinks)
    }),
  )
})

test('cpu time is bounded by the cores since the last reading, and by the uptime before the first', () => {
  const minuteUs = 60_000_000
  const first = (cpuUs: number, cores: number | null) => implausible(row(1, cpuUs), 5, MINUTE_MS, undefined, cores)
  expect(first(2 * minuteUs, 2)).toBeUndefined()
  expect(first(3 * minuteUs, 2)).toMatch(/over what 2 cores can do/)
  expect(first(1_000 * minuteUs, null)).toBeUndefined()
  const next = (minute: number, cpuUs: number) => implausible(row(1, cpuUs), minute, 10 * DAY_MS, row(10, minuteUs), 2)
  expect(next(11, 3 * minuteUs)).toBeUndefined()
  expect(next(11, 4 * minuteUs)).toMatch(/cpuUs grew by/)
  expect(next(12, 4 * minuteUs)).toBeUndefined()
  expect(next(10, 4 * minuteUs)).toMatch(/cpuUs grew by/)
})

test('of rows of one epoch and minute the greatest of each total stays, once', () => {
  const cell = fc.record({
    minute: fc.integer({ min: 0, max: 2 }),
    row: fc.tuple(fc.integer({ min: 1, max: 2 }), totals).map(([epoch, t]): SampleRow => [epoch, ...t]),
  })
  fc.assert(
    fc.property(fc.array(cell, { maxLength: 20 }), (rows) => {
      const kept = greatestByMinute(rows.map(({ minute, row }) => ({ minute, rows: [row] })))
      const keyOf = (r: (typeof rows)[number]) => `${r.minute}:${r.row[0]}`
      const keyOfKept = ([minute, epoch]: number[]) => `${minute}:${epoch}`
      expect(kept.map(keyOfKept).toSorted()).toEqual([...new Set(rows.map(keyOf))].toSorted())
      for (const cells of kept) {
        const same = rows.filter((r) => keyOf(r) === keyOfKept(cells))
        cells.slice(1).forEach((v, i) => expect(v).toBe(Math.max(...same.map((r) => r.row[i] ?? 0))))
      }
    }),
  )
})

test('a rate limit gives a burst, then its rate, and says how long to wait', () => {
  const limit = new RateLimit({ perSecond: 2, burst: 3 })
  expect([1, 2, 3, 4].map(() => limit.take('a', 0))).toEqual([0, 0, 0, 1])
  expect(limit.take('b', 0)).toBe(0)
  expect(limit.take('a', 499)).toBe(1)
  expect(limit.take('a', 1_000)).toBe(0)
  expect(limit.take('a', 1_001)).toBe(0)
  expect(limit.take('a', 1_002)).toBe(1)
})

test('a stranger who names a million keys does not make a limit grow without end, nor lifts it for the others', () => {
  const limit = new RateLimit({ perSecond: 0.001, burst: 1 })
  for (let i = 0; i < 250_000; i++) limit.take(`stranger ${i}`, i)
  expect(limit.take('stranger 249999', 250_000)).toBeGreaterThan(0)
  expect(limit.take('stranger 1', 250_000)).toBe(0)
})
