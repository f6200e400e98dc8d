import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonical, digestOf } from '#server/billing/canonical.ts'
import { hoursOf } from '#server/billing/period.ts'
import { rate, rateInput } from '#server/billing/rate.ts'
import type { RatedLine, Stretch, UsageHour } from '#server/billing/rated.ts'
import { BILLABLE } from '#server/billing/terms.ts'
import type { Price, PriceVersion } from '#server/billing/terms.ts'
import { exact, parseText, plus, sumOf, ZERO } from '#server/money.ts'
import { startOfHour } from '#server/time.ts'
import type { Window } from '#server/time.ts'
import { hourAt, hourUsed, perUnit, utc, versionOf } from './terms.ts'

const period: Window = { start: utc('2026-11-01'), end: utc('2026-12-01') }
const LATER = utc('2027-01-01')
const first = hourAt('2026-11-01')

const stretchOf = (version: PriceVersion, window = period, state: Stretch['state'] = 'active'): Stretch => ({
  version,
  quantities: {},
  state,
  ...window,
  ...hoursOf(window, { starts: false, ends: false }),
})
const rated = (version: PriceVersion, hours: readonly UsageHour[], window = period, asOf = LATER) =>
  rate(version, { ...stretchOf(version, window), period, hours }, asOf)
const amounts = (lines: readonly RatedLine[]) => lines.map(({ amount }) => amount)
/** Hours of CPU in whole vCPU-hours. */
const cpu = (app: string, hour: number, vcpuHours: bigint) =>
  hourUsed(app, hour, { cpu: vcpuHours * BILLABLE.cpu.perUnit })
const exactSum = (lines: readonly RatedLine[]) => lines.reduce((sum, line) => plus(sum, parseText(line.exact)), ZERO)

const graduatedCpu: Price = {
  key: 'cpu',
  name: 'CPU',
  model: 'graduated',
  meter: 'cpu',
  tiers: [
    { upTo: '10', unitAmount: '0' },
    { upTo: '100', unitAmount: '0.50', flatAmount: '2' },
    { upTo: null, unitAmount: '0.25' },
  ],
}
const volumeCpu: Price = {
  ...graduatedCpu,
  model: 'volume',
  tiers: [
    { upTo: '100', unitAmount: '1' },
    { upTo: null, unitAmount: '0.50' },
  ],
}
const packageCpu: Price = {
  key: 'cpu',
  name: 'CPU',
  model: 'package',
  meter: 'cpu',
  size: '100',
  amount: '3',
  included: '50',
}

