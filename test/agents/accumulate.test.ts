import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addReading, addSize, openTally, wentBack, zeroReading, type Reading } from '#agents/host/accumulate.ts'
import { METERS } from '#agents/protocol.ts'

const MIB = 2 ** 20
const meter = (totals: number[], name: (typeof METERS)[number]) => totals[METERS.indexOf(name)]
const reading = (monoMs: number, of: Partial<Reading> = {}): Reading => ({ ...zeroReading(monoMs), ...of })

test('a first reading from zero counts whole, a baseline counts nothing', () => {
  const first = reading(5_000, { cpuUs: 700, rxBytes: 9 })
  expect(meter(addReading(openTally(zeroReading(1_000)), first, false).totals, 'cpuUs')).toBe(700)
  const baseline = addReading(openTally(first), reading(6_000, { cpuUs: 900, rxBytes: 9 }), false)
  expect(meter(baseline.totals, 'cpuUs')).toBe(200)
  expect(meter(baseline.totals, 'rxBytes')).toBe(0)
})

test('memory is integrated by the trapezoid, over a gap by the lesser of the two', () => {
  const from = openTally(reading(0, { memoryBytes: 100 * MIB }))
  const to = reading(10_000, { memoryBytes: 300 * MIB })
  expect(meter(addReading(from, to, false).totals, 'memoryMibS')).toBe(2_000)
  expect(meter(addReading(from, to, true).totals, 'memoryMibS')).toBe(1_000)
})

test('a counter that cannot be read now goes on from where it was', () => {
  let tally = openTally(reading(0, { rxBytes: 100 }))
  tally = addReading(tally, reading(1_000, { rxBytes: null }), false)
  tally = addReading(tally, reading(2_000, { rxBytes: 150 }), false)
  expect(meter(tally.totals, 'rxBytes')).toBe(50)
})

test('a counter that appears within a life is a baseline', () => {
  let tally = openTally(reading(0, { txBytes: null }))
  tally = addReading(tally, reading(1_000, { txBytes: 1_000 }), false)
  expect(meter(tally.totals, 'txBytes')).toBe(0)
})

test('a counter that went back is seen', () => {
  expect(wentBack(reading(0, { cpuUs: 5 }), reading(1, { cpuUs: 4 }))).toBe(true)
  expect(wentBack(reading(0, { cpuUs: 5 }), reading(1, { cpuUs: null }))).toBe(false)
  expect(wentBack(reading(0, { memoryBytes: 5 }), reading(1, { memoryBytes: 4 }))).toBe(false)
})

const steps = fc.array(
  fc.record({ ms: fc.integer({ min: 0, max: 100_000 }), cpu: fc.nat(10_000_000), memory: fc.nat(2 ** 40) }),
  { minLength: 1, maxLength: 30 },
)

test('totals never shrink and counters add up to the difference of the kernel’s, however often they are read', () => {
  fc.assert(
    fc.property(steps, fc.boolean(), (list, gap) => {
      let tally = openTally(zeroReading(0))
      let monoMs = 0
      let cpuUs = 0
      for (const { ms, cpu, memory } of list) {
        monoMs += ms
        cpuUs += cpu
        const next = addReading(tally, reading(monoMs, { cpuUs, memoryBytes: memory }), gap)
        expect(next.totals.every((total, i) => total >= tally.totals[i]!)).toBe(true)
        tally = next
      }
      expect(meter(tally.totals, 'cpuUs')).toBe(cpuUs)
      expect(tally.totals.every(Number.isSafeInteger)).toBe(true)
    }),
  )
})

test('constant memory integrates to the same whole however it is sampled', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 60_000 }), { minLength: 1, maxLength: 50 }),
      fc.nat(2 ** 36),
      (times, bytes) => {
        let tally = openTally(reading(0, { memoryBytes: bytes }))
        let monoMs = 0
        for (const ms of times) tally = addReading(tally, reading((monoMs += ms), { memoryBytes: bytes }), false)
        const exact = (BigInt(bytes) * BigInt(monoMs)) / BigInt(MIB * 1000)
        expect(meter(tally.totals, 'memoryMibS')).toBe(Number(exact))
      },
    ),
  )
})

test('a storage object bills the lesser of two sizes, in its own meter alone', () => {
  const grown = addSize('volume', openTally({ monoMs: 0, bytes: 10 * MIB }), { monoMs: 60_000, bytes: 30 * MIB })
  expect(meter(grown.totals, 'volumesMibS')).toBe(600)
  expect(grown.totals.filter((total) => total > 0)).toHaveLength(1)
  const shrunk = addSize('layer', openTally({ monoMs: 0, bytes: 30 * MIB }), { monoMs: 60_000, bytes: 0 })
  expect(meter(shrunk.totals, 'diskMibS')).toBe(0)
})
