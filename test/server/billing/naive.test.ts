import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { invoiceTotals } from '#server/billing/invoiceTotals.ts'
import { addMonths } from '#server/billing/period.ts'
import { advanceLines, chargeLines, creditLines } from '#server/billing/prorate.ts'
import { rate } from '#server/billing/rate.ts'
import type { RatedLine, UsageHour } from '#server/billing/rated.ts'
import { price as priceTerms } from '#server/billing/terms.ts'
import type { Price, PriceVersion } from '#server/billing/terms.ts'
import { roundHalfEven } from '#server/money.ts'
import { exact } from '#server/money.ts'
import { advance, METERS, monthsAfter, nearest, sumsOf, usageLines, usedBetween } from '../../billing/naive.ts'
import type { Amounts, Life, Line, Plan } from '../../billing/naive.ts'
import { hourAt, utc, versionOf } from './terms.ts'

const first = hourAt('2026-11-01')
const period = { start: utc('2026-11-01'), end: utc('2026-12-01') }

const money = fc.tuple(fc.nat(200), fc.nat(9_999_999)).map(([a, b]) => `${a}.${String(b).padStart(7, '0')}`)
const some = fc.constantFrom('0', '0.5', '12.345', '1000')
const tiers = fc.uniqueArray(fc.integer({ min: 1, max: 5_000 }), { maxLength: 4 }).chain((bounds) =>
  fc
    .array(fc.tuple(money, fc.option(money)), { minLength: bounds.length + 1, maxLength: bounds.length + 1 })
    .map((costs) => {
      const ends = [...bounds.toSorted((a, b) => a - b).map(String), null]
      return costs.map(([unitAmount, flatAmount], i) => ({
        upTo: ends[i] ?? null,
        unitAmount,
        ...(flatAmount ? { flatAmount } : {}),
      }))
    }),
)
const metered = fc.oneof(
  fc.record({ model: fc.constant('per_unit'), unitAmount: money, included: some }),
  fc.record({ model: fc.constantFrom('graduated', 'volume'), tiers }),
  fc.record({
    model: fc.constant('package'),
    size: fc.constantFrom('0.25', '10', '333'),
    amount: money,
    included: some,
  }),
)
const prices = fc
  .tuple(metered, metered, metered, metered)
  .map((models): Price[] =>
    models.map((model, i) => priceTerms.parse({ key: METERS[i], name: METERS[i], meter: METERS[i], ...model })),
  )
const version = fc
  .record({ prices, currency: fc.constantFrom('EUR', 'JPY', 'BHD'), minimum: fc.option(money) })
  .map(({ prices: all, ...more }) => versionOf(all, more))
const planOf = ({ id, currency, interval, terms }: PriceVersion): Plan => ({
  id,
  currency,
  interval,
  prices: terms.prices.map((price) =>
    'tiers' in price
      ? {
          ...price,
          tiers: price.tiers.map(({ upTo, unitAmount, flatAmount = '0' }) => ({ upTo, unitAmount, flatAmount })),
        }
      : price,
  ),
  minimum: terms.minimum,
})

/** Containers that count up from hour to hour, each an app's. */
const life = fc
  .record({
    app: fc.constantFrom('api', 'batch', ''),
    begins: fc.integer({ min: -50, max: 700 }),
    steps: fc.array(fc.record({ cpu: fc.bigInt(0n, 2n ** 45n), rest: fc.bigInt(0n, 2n ** 30n) }), { maxLength: 12 }),
  })
  .map(({ app, begins, steps }): Life => {
    const totals: Amounts = { cpu: 0n, memory: 0n, disk: 0n, egress: 0n }
    const readings = steps.map(({ cpu, rest }, i) => {
      totals.cpu += cpu
      totals.memory += rest
      totals.disk += rest / 3n
      totals.egress += cpu / 7n
      return { atMs: (first + begins + i + 1) * 3_600_000, totals: { ...totals }, knownMs: 0 }
    })
    const owned = [{ app, fromHour: 0, untilHour: 2_147_483_647 }]
    return { openedMs: (first + begins) * 3_600_000, readings, owned }
  })

const hoursOf = (lives: readonly Life[]): UsageHour[] =>
  lives.flatMap((one) =>
    one.readings.map(({ atMs, totals }, i) => {
      const before = one.readings[i - 1]?.totals
      const used = Object.fromEntries(METERS.map((m) => [m, totals[m] - (before?.[m] ?? 0n)])) as UsageHour['used']
      return { app: one.owned[0]!.app, hour: atMs / 3_600_000 - 1, used }
    }),
  )
const told = (line: RatedLine): Line => ({
  kind: line.kind as Line['kind'],
  plan: line.planVersionId,
  price: line.price,
  app: line.app,
  quantity: line.quantity,
  amount: line.amount,
  startMs: line.service.start.getTime(),
  endMs: line.service.end.getTime(),
})
const sorted = (lines: Line[]) =>
  lines.toSorted((a, b) => (`${a.kind} ${a.price} ${a.app}` < `${b.kind} ${b.price} ${b.app}` ? -1 : 1))

