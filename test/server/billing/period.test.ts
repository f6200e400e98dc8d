import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addMonths, hoursOf, periodAt, yearAt } from '#server/billing/period.ts'
import { HOUR_MS } from '#server/time.ts'
import { hourAt, utc } from './terms.ts'

const instant = fc.date({ min: utc('1999-01-01'), max: utc('2101-01-01'), noInvalidDate: true })

describe('months counted from an anchor', () => {
  test('end on the last day where the anchor day is missing, and come back to it', () => {
    const anchor = utc('2026-01-31T18:30:05')
    expect([1, 2, 3, 12, 13, 25].map((n) => addMonths(anchor, n))).toEqual(
      ['2026-02-28', '2026-03-31', '2026-04-30', '2027-01-31', '2027-02-28', '2028-02-29'].map((day) =>
        utc(`${day}T18:30:05`),
      ),
    )
  })

  test('from a leap day are 28 February in common years', () => {
    const anchor = utc('2028-02-29')
    expect([-12, 12, 48].map((n) => addMonths(anchor, n))).toEqual(['2027-02-28', '2029-02-28', '2032-02-29'].map(utc))
    expect(yearAt(anchor, utc('2029-02-28'))).toEqual({ start: utc('2029-02-28'), end: utc('2030-02-28') })
  })

  test('of a yearly plan begun on 31 January are its months', () => {
    const anchor = utc('2027-01-31T09:00:00')
    expect(yearAt(anchor, utc('2028-01-31T08:59:59'))).toEqual({ start: anchor, end: utc('2028-01-31T09:00:00') })
    expect(periodAt(anchor, utc('2028-02-29T09:00:00'))).toEqual({
      start: utc('2028-02-29T09:00:00'),
      end: utc('2028-03-31T09:00:00'),
    })
  })

  test.each(Array.from({ length: 31 }, (_, i) => i + 1))(
    'from day %i tile four years without gap or overlap',
    (day) => {
      const anchor = new Date(Date.UTC(2027, 0, day, 23, 59, 59))
      for (let n = 0; n < 50; n++) {
        const [start, end] = [addMonths(anchor, n), addMonths(anchor, n + 1)]
        expect(end.getTime()).toBeGreaterThan(start.getTime())
        expect(periodAt(anchor, start)).toEqual({ start, end })
        expect(periodAt(anchor, new Date(end.getTime() - 1))).toEqual({ start, end })
        expect([start.getUTCHours(), start.getUTCMinutes()]).toEqual([23, 59])
        const last = new Date(Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1, 0)).getUTCDate()
        expect(start.getUTCDate()).toBe(Math.min(day, last))
      }
    },
  )

  test('hold every instant in exactly one month and one year', () => {
    fc.assert(
      fc.property(instant, instant, (anchor, at) => {
        for (const window of [periodAt(anchor, at), yearAt(anchor, at)]) {
          expect(window.start.getTime()).toBeLessThanOrEqual(at.getTime())
          expect(window.end.getTime()).toBeGreaterThan(at.getTime())
        }
        const month = periodAt(anchor, at)
        expect(periodAt(anchor, month.end).start).toEqual(month.end)
      }),
    )
  })
})

describe('the hours billed with a window', () => {
  const window = { start: utc('2026-11-03T10:20:00'), end: utc('2026-12-03T10:20:00') }

  test('are those that begin in it', () => {
    expect(hoursOf(window, { starts: false, ends: false })).toEqual({
      fromHour: hourAt('2026-11-03T11:00:00'),
      untilHour: hourAt('2026-12-03T11:00:00'),
    })
  })

  test('are also the one a subscription starts in and the one it ends in', () => {
    expect(hoursOf(window, { starts: true, ends: true })).toEqual({
      fromHour: hourAt('2026-11-03T10:00:00'),
      untilHour: hourAt('2026-12-03T11:00:00'),
    })
  })

  test('of windows that follow each other never leave one out or take one twice', () => {
    fc.assert(
      fc.property(fc.array(instant, { minLength: 3, maxLength: 8 }), (cuts) => {
        const sorted = cuts.toSorted((a, b) => a.getTime() - b.getTime())
        let next = Math.floor(sorted[0]!.getTime() / HOUR_MS)
        for (const [i, start] of sorted.slice(0, -1).entries()) {
          const hours = hoursOf({ start, end: sorted[i + 1]! }, { starts: i === 0, ends: i === sorted.length - 2 })
          // A window that begins and ends within an hour may have none of its own.
          expect(hours.fromHour).toBe(next)
          expect(hours.untilHour).toBeGreaterThanOrEqual(hours.fromHour)
          next = hours.untilHour
        }
        expect(next * HOUR_MS).toBeGreaterThanOrEqual(sorted.at(-1)!.getTime())
      }),
    )
  })
})
