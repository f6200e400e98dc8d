import { expect, test } from 'vitest'
import { grow, isFast, openGrowth, type Growth } from '#agents/host/runaway.ts'

const FREE = 10 ** 12
const look = (sizes: [atS: number, megabytes: number][], freeBytes = FREE) => {
  const [[atS, first], ...rest] = sizes as [[number, number], ...[number, number][]]
  let growth: Growth = openGrowth({ monoMs: atS * 1000, bytes: first * 1e6, freeBytes })
  const findings = []
  for (const [s, megabytes] of rest) {
    const next = grow(9, growth, { monoMs: s * 1000, bytes: megabytes * 1e6, freeBytes })
    growth = next.growth
    if (next.finding) findings.push(next.finding)
  }
  return findings
}

test('10 MB/s and more is told at the second look, once', () => {
  const findings = look([
    [0, 0],
    [5, 60],
    [10, 120],
    [15, 180],
    [20, 260],
  ])
  expect(findings).toHaveLength(1)
  expect(findings[0]).toMatchObject({
    kind: 'log_growth',
    epoch: 9,
    monoMs: 10_000,
    detail: { bytes: 120e6, grownBytes: 120e6, windowMs: 10_000, bytesPerS: 12e6 },
  })
})

test('one burst tells nothing', () => {
  expect(
    look([
      [0, 0],
      [5, 400],
      [10, 401],
      [15, 800],
      [20, 801],
    ]),
  ).toHaveLength(0)
})

test('a slow log that would fill its disk within the hour is told', () => {
  const megabyteAS: [number, number][] = [
    [0, 0],
    [5, 5],
    [10, 10],
  ]
  expect(look(megabyteAS, 3_500e6)).toHaveLength(1)
  expect(look(megabyteAS, 3_700e6)).toHaveLength(0)
})

test('a new run has another id, the same run told again the same', () => {
  const run: [number, number][] = [
    [0, 0],
    [5, 60],
    [10, 120],
  ]
  const two = look([...run, [15, 120], [20, 200], [25, 300]])
  expect(two).toHaveLength(2)
  expect(two[0]!.id).not.toBe(two[1]!.id)
  expect(look(run)[0]!.id).toBe(two[0]!.id)
})

test('a truncated log ends the run', () => {
  expect(
    look([
      [0, 900],
      [5, 960],
      [8, 0],
      [13, 40],
    ]),
  ).toHaveLength(0)
})

test('the bounds are 10 MB/s, and an hour of free space', () => {
  expect(isFast(10_000_000, FREE)).toBe(true)
  expect(isFast(9_999_999, FREE)).toBe(false)
  expect(isFast(100_000, 359_000_000)).toBe(true)
  expect(isFast(10, 0)).toBe(false)
})
