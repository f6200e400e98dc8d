import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { byApp, liveCost, nothingUsed, overParts, type StretchUse } from '#server/billing/liveCost.ts'
import { rateInput } from '#server/billing/rate.ts'
import type { Stretch, UsageHour } from '#server/billing/rated.ts'
import { foretell } from '#server/billing/spendForecast.ts'
import { judgeSpend, type SpendRules, type SpendState } from '#server/billing/spendJudge.ts'
import { plainTaxId, taxIdFault } from '#server/billing/taxId.ts'
import { BILLABLE_METERS, type PriceVersion } from '#server/billing/terms.ts'
import { sumOf } from '#server/money.ts'
import { HOUR_MS } from '#server/time.ts'
import { hourAt, perUnit, utc, versionOf } from './terms.ts'

const PERIOD = { start: utc('2026-11-01'), end: utc('2026-12-01') }
const stretch = (version: PriceVersion, from = '2026-11-01', to = '2026-12-01'): Stretch => ({
  start: utc(from),
  end: utc(to),
  version,
  quantities: {},
  state: 'active',
  fromHour: Math.ceil(hourAt(from)),
  untilHour: Math.ceil(hourAt(to)),
})
const CLOUD = versionOf([perUnit('cpu', '0.0180'), perUnit('memory', '0.0042'), perUnit('egress', '0.02')])
const TIERED = versionOf(
  [
    perUnit('cpu', '0.0180', '100'),
    {
      key: 'egress',
      name: 'egress',
      model: 'graduated',
      meter: 'egress',
      tiers: [
        { upTo: '50', unitAmount: '0.01' },
        { upTo: null, unitAmount: '0.03' },
      ],
    },
  ],
  { id: '2', minimum: '20' },
)

/** The same hours as sums of the stretches they are in: what the store adds up. */
const partsOf = (stretches: readonly Stretch[], hours: readonly UsageHour[]): StretchUse[] =>
  stretches.map((one) => {
    const sums = new Map<string, ReturnType<typeof nothingUsed>>()
    for (const { app, hour, used } of hours) {
      if (hour < one.fromHour || hour >= one.untilHour) continue
      const sum = sums.get(app) ?? nothingUsed()
      for (const meter of BILLABLE_METERS) sum[meter] += used[meter]
      sums.set(app, sum)
    }
    return { stretch: one, use: [...sums].map(([app, used]) => ({ app, used })) }
  })

const amount = fc.bigInt({ min: 0n, max: 10n ** 15n })
const someHours = fc.array(
  fc.record({
    app: fc.constantFrom('api', 'web', 'batch'),
    hour: fc.integer({ min: hourAt('2026-11-01'), max: hourAt('2026-12-01') - 1 }),
    used: fc.record({ cpu: amount, memory: amount, disk: amount, egress: amount }),
  }),
  { maxLength: 30 },
)
const CHANGED = [stretch(CLOUD, '2026-11-01', '2026-11-14T10:20:00'), stretch(TIERED, '2026-11-14T10:20:00')]