describe('rating', () => {
  test('gives a line an app where every unit costs the same, rounded once, half to even', () => {
    // 12,044.6 vCPU-h × 0.0180 = 216.8028; 44,641 GiB-h × 0.0042 = 187.4922.
    const hours = [
      hourUsed('batch-2', first + 5, {
        cpu: 12_000n * BILLABLE.cpu.perUnit,
        memory: 44_641n * BILLABLE.memory.perUnit,
      }),
      hourUsed('batch-2', first + 6, { cpu: (446n * BILLABLE.cpu.perUnit) / 10n }),
      hourUsed('api', first + 6, { cpu: 1_000n * BILLABLE.cpu.perUnit }),
    ]
    const lines = rated(versionOf([perUnit('cpu', '0.0180'), perUnit('memory', '0.0042')]), hours)
    expect(lines.map((line) => [line.meter, line.app, line.exact, line.amount])).toEqual([
      ['cpu', 'api', '1800', 1_800n],
      ['cpu', 'batch-2', '21680.28', 21_680n],
      ['memory', 'batch-2', '18749.22', 18_749n],
    ])
    expect(lines[1]).toMatchObject({
      kind: 'usage',
      quantity: 43_360_560_000_000n,
      unitAmount: '0.0180',
      service: period,
    })
  })

  test('gives nothing for what was not used', () => {
    expect(rated(versionOf([perUnit('cpu', '1'), graduatedCpu, volumeCpu, packageCpu]), [])).toEqual([])
  })

  test('takes included units off the whole account, in proportion to the part of the period', () => {
    const version = versionOf([perUnit('cpu', '1', '100')])
    const hours = [cpu('a', first, 60n), cpu('b', first + 1, 60n)]
    expect(amounts(rated(version, hours))).toEqual([2_000n])
    const tenth = { start: period.start, end: utc('2026-11-04') }
    expect(rated(version, hours, tenth)[0]).toMatchObject({ amount: 11_000n, app: null, detail: { included: '10' } })
    expect(amounts(rated(version, [cpu('a', first, 7n)]))).toEqual([0n])
  })

  test('bills each unit at its own tier when graduated', () => {
    const version = versionOf([graduatedCpu])
    const cost = (units: bigint) => amounts(rated(version, [cpu('a', first, units)]))[0]
    expect([5n, 10n, 11n, 100n, 300n].map(cost)).toEqual([0n, 0n, 250n, 4_700n, 9_700n])
  })

  test('bills all units at the tier of the whole by volume, never more than where a cheaper tier begins', () => {
    const version = versionOf([volumeCpu])
    const cost = (units: bigint) => amounts(rated(version, [cpu('a', first, units)]))[0]
    expect([10n, 50n, 80n, 100n, 101n, 200n].map(cost)).toEqual([1_000n, 5_000n, 5_000n, 5_000n, 5_050n, 10_000n])
  })

  test('bills begun packages after the included units', () => {
    const version = versionOf([packageCpu])
    const cost = (used: bigint) => amounts(rated(version, [hourUsed('a', first, { cpu: used })]))[0]
    const unit = BILLABLE.cpu.perUnit
    expect([unit, 50n * unit, 50n * unit + 1n, 150n * unit, 150n * unit + 1n].map(cost)).toEqual([
      0n,
      0n,
      300n,
      300n,
      600n,
    ])
  })

  test('fills up to the minimum, in proportion to the part of the period', () => {
    const version = versionOf([perUnit('cpu', '1')], { minimum: '30.00' })
    const half = { start: period.start, end: utc('2026-11-16') }
    expect(amounts(rated(version, [cpu('a', first, 10n)]))).toEqual([1_000n, 2_000n])
    expect(amounts(rated(version, [cpu('a', first, 10n)], half))).toEqual([1_000n, 500n])
    expect(amounts(rated(version, [cpu('a', first, 30n)]))).toEqual([3_000n])
    expect(rated(version, [])[0]).toMatchObject({ kind: 'minimum', amount: 3_000n, exact: '3000' })
  })

  test('is free in a trial, and while paused has no minimum and nothing included', () => {
    const version = versionOf([perUnit('cpu', '1', '100')], { minimum: '30' })
    const hours = [cpu('a', first, 10n)]
    const lines = (state: Stretch['state']) =>
      rate(version, { ...stretchOf(version, period, state), period, hours }, LATER)
    expect(lines('trialing')).toEqual([])
    expect(amounts(lines('paused'))).toEqual([1_000n])
    expect(amounts(lines('active'))).toEqual([0n, 3_000n])
  })

  test('leaves out hours outside the stretch and those that begin after what is known', () => {
    const version = versionOf([perUnit('cpu', '1')])
    const hours = [cpu('a', first - 1, 1n), cpu('a', first, 2n), cpu('a', first + 719, 4n), cpu('a', first + 720, 8n)]
    expect(amounts(rated(version, hours))).toEqual([600n])
    expect(amounts(rated(version, hours, period, startOfHour(first + 719)))).toEqual([200n])
  })

  test('keeps fractions of a cent until the line, and amounts beyond 2^53 to the last cent', () => {
    const tiny = versionOf([perUnit('egress', '0.0000000001')])
    const bytes = 10n ** 9n * 55_000_000n
    expect(rated(tiny, [hourUsed('a', first, { egress: bytes })])[0]).toMatchObject({ exact: '0.55', amount: 1n })
    const great = versionOf([perUnit('cpu', '184467440737095516.17')])
    expect(amounts(rated(great, [cpu('a', first, 1n)]))).toEqual([2n ** 64n + 1n])
  })

  test('rounds to the minor unit of the currency', () => {
    const lines = (currency: string) =>
      rated(versionOf([perUnit('cpu', '0.0185')], { currency }), [cpu('a', first, 100n)])[0]
    expect(['JPY', 'EUR', 'BHD'].map((currency) => [lines(currency)?.exact, lines(currency)?.amount])).toEqual([
      ['1.85', 2n],
      ['185', 185n],
      ['1850', 1_850n],
    ])
  })

  test('joins stretches of the same version, so that a changed quantity does not restart a tier', () => {
    const version = versionOf([graduatedCpu], { minimum: '100' })
    const cut = utc('2026-11-11T07:31:09')
    const halves = [
      stretchOf(version, { start: period.start, end: cut }),
      { ...stretchOf(version, { start: cut, end: period.end }), quantities: { repositories: 5 } },
    ]
    const hours = [cpu('a', first, 70n), cpu('a', first + 600, 70n)]
    const input = { currency: 'EUR', period, asOf: LATER, hours }
    expect(rateInput({ ...input, stretches: halves.toReversed() })).toEqual(
      rateInput({ ...input, stretches: [stretchOf(version)] }),
    )
  })

  test('bills a plan that was changed twice in a minute by what held at the start of each hour', () => {
    const [old, tried, chosen] = ['1', '2', '3'].map((id) => versionOf([perUnit('cpu', id)], { id }))
    const [one, two] = [utc('2026-11-11T07:30:10'), utc('2026-11-11T07:30:50')]
    const stretches = [
      stretchOf(old!, { start: period.start, end: one }),
      stretchOf(tried!, { start: one, end: two }),
      stretchOf(chosen!, { start: two, end: period.end }),
    ]
    const hours = ['06', '07', '08'].map((hour) => cpu('a', hourAt(`2026-11-11T${hour}:00:00`), 1n))
    const lines = rateInput({ currency: 'EUR', period, asOf: LATER, stretches, hours })
    expect(lines.map((line) => [line.planVersionId, line.amount])).toEqual([
      ['1', 200n],
      ['3', 300n],
    ])
  })
})

