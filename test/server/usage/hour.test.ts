import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { METERS } from '#agents/protocol.ts'
import { NOTHING, plus, settled, totalsAt, touchedHours, usedInHour } from '#server/usage/hour.ts'
import type { Opening, Reading, Totals } from '#server/usage/hour.ts'

const HOUR_MS = 3_600_000
const all = (value: bigint): Totals => METERS.map(() => value)
const at = (minute: number, value: bigint): Reading => ({ minute, totals: all(value) })
const opening: Opening = { atMs: 0, totals: NOTHING }

describe('the usage of an hour', () => {
  test('is the difference of the totals read at its edges', () => {
    const readings = [at(59, 100n), at(90, 130n), at(119, 170n)]
    expect(usedInHour(opening, readings, 0)).toEqual(all(100n))
    expect(usedInHour(opening, readings, 1)).toEqual(all(70n))
    expect(usedInHour(opening, readings, 2)).toEqual(NOTHING)
  })

  test('between two readings across an edge is split in proportion to time, rounded down', () => {
    // Read at 00:51 and 01:21: of 100, nine thirtieths fall before the edge.
    const readings = [at(50, 10n), at(80, 110n)]
    expect(usedInHour(opening, readings, 0)).toEqual(all(40n))
    expect(usedInHour(opening, readings, 1)).toEqual(all(70n))
  })

  test('begins at nothing where the epoch opened, within a minute too', () => {
    const opened: Opening = { atMs: HOUR_MS - 15_000, totals: NOTHING }
    expect(usedInHour(opened, [at(60, 75n)], 0)).toEqual(all(15n))
    expect(usedInHour(opened, [at(60, 75n)], 1)).toEqual(all(60n))
  })

  test('is known up to the newest reading and no further', () => {
    expect(totalsAt(opening, [at(10, 7n)], HOUR_MS)).toEqual(all(7n))
    expect(totalsAt(opening, [], HOUR_MS)).toEqual(NOTHING)
  })
})

/** A life of up to five days: totals that grow from minute to minute, with minutes in which the agent was down. */
const life = fc
  .record({
    openedMs: fc.integer({ min: 0, max: 3 * HOUR_MS }),
    steps: fc.array(
      fc.record({
        minutes: fc.integer({ min: 1, max: 200 }),
        used: fc.array(fc.bigInt(0n, 2n ** 45n), { minLength: 10, maxLength: 10 }),
      }),
      { minLength: 1, maxLength: 40 },
    ),
  })
  .map(({ openedMs, steps }) => {
    let minute = Math.floor(openedMs / 60_000) - 1
    let totals = NOTHING
    const readings = steps.map((step) => {
      minute += step.minutes
      totals = plus(totals, step.used)
      return { minute, totals }
    })
    return { opening: { atMs: openedMs, totals: NOTHING }, readings }
  })

const hoursOf = ({ opening, readings }: { opening: Opening; readings: readonly Reading[] }) => {
  const last = readings.at(-1)!
  const known = settled(readings)
  return new Map(
    Array.from({ length: Math.floor(last.minute / 60) + 1 }, (_, hour) => [hour, usedInHour(opening, known, hour)]),
  )
}
const sum = (amounts: Iterable<Totals>) => [...amounts].reduce(plus, NOTHING)

/** Delivery as it happens: in groups, in any order, some of it twice, all of it in the end. */
const deliveries = life.chain((one) =>
  fc
    .tuple(
      fc.shuffledSubarray(one.readings, { minLength: one.readings.length, maxLength: one.readings.length }),
      fc.subarray(one.readings),
      fc.integer({ min: 1, max: 7 }),
      fc.nat(),
    )
    .map(([shuffled, again, size, turn]) => {
      const sent = [...shuffled]
      again.forEach((reading, i) => sent.splice((turn + i * 7) % (sent.length + 1), 0, reading))
      const groups: Reading[][] = []
      for (let i = 0; i < sent.length; i += size) groups.push(sent.slice(i, i + size))
      return { ...one, groups }
    }),
)

describe('whatever order readings come in', () => {
  test('hours add up to days and to the last total exactly', () => {
    fc.assert(
      fc.property(life, ({ opening, readings }) => {
        const hours = hoursOf({ opening, readings })
        expect(sum(hours.values())).toEqual(readings.at(-1)!.totals)
        const known = settled(readings)
        const days = Math.ceil(hours.size / 24)
        for (let day = 0; day < days; day++) {
          const ofDay = sum([...hours].filter(([hour]) => Math.floor(hour / 24) === day).map(([, used]) => used))
          const edges = [day, day + 1].map((d) => totalsAt(opening, known, d * 24 * HOUR_MS))
          expect(ofDay).toEqual(edges[1]!.map((value, i) => value - edges[0]![i]!))
        }
      }),
    )
  })

  test('no hour is less than nothing', () => {
    fc.assert(
      fc.property(life, (one) => [...hoursOf(one).values()].every((used) => used.every((value) => value >= 0n))),
    )
  })

  test('rolling only the touched hours, after each delivery, ends where the straight run ends', () => {
    fc.assert(
      fc.property(deliveries, ({ opening, readings, groups }) => {
        const kept = new Map<number, Totals>()
        let known: Reading[] = []
        for (const group of groups) {
          known = settled([...known, ...group])
          for (const due of new Set(group.map((r) => Math.floor(r.minute / 60)))) {
            const [from, until] = touchedHours(opening, known, due)
            for (let hour = from; hour < until; hour++) kept.set(hour, usedInHour(opening, known, hour))
          }
          // Nothing is lost or added on the way either.
          expect(sum(kept.values())).toEqual(known.at(-1)!.totals)
        }
        const used = (hours: Map<number, Totals>) =>
          [...hours].filter(([, u]) => u.some((v) => v > 0n)).toSorted(([a], [b]) => a - b)
        expect(used(kept)).toEqual(used(hoursOf({ opening, readings })))
      }),
      { numRuns: 300 },
    )
  })

  test('a reading that never comes loses its place in time and no usage', () => {
    fc.assert(
      fc.property(life, fc.nat(), ({ opening, readings }, at) => {
        const lost = at % readings.length
        if (lost === readings.length - 1) return
        const hours = hoursOf({ opening, readings: readings.filter((_, i) => i !== lost) })
        expect(sum(hours.values())).toEqual(readings.at(-1)!.totals)
      }),
    )
  })

  test('a restart opens an epoch, and the sum of both is what both used', () => {
    fc.assert(
      fc.property(life, life, (first, second) => {
        const total = plus(sum(hoursOf(first).values()), sum(hoursOf(second).values()))
        expect(total).toEqual(plus(first.readings.at(-1)!.totals, second.readings.at(-1)!.totals))
      }),
    )
  })
})