describe('live cost', () => {
  test('is what the invoice says, whatever the prices and however often the plan changed', () => {
    fc.assert(
      fc.property(someHours, fc.constantFrom([stretch(CLOUD)], [stretch(TIERED)], CHANGED), (hours, stretches) => {
        const asOf = PERIOD.end
        const live = liveCost('EUR', PERIOD, partsOf(stretches, hours), asOf)
        expect(live.lines).toEqual(rateInput({ currency: 'EUR', period: PERIOD, asOf, stretches, hours }))
        expect(live.usage + live.minimum).toBe(sumOf(live.lines.map((line) => line.amount)))
      }),
    )
  })
  test('is shared out to apps without a cent more or less', () => {
    fc.assert(
      fc.property(someHours, fc.constantFrom([stretch(CLOUD)], [stretch(TIERED)], CHANGED), (hours, stretches) => {
        const parts = partsOf(stretches, hours)
        const live = liveCost('EUR', PERIOD, parts, PERIOD.end)
        const apps = byApp(parts, live.shares)
        expect(sumOf(apps.map((app) => app.cost))).toBe(live.usage)
        for (const one of apps) expect(sumOf(Object.values(one.byMeter))).toBe(one.cost)
      }),
    )
  })
  test('gives an app of two with included units its part of what is left to pay', () => {
    const used = (cpu: bigint) => ({ ...nothingUsed(), cpu: cpu * 3_600_000_000n })
    const parts = [
      {
        stretch: stretch(TIERED),
        use: [
          { app: 'api', used: used(100n) },
          { app: 'web', used: used(300n) },
        ],
      },
    ]
    const live = liveCost('EUR', PERIOD, parts, utc('2026-11-20'))
    // 400 of which 100 are included: 300 at 0.018 are 5.40.
    expect(live.usage).toBe(540n)
    expect(live.minimum).toBe(1460n)
    expect(byApp(parts, live.shares).map(({ app, cost }) => [app, cost])).toEqual([
      ['web', 405n],
      ['api', 135n],
    ])
  })
  test('leaves what no part accounts for to be told beside them', () => {
    const shares = [{ stretch: 0, app: 'web', meter: 'cpu' as const, amount: 5n as never }]
    expect(overParts(shares, [], () => 'web')).toEqual([])
  })
  test('is shared out to days and containers so that they sum to it', () => {
    fc.assert(
      fc.property(someHours, fc.constantFrom([stretch(CLOUD)], CHANGED), (hours, stretches) => {
        const parts = partsOf(stretches, hours)
        const live = liveCost('EUR', PERIOD, parts, PERIOD.end)
        const use = hours.map(({ app, hour, used }) => ({
          stretch: stretches.findIndex((one) => hour >= one.fromHour && hour < one.untilHour),
          key: app === 'batch' ? '' : app,
          part: Math.floor(hour / 24),
          used,
        }))
        const costs = overParts(live.shares, use, (app) => (app === 'batch' ? '' : app))
        expect(sumOf(costs.map((one) => one.amount))).toBe(live.usage)
      }),
    )
  })
})

describe('a forecast in money', () => {
  const version = versionOf([perUnit('cpu', '0.36'), perUnit('egress', '0.02')])
  const anHour = { ...nothingUsed(), cpu: 3_600_000_000n, egress: 500_000_000n }
  const usedFor = (hours: number) => ({
    ...nothingUsed(),
    cpu: anHour.cpu * BigInt(hours),
    egress: anHour.egress * BigInt(hours),
  })
  const given = (version: PriceVersion, hours: number, historyHours = hours) => {
    const parts = [{ stretch: stretch(version), use: [{ app: 'web', used: usedFor(hours) }] }]
    const now = hourAt('2026-11-01') + hours
    const live = liveCost('EUR', PERIOD, parts, new Date(now * HOUR_MS))
    const history = { fromHour: now - historyHours, hours: Array.from({ length: historyHours }, () => anHour) }
    return foretell('EUR', PERIOD, parts, {
      live,
      history,
      latest: [{ app: 'web', used: usedFor(24) }],
      since: nothingUsed(),
    })
  }
  test('is the whole invoice where use is constant, to the cent and without a range', () => {
    const { low, mid, high, apps, days } = given(version, 20 * 24)
    // 720 h at 0.36, and 360 GB at 0.02.
    expect([low, mid, high]).toEqual([26_640n, 26_640n, 26_640n])
    expect(apps.get('web')).toBe(26_640n)
    expect(days.at(-1)).toEqual({ at: PERIOD.end, low: 26_640n, mid: 26_640n, high: 26_640n })
    expect(days.map((day) => day.mid)).toEqual([...days.map((day) => day.mid)].toSorted((a, b) => (a < b ? -1 : 1)))
    expect(days[0]).toMatchObject({ at: utc('2026-11-22'), mid: 26_640n - 9n * 888n })
  })
  test('minds included units that are not used up yet, and the minimum', () => {
    const included = versionOf([perUnit('cpu', '0.36', '600')])
    expect(given(included, 20 * 24).mid).toBe(4_320n)
    expect(given(versionOf([perUnit('cpu', '0.36')], { minimum: '300' }), 20 * 24).mid).toBe(30_000n)
  })
  test('is nothing where use ended before the period', () => {
    const parts = [{ stretch: stretch(version), use: [] }]
    const live = liveCost('EUR', PERIOD, parts, utc('2026-11-10'))
    const hours = Array.from({ length: 240 }, (_, hour) => (hour < 24 ? anHour : nothingUsed()))
    const given = { live, history: { fromHour: hourAt('2026-10-31'), hours }, latest: [], since: nothingUsed() }
    expect(foretell('EUR', PERIOD, parts, given)).toMatchObject({ low: 0n, mid: 0n, high: 0n })
  })
  test('counts what was used since the last whole hour once', () => {
    const parts = [{ stretch: stretch(version), use: [{ app: 'web', used: usedFor(481) }] }]
    const live = liveCost('EUR', PERIOD, parts, utc('2026-11-21T01:00:00'))
    const history = { fromHour: hourAt('2026-11-01'), hours: Array.from({ length: 480 }, () => anHour) }
    const { mid } = foretell('EUR', PERIOD, parts, { live, history, latest: [], since: anHour })
    expect(mid).toBe(26_640n)
  })
})

