import fc from 'fast-check'
import { expect, test } from 'vitest'
import { backoffMs, judge, retryAfterMs } from '#agents/host/policy.ts'

test('the backoff doubles up to its cap and is jittered from nothing to the whole', () => {
  expect(backoffMs(0, 0.999)).toBeLessThan(500)
  expect(backoffMs(3, 0.5)).toBe(2_000)
  expect(backoffMs(99, 0.999_999)).toBeLessThan(20_000)
  expect(backoffMs(5, 0)).toBe(0)
})

test('Retry-After is read as seconds or as a date, and never waits over an hour', () => {
  const now = Date.UTC(2026, 0, 1)
  expect(retryAfterMs('7', now)).toBe(7_000)
  expect(retryAfterMs('Thu, 01 Jan 2026 00:00:30 GMT', now)).toBe(30_000)
  expect(retryAfterMs('Wed, 31 Dec 2025 23:00:00 GMT', now)).toBe(0)
  expect(retryAfterMs('999999', now)).toBe(3_600_000)
  expect(retryAfterMs('soon', now)).toBeUndefined()
  expect(retryAfterMs(undefined, now)).toBeUndefined()
})

test.for([
  [200, 'accept'],
  [400, 'refuse'],
  [401, 'pause'],
  [403, 'pause'],
  [404, 'pause'],
  [409, 'reissue'],
  [413, 'refuse'],
  [422, 'refuse'],
  [429, 'retry'],
  [500, 'retry'],
  [503, 'retry'],
] as const)('after a %d the agent is to %s', ([status, verdict]) => {
  expect(judge({ status }, 0, 0.5, 0).do).toBe(verdict)
})

test('no outcome is both retried and given up, and no wait is negative', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 100, max: 599 }),
      fc.nat(1_000),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (status, attempt, random) => {
        const verdict = judge({ status }, attempt, random, 0)
        if ('afterMs' in verdict) expect(verdict.afterMs).toBeGreaterThanOrEqual(0)
        expect(verdict.do === 'refuse' || verdict.do === 'reissue' ? status >= 400 && status < 500 : true).toBe(true)
      },
    ),
  )
})