const apps = fc.constantFrom('', 'api', 'batch', 'web')
const used = fc.bigInt(0n, 2n ** 60n)
const hour = fc
  .record({
    app: apps,
    hour: fc.integer({ min: first, max: first + 719 }),
    cpu: used,
    memory: used,
    disk: used,
    egress: used,
  })
  .map(({ app, hour: at, ...rest }): UsageHour => ({ app, hour: at, used: rest }))
const hours = fc.array(hour, { maxLength: 60 })
const unitAmount = fc.tuple(fc.nat(99), fc.nat(9_999_999)).map(([a, b]) => `${a}.${String(b).padStart(7, '0')}`)
const currency = fc.constantFrom('EUR', 'JPY', 'BHD')
const meters = ['cpu', 'memory', 'disk', 'egress'] as const

const tiers = fc.uniqueArray(fc.integer({ min: 1, max: 100_000 }), { maxLength: 5 }).chain((bounds) =>
  fc
    .array(fc.tuple(unitAmount, fc.option(unitAmount)), { minLength: bounds.length + 1, maxLength: bounds.length + 1 })
    .map((prices) => {
      const ends = [...bounds.toSorted((a, b) => a - b).map(String), null]
      return prices.map(([amount, flatAmount], i) => ({
        upTo: ends[i] ?? null,
        unitAmount: amount,
        ...(flatAmount ? { flatAmount } : {}),
      }))
    }),
)
const tiered = fc.tuple(fc.constantFrom('graduated' as const, 'volume' as const), tiers)
const anyPrices = fc
  .tuple(unitAmount, unitAmount, tiered, unitAmount)
  .map(([a, b, [model, some], c]): Price[] => [
    perUnit('cpu', a),
    perUnit('memory', b, '12.5'),
    { key: 'disk', name: 'disk', model, meter: 'disk', tiers: some },
    { key: 'egress', name: 'egress', model: 'package', meter: 'egress', size: '0.5', amount: c, included: '3' },
  ])