describe('what follows from a spend', () => {
  const rules: SpendRules = { budgetMinor: 1_000n, capMinor: 2_000n, capAction: 'stop' }
  const fresh: SpendState = { toldPercent: 0, capCrossedAt: null, cappedAt: null, liftedAt: null }
  const at = new Date(0)
  const nothing = { tell: null, warn: false, cross: false, hold: false, lift: false }
  test.each([
    ['nothing below half of the budget', 499n, fresh, nothing],
    ['half of it', 500n, fresh, { ...nothing, tell: 50 }],
    ['only the greatest step of several', 900n, fresh, { ...nothing, tell: 80 }],
    ['no step twice', 900n, { ...fresh, toldPercent: 80 }, nothing],
    ['a warning before the cap', 1_600n, { ...fresh, toldPercent: 100 }, { ...nothing, warn: true }],
    ['the cap itself', 2_000n, { ...fresh, toldPercent: 100 }, { ...nothing, cross: true, hold: true }],
    [
      'that it goes on to hold',
      2_100n,
      { toldPercent: 100, capCrossedAt: at, cappedAt: at, liftedAt: null },
      { ...nothing, hold: true },
    ],
    [
      'that it is lifted below it',
      1_000n,
      { toldPercent: 100, capCrossedAt: at, cappedAt: at, liftedAt: null },
      { ...nothing, lift: true },
    ],
    [
      'nothing more once lifted by hand',
      3_000n,
      { toldPercent: 100, capCrossedAt: at, cappedAt: at, liftedAt: at },
      nothing,
    ],
  ] as const)('%s', (_, spent, state, wanted) => {
    expect(judgeSpend(spent, rules, state)).toEqual(wanted)
  })
  test('a cap that only tells holds nothing', () => {
    expect(judgeSpend(2_000n, { ...rules, capAction: 'notify' }, { ...fresh, toldPercent: 100 })).toEqual({
      ...nothing,
      cross: true,
    })
  })
})

describe('a tax id', () => {
  test.each([
    ['DE', 'de 123 456 789', undefined],
    ['DE', 'DE12345678', 'this is no VAT number: one looks like DE123456789'],
    ['NL', 'NL123456789B01', undefined],
    ['GR', 'EL123456789', undefined],
    ['GR', 'GR123456789', 'this is no VAT number: one looks like EL123456789'],
    ['CH', 'CHE-123.456.789 MWST', undefined],
    ['US', '12-3456789', undefined],
    ['US', '1234', 'this is no EIN: one looks like 12-3456789'],
    ['KE', 'P051234567X', undefined],
    ['KE', 'x', 'a tax id has 4 to 24 letters and digits'],
  ])('of %s, "%s"', (country, text, fault) => {
    expect(taxIdFault(country, plainTaxId(text))).toBe(fault)
  })
})
