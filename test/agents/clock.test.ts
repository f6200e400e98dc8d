import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bootClock, learn } from '#agents/host/clock.ts'

test('the first answer is believed, from the middle of its round trip', () => {
  expect(learn({ anchorMs: 5, learned: false }, 1_000, 1_200, 1_000_000)).toEqual({ anchorMs: 998_900, learned: true })
})

test('what the round trip explains, and less than 50 ms beyond, moves nothing', () => {
  const anchor = { anchorMs: 1_000_000, learned: true }
  expect(learn(anchor, 0, 2_000, 1_002_000)).toBe(anchor)
  expect(learn(anchor, 0, 0, 1_000_049)).toBe(anchor)
})

test('a small difference moves the anchor by a quarter, one over a second at once', () => {
  const anchor = { anchorMs: 1_000_000, learned: true }
  expect(learn(anchor, 0, 0, 1_000_400).anchorMs).toBe(1_000_100)
  expect(learn(anchor, 0, 0, 4_600_000).anchorMs).toBe(4_600_000)
})

test('an anchor comes within 50 ms of a steady server and stays', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -(10 ** 9), max: 10 ** 9 }),
      fc.array(fc.nat(40), { minLength: 40, maxLength: 60 }),
      (error, trips) => {
        let anchor = { anchorMs: 1e12 + error, learned: true }
        let monoMs = 1_000
        for (const trip of trips) {
          anchor = learn(anchor, monoMs, monoMs + 2 * trip, 1e12 + monoMs + trip)
          monoMs += 60_000
        }
        expect(Math.abs(anchor.anchorMs - 1e12)).toBeLessThanOrEqual(90)
      },
    ),
  )
})

test('the boot clock begins at the uptime and never goes back', () => {
  const proc = mkdtempSync(join(tmpdir(), 'proc-'))
  writeFileSync(join(proc, 'uptime'), '1234.50 99.00\n')
  const mono = bootClock(proc)
  const first = mono()
  expect(first).toBeGreaterThanOrEqual(1_234_500)
  expect(first).toBeLessThan(1_244_500)
  writeFileSync(join(proc, 'uptime'), '10.00 99.00\n')
  expect(mono()).toBeGreaterThanOrEqual(first)
})