describe('the naive computation agrees with the server’s', () => {
  test('about usage in any part of a month, at any prices', () => {
    fc.assert(
      fc.property(
        version,
        fc.array(life, { maxLength: 5 }),
        fc.constantFrom('active' as const, 'paused' as const, 'trialing' as const),
        fc.tuple(fc.integer({ min: 0, max: 719 }), fc.integer({ min: 1, max: 720 })),
        (plan, lives, state, [from, length]) => {
          const [fromHour, untilHour] = [first + from, Math.min(first + from + length, first + 720)]
          const window = { start: new Date(fromHour * 3_600_000), end: new Date(untilHour * 3_600_000) }
          const stretch = { version: plan, quantities: {}, state, ...window, fromHour, untilHour }
          const ours = rate(plan, { ...stretch, period, hours: hoursOf(lives) }, utc('2027-01-01'))
          const held = {
            plan: planOf(plan),
            state,
            startMs: window.start.getTime(),
            endMs: window.end.getTime(),
            periodFromMs: period.start.getTime(),
            periodUntilMs: period.end.getTime(),
            fromHour,
            untilHour,
          }
          const theirs = usageLines(held, usedBetween(lives, fromHour, untilHour, 1))
          expect(sorted(ours.map(told))).toEqual(sorted(theirs))
        },
      ),
      { numRuns: 300 },
    )
  })

  test('about what is paid in advance and given back', () => {
    const plans = fc.tuple(money, money, fc.constantFrom('EUR', 'JPY', 'BHD')).map(([a, b, currency]) =>
      versionOf(
        [
          { key: 'fee', name: 'Fee', model: 'flat', amount: a },
          {
            key: 'repositories',
            name: 'Repositories',
            model: 'licensed',
            unitAmount: b,
            included: 3,
            unit: 'repository',
          },
        ],
        { currency },
      ),
    )
    fc.assert(
      fc.property(
        plans,
        fc.nat(50),
        fc.constantFrom(1, 12),
        fc.nat(86_400 * 27),
        (plan, repositories, months, second) => {
          const paid = { start: period.start, end: addMonths(period.start, months) }
          const at = new Date(paid.start.getTime() + second * 1_000)
          const quantities = { repositories }
          const held = { version: plan, quantities }
          const naive = { fromMs: paid.start.getTime(), untilMs: monthsAfter(paid.start.getTime(), months) }
          expect(advanceLines(plan, quantities, paid).map(told)).toEqual(
            advance('flat', planOf(plan), quantities, naive, naive.fromMs, 1n),
          )
          for (const [sign, lines] of [
            [1n, chargeLines],
            [-1n, creditLines],
          ] as const)
            expect(lines(held, paid, at).map(told)).toEqual(
              advance('proration', planOf(plan), quantities, naive, at.getTime(), sign),
            )
        },
      ),
    )
  })

  test('about months, rounding and totals', () => {
    const instant = fc.date({ min: utc('2020-01-01'), max: utc('2040-01-01'), noInvalidDate: true })
    fc.assert(
      fc.property(instant, fc.nat(40), (anchor, n) => {
        expect(monthsAfter(anchor.getTime(), n)).toBe(addMonths(anchor, n).getTime())
      }),
    )
    const amount = fc.bigInt(-(10n ** 12n), 10n ** 12n)
    fc.assert(
      fc.property(amount, fc.bigInt(1n, 1_000n), (top, bottom) => {
        expect(nearest(top, bottom)).toBe(roundHalfEven(exact(top, bottom)))
      }),
    )
    const credit = fc.bigInt(0n, 10n ** 12n)
    const off = fc.option(fc.integer({ min: 1, max: 100 }).map((p) => ({ percent: String(p), amountMinor: null })))
    fc.assert(
      fc.property(
        fc.array(amount),
        off,
        credit,
        credit,
        fc.constantFrom('0', '19', '25.5'),
        (amounts, coupon, promo, prepaid, percent) => {
          const rates = [
            {
              country: 'NL',
              name: 'VAT',
              kind: 'standard' as const,
              percent,
              inclusive: false,
              validFrom: utc('2020-01-01'),
              validUntil: null,
            },
          ]
          const party = { country: 'NL', taxId: null }
          const totals = invoiceTotals({
            amounts,
            off: coupon,
            promotionalMinor: promo,
            prepaidMinor: prepaid,
            seller: party,
            buyer: party,
            rates,
            at: period.start,
          })
          expect(sumsOf(amounts, coupon, percent, promo, prepaid)).toEqual({
            subtotal: totals.subtotalMinor,
            discount: totals.discountMinor,
            promotional: totals.promotionalMinor,
            tax: totals.taxMinor,
            total: totals.totalMinor,
            prepaid: totals.prepaidMinor,
            due: totals.totalMinor - totals.prepaidMinor,
          })
        },
      ),
    )
  })
})