describe('rating, whatever is used', () => {
  test('loses and invents nothing when a stretch is split at any hour', () => {
    fc.assert(
      fc.property(
        hours,
        fc.array(unitAmount, { minLength: 4, maxLength: 4 }),
        currency,
        fc.integer({ min: 0, max: 720 }),
        (all, prices, code, at) => {
          const version = versionOf(
            meters.map((meter, i) => perUnit(meter, prices[i]!)),
            { currency: code },
          )
          const cut = startOfHour(first + at)
          const parts = [
            { start: period.start, end: cut },
            { start: cut, end: period.end },
          ].map((window) => rated(version, all, window))
          const whole = rated(version, all)
          expect(exactSum(parts.flat())).toEqual(exactSum(whole))
          for (const meter of meters) {
            const sum = sumOf(all.map((one) => one.used[meter]))
            const quantities = parts.flat().filter((line) => line.meter === meter)
            expect(sumOf(quantities.map((line) => line.quantity ?? 0n))).toBe(sum)
          }
          // A line more is a rounding more: each is at most half a minor unit.
          const off = sumOf(amounts(parts.flat())) - sumOf(amounts(whole))
          const lines = parts.flat().length + whole.length
          expect(2n * (off < 0n ? -off : off)).toBeLessThanOrEqual(BigInt(lines))
        },
      ),
    )
  })

  test('rounds each line once', () => {
    fc.assert(
      fc.property(hours, anyPrices, currency, (all, prices, code) => {
        for (const line of rated(versionOf(prices, { currency: code, minimum: '1000.005' }), all)) {
          const { n, d } = plus(parseText(line.exact), exact(-line.amount))
          expect(2n * (n < 0n ? -n : n)).toBeLessThanOrEqual(d)
        }
      }),
    )
  })

  test('never costs less for using more, by tiers and by packages', () => {
    const price = fc.oneof(
      tiered.map(([model, some]): Price => ({ key: 'cpu', name: 'cpu', model, meter: 'cpu', tiers: some })),
      unitAmount.map((amount): Price => ({ ...packageCpu, model: 'package', amount, included: '5', size: '7' })),
    )
    const units = fc.bigInt(1n, 200_000n * BILLABLE.cpu.perUnit)
    const days = fc.integer({ min: 1, max: 30 })
    fc.assert(
      fc.property(price, units, units, days, (one, a, b, part) => {
        const version = versionOf([one])
        const window = { start: period.start, end: utc(`2026-11-${String(part).padStart(2, '0')}T12:00:00`) }
        const cost = (cpuUs: bigint) => sumOf(amounts(rated(version, [hourUsed('a', first, { cpu: cpuUs })], window)))
        const [less, more] = a < b ? [a, b] : [b, a]
        expect(cost(more)).toBeGreaterThanOrEqual(cost(less))
      }),
      { numRuns: 400 },
    )
  })

  test('comes to its minimum at least', () => {
    fc.assert(
      fc.property(hours, anyPrices, fc.nat(10 ** 9), (all, prices, cents) => {
        const minimum = `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`
        expect(sumOf(amounts(rated(versionOf(prices, { minimum }), all)))).toBeGreaterThanOrEqual(BigInt(cents))
      }),
    )
  })

  test('gives the same bytes again, also from shuffled and split hours', () => {
    fc.assert(
      fc.property(
        hours.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        anyPrices,
        fc.integer({ min: 1, max: 30 * 86_400 - 1 }),
        ([all, shuffled], prices, second) => {
          const cut = new Date(period.start.getTime() + second * 1000)
          const [a, b] = [versionOf(prices), versionOf(prices.toReversed(), { id: '2', minimum: '7' })]
          const stretches = [
            stretchOf(a, { start: period.start, end: cut }),
            stretchOf(b, { start: cut, end: period.end }),
          ]
          const input = { currency: 'EUR', period, asOf: LATER, stretches }
          const once = canonical(rateInput({ ...input, hours: all }))
          const halves = shuffled.flatMap((one) => {
            const half = { cpu: one.used.cpu / 2n, memory: 0n, disk: one.used.disk, egress: 0n }
            const rest = { cpu: one.used.cpu - half.cpu, memory: one.used.memory, disk: 0n, egress: one.used.egress }
            return [half, rest].map((share): UsageHour => ({ ...one, used: share }))
          })
          expect(canonical(rateInput({ ...input, hours: all }))).toBe(once)
          expect(canonical(rateInput({ ...input, stretches: stretches.toReversed(), hours: shuffled }))).toBe(once)
          expect(canonical(rateInput({ ...input, hours: halves }))).toBe(once)
        },
      ),
    )
  })
})

describe('a canonical text', () => {
  test('sorts keys, and writes bigints and dates as text', () => {
    const value = { b: 1n, a: [utc('2026-11-01'), null, { z: undefined, y: 'ü"' }], B: 0.5 }
    expect(canonical(value)).toBe('{"B":0.5,"a":["2026-11-01T00:00:00.000Z",null,{"y":"ü\\""}],"b":"1"}')
    expect(digestOf(value)).toBe(digestOf({ a: [utc('2026-11-01'), null, { y: 'ü"' }], B: 0.5, b: 1n }))
    expect(digestOf({ ...value, b: 2n })).not.toBe(digestOf(value))
  })

  test('is refused for what JSON cannot carry', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, () => 1, Symbol('s')])
      expect(() => canonical({ value })).toThrow(TypeError)
  })

  test('is the same whatever the order of keys, and reads as JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue({ depthSize: 'small' }), (value) => {
        const plain = JSON.parse(JSON.stringify(value)) as unknown
        expect(JSON.parse(canonical(value))).toEqual(plain)
        if (plain && typeof plain === 'object' && !Array.isArray(plain))
          expect(canonical(Object.fromEntries(Object.entries(plain).toReversed()))).toBe(canonical(plain))
      }),
    )
  })
})
