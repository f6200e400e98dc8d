import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { outlook, type History } from '#server/billing/forecast.ts'

/** Midnight of Monday, 2 November 2026, in hours since 1970. */
const MONDAY = Date.UTC(2026, 10, 2) / 3_600_000
const DAYS = 24

const history = (hours: number, amountAt: (hour: number) => number, fromHour = MONDAY): History => ({
  fromHour,
  amounts: Array.from({ length: hours }, (_, i) => amountAt(fromHour + i)),
})
const untilOf = ({ fromHour, amounts }: History, days: number) => fromHour + amounts.length + days * DAYS
const ahead = (of: History, days: number) => outlook(of, [untilOf(of, days)])[0]!
const sumOf = (days: number, of: History, amountAt: (hour: number) => number) => {
  const from = of.fromHour + of.amounts.length
  return Array.from({ length: days * DAYS }, (_, i) => amountAt(from + i)).reduce((a, b) => a + b, 0)
}
const random = (seed: number) => () => {
  seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
  return seed / 2_147_483_648
}
/** Roughly normal, of variance 1. */
const normal = (next: () => number) => Array.from({ length: 12 }, next).reduce((a, b) => a + b, 0) - 6

describe('what is foretold', () => {
  test('is the same again where use is constant, exactly and without a range', () => {
    const of = history(20 * DAYS + 7, () => 3_600_000_000)
    expect(ahead(of, 10)).toEqual({ low: 864_000_000_000, mid: 864_000_000_000, high: 864_000_000_000 })
  })
  test('is nothing where nothing was used', () => {
    expect(
      ahead(
        history(300, () => 0),
        5,
      ),
    ).toEqual({ low: 0, mid: 0, high: 0 })
    expect(ahead({ fromHour: MONDAY, amounts: [] }, 5)).toEqual({ low: 0, mid: 0, high: 0 })
  })
  test('takes the hours before the first container for no sign of little use', () => {
    const began = MONDAY + 10 * DAYS
    const of = history(13 * DAYS, (hour) => (hour < began ? 0 : hour === began ? 1 : 60))
    expect(ahead(of, 4).mid).toBeCloseTo(4 * DAYS * 60, 6)
  })
  test('from a single hour on is more of it, within a wide range', () => {
    const { low, mid, high } = ahead(
      history(1, () => 10),
      10,
    )
    expect(mid).toBe(2_400)
    expect(low).toBeLessThan(mid / 2)
    expect(high).toBeGreaterThan(mid * 1.5)
  })
  test('follows a step within a week: 14 days at 53 a day, then 7 at 99, are 99 a day from here on', () => {
    const step = MONDAY + 28 * DAYS
    const next = random(7)
    const of = history(34 * DAYS + 12, (hour) => ((hour < step ? 53 : 99) / 24) * (1 + (next() - 0.5) / 5))
    const { low, mid, high } = ahead(of, 10)
    expect(mid / 10).toBeGreaterThan(96)
    expect(mid / 10).toBeLessThan(102)
    expect(low).toBeLessThan(990)
    expect(high).toBeGreaterThan(990)
    expect((high - low) / mid).toBeLessThan(0.5)
  })
  test('keeps to the hours of the day and to the weekdays it has seen', () => {
    const busy = (hour: number) => {
      const isWeekend = Math.floor((hour - MONDAY) / DAYS) % 7 >= 5
      return (hour % 24 >= 8 && hour % 24 < 18 ? 900 : 100) * (isWeekend ? 0.25 : 1)
    }
    // Ends on a Thursday at 18:00, after the busy hours: neither they nor the weekend may be counted wrongly.
    const of = history(24 * DAYS + 18, busy)
    for (const days of [1, 2, 3, 7, 10]) {
      const wanted = sumOf(days, of, busy)
      expect(ahead(of, days).mid / wanted).toBeGreaterThan(0.97)
      expect(ahead(of, days).mid / wanted).toBeLessThan(1.03)
    }
  })
  test('is not led astray by one day of ten times the use', () => {
    const of = history(28 * DAYS, (hour) => (Math.floor((hour - MONDAY) / DAYS) === 20 ? 1_000 : 100))
    expect(ahead(of, 7).mid / (7 * DAYS * 100)).toBeCloseTo(1, 1)
  })
})

describe('its range', () => {
  test('grows with how far it looks, and with how much days differ', () => {
    const noisy = (share: number) => {
      const next = random(3)
      let today = 1
      return history(28 * DAYS, (hour) => {
        if (hour % 24 === 0) today = 1 + share * (next() - 0.5)
        return 100 * today
      })
    }
    const width = (of: History, days: number) => {
      const { low, high } = ahead(of, days)
      return high - low
    }
    expect(width(noisy(0.2), 10)).toBeGreaterThan(width(noisy(0.2), 3))
    expect(width(noisy(0.6), 10)).toBeGreaterThan(width(noisy(0.2), 10))
  })
  test('holds about nine of ten months, of steady accounts and of drifting ones', () => {
    for (const drift of [0, 0.05]) {
      let held = 0
      const tried = 200
      for (let seed = 1; seed <= tried; seed++) {
        const next = random(seed * 7919)
        let level = 100
        let today = 0
        const amountAt = (hour: number) => {
          if (hour % 24 === 0) {
            level *= 1 + drift * normal(next)
            today = level * (1 + 0.1 * normal(next))
          }
          return Math.max(0, today)
        }
        const of = history(28 * DAYS, amountAt)
        const wanted = sumOf(10, of, amountAt)
        const { low, high } = ahead(of, 10)
        if (wanted >= low && wanted <= high) held++
      }
      expect(held / tried).toBeGreaterThanOrEqual(0.8)
      expect(held / tried).toBeLessThanOrEqual(0.98)
    }
  })
  test('never crosses the middle, nor goes below nothing, nor shrinks from one day to the next', () => {
    const amounts = fc.array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 1, maxLength: 400 })
    fc.assert(
      fc.property(amounts, fc.integer({ min: 0, max: 5_000 }), (of, shift) => {
        const end = MONDAY + shift + of.length
        const found = outlook({ fromHour: MONDAY + shift, amounts: of }, [end, end + 5, end + 24, end + 240])
        expect(found[0]).toEqual({ low: 0, mid: 0, high: 0 })
        for (const [i, one] of found.entries()) {
          expect(one.low).toBeGreaterThanOrEqual(0)
          expect(one.mid).toBeGreaterThanOrEqual(one.low)
          expect(one.high).toBeGreaterThanOrEqual(one.mid)
          expect(one.mid).toBeGreaterThanOrEqual(found[i - 1]?.mid ?? 0)
          expect(one.high).toBeGreaterThanOrEqual(found[i - 1]?.high ?? 0)
        }
      }),
    )
  })
})
