import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gapsOf, gapWords, plottable, spread, ticks, tickWords } from '#app/ui/chart-data.ts'
import type { Kind } from '#app/ui/format.ts'

const minute = (n: number) => Date.UTC(2026, 10, 21, 1, n)
const times = [0, 1, 2, 3, 4].map(minute)

describe('gaps', () => {
  it('are the times at which every series is missing, up to the next reading', () => {
    const series = [
      { label: 'a', values: [1, null, null, 2, 3] },
      { label: 'b', values: [1, 5, null, 2, 3] },
    ]
    expect(gapsOf(times, series)).toEqual([{ from: minute(2), to: minute(3) }])
  })

  it('at the end last until the last time asked for', () => {
    expect(gapsOf(times, [{ label: 'a', values: [1, 2, 3, null, null] }])).toEqual([{ from: minute(3), to: minute(4) }])
  })

  it('are told in words, three of them and how many more', () => {
    const gaps = [0, 1, 2, 3, 4].map((n) => ({ from: minute(n * 10), to: minute(n * 10 + 6) }))
    expect(gapWords(gaps, minute(59))).toBe(
      'No data 01:00 to 01:06 UTC; 01:10 to 01:16 UTC; 01:20 to 01:26 UTC; and 2 more gaps.',
    )
    expect(gapWords([], minute(59))).toBe('')
  })

  it('reach the canvas as null, never as NaN, which it would bridge', () => {
    expect(plottable([1n, null, Number.NaN, 2.5])).toEqual([1, null, null, 2.5])
  })
})

describe('ticks', () => {
  const kinds: Kind[] = ['count', 'percent', 'bytes', 'bytesPerS', 'cpuUs', 'mibS', 'cores', 'ms']

  it('start at nothing, go up evenly and hold the greatest reading', () => {
    fc.assert(
      fc.property(fc.constantFrom(...kinds), fc.double({ min: 0, max: 1e15, noNaN: true }), (kind, max) => {
        const found = ticks(kind, max)
        expect(found[0]).toBe(0)
        expect(found.at(-1)).toBeGreaterThanOrEqual(max * 0.9998)
        expect(found.length).toBeGreaterThanOrEqual(2)
        expect(found.length).toBeLessThanOrEqual(9)
        for (let at = 1; at < found.length; at++) expect(found[at]).toBeGreaterThan(found[at - 1] ?? Infinity)
      }),
    )
  })

  it('are round in the unit that is printed', () => {
    expect(ticks('percent', 71)).toEqual([0, 25, 50, 75, 100])
    expect(ticks('count', 3)).toEqual([0, 1, 2, 3])
    expect(ticks('money:EUR', 237_249)).toEqual([0, 100_000, 200_000, 300_000])
    expect(ticks('money:EUR', 0)).toEqual([0, 1])
    expect(
      ticks('money:EUR', 300_000)
        .map((at) => tickWords('money:EUR', at, 300_000))
        .at(-1),
    ).toBe('€3,000')
    expect(tickWords('money:EUR', 50, 200)).toBe('€0.50')
    const gib = 1024 ** 3
    expect(ticks('bytes', 14 * gib).map((value) => tickWords('bytes', value, 16 * gib))).toEqual([
      '0',
      '4 GiB',
      '8 GiB',
      '12 GiB',
      '16 GiB',
    ])
    expect(ticks('cpuUs', 96 * 3.6e9).map((value) => tickWords('cpuUs', value, 100 * 3.6e9))).toEqual([
      '0',
      '25 vCPU-h',
      '50 vCPU-h',
      '75 vCPU-h',
      '100 vCPU-h',
    ])
  })
})

describe('labels at the ends of lines', () => {
  it('keep their distance and their order, and stay on the chart', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 6 }), (wanted) => {
        const placed = spread(wanted, 13, 200)
        const order = wanted.map((y, index) => ({ y, at: placed[index] ?? 0 })).toSorted((a, b) => a.at - b.at)
        for (let i = 1; i < order.length; i++) {
          expect((order[i]?.at ?? 0) - (order[i - 1]?.at ?? 0)).toBeGreaterThanOrEqual(13)
          expect(order[i]?.y).toBeGreaterThanOrEqual(order[i - 1]?.y ?? Infinity)
        }
        for (const { at } of order) {
          expect(at).toBeGreaterThanOrEqual(0)
          expect(at).toBeLessThanOrEqual(200)
        }
      }),
    )
  })

  it('do not move when they have room', () => {
    expect(spread([10, 100, 60], 13, 200)).toEqual([10, 100, 60])
  })
})
