import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addMonths } from '#server/billing/period.ts'
import { advanceLines, changeLines, chargeLines, creditLines } from '#server/billing/prorate.ts'
import { parseText, plus, sumOf, ZERO } from '#server/money.ts'
import { flat, licensed, perUnit, utc, versionOf } from './terms.ts'

const paid = { start: utc('2026-11-01'), end: utc('2026-12-01') }
const team = versionOf([flat('team', '29.00'), licensed('repositories', '3.00', 5), perUnit('cpu', '0.0180')], {
  id: '1',
})
const business = versionOf([flat('business', '99.00'), licensed('repositories', '2.00', 10)], { id: '2' })
const told = (lines: ReturnType<typeof advanceLines>) =>
  lines.map((line) => [line.description, line.quantity, line.amount])

describe('prices paid in advance', () => {
  test('give a line each for the whole interval, and none where nothing is owed', () => {
    expect(told(advanceLines(team, { repositories: 12 }, paid))).toEqual([
      ['team', 1n, 2_900n],
      ['repositories, 7 × repository', 7n, 2_100n],
    ])
    expect(told(advanceLines(team, { repositories: 5 }, paid))).toEqual([['team', 1n, 2_900n]])
    expect(advanceLines(versionOf([flat('free', '0')]), {}, paid)).toEqual([])
  })

  test('are in the minor units of their currency', () => {
    const amount = (currency: string, text: string) =>
      advanceLines(versionOf([flat('a', text)], { currency }), {}, paid)[0]?.amount
    expect([amount('JPY', '1500'), amount('BHD', '1.125'), amount('EUR', '0.005'), amount('EUR', '0.015')]).toEqual([
      1_500n,
      1_125n,
      0n,
      2n,
    ])
  })
})

describe('a change of plan', () => {
  test('gives back the unused rest of the old and charges the rest of the new, to the second', () => {
    const at = utc('2026-11-21')
    const held = { version: team, quantities: { repositories: 7 } }
    const lines = changeLines({ from: held, to: { version: business, quantities: { repositories: 12 } }, paid, at })
    // A third of 30 days is left.
    expect(told(lines)).toEqual([
      ['Unused team', -1n, -967n],
      ['Unused repositories, 2 × repository', -2n, -200n],
      ['Remaining business', 1n, 3_300n],
      ['Remaining repositories, 2 × repository', 2n, 133n],
    ])
    expect(lines[0]).toMatchObject({
      kind: 'proration',
      exact: '-2900/3',
      service: { start: at, end: paid.end },
      detail: { seconds: 864_000n, ofSeconds: 2_592_000n },
    })
  })

  test('of a quantity alone leaves the other prices of the plan alone', () => {
    const [from, to] = [7, 8].map((repositories) => ({ version: team, quantities: { repositories } }))
    expect(told(changeLines({ from: from!, to: to!, paid, at: utc('2026-11-16') }))).toEqual([
      ['Unused repositories, 2 × repository', -2n, -300n],
      ['Remaining repositories, 3 × repository', 3n, 450n],
    ])
    expect(changeLines({ from: from!, to: from!, paid, at: utc('2026-11-16') })).toEqual([])
  })

  test('at the edges of the interval moves all of it or nothing', () => {
    const held = { version: team, quantities: {} }
    expect(creditLines(held, paid, paid.start)[0]).toMatchObject({ amount: -2_900n, detail: {} })
    expect(creditLines(held, paid, paid.end)).toEqual([])
    expect(creditLines(held, paid, new Date(paid.end.getTime() - 1000))[0]).toMatchObject({ amount: 0n })
  })

  test('to another interval or currency has no common interval', () => {
    const from = { version: team, quantities: {} }
    for (const more of [{ interval: 'year' as const }, { currency: 'USD' }])
      expect(() =>
        changeLines({ from, to: { version: versionOf([], more), quantities: {} }, paid, at: paid.start }),
      ).toThrow(RangeError)
  })
})

const money = fc.tuple(fc.nat(10 ** 9), fc.nat(9_999)).map(([a, b]) => `${a}.${String(b).padStart(4, '0')}`)
const currency = fc.constantFrom('EUR', 'JPY', 'BHD')
const anchor = fc.date({ min: utc('2020-01-01'), max: utc('2040-01-01'), noInvalidDate: true })
const within = fc.tuple(anchor, fc.constantFrom(1, 12), fc.nat(9_999)).map(([start, months, tenth]) => {
  const end = addMonths(start, months)
  return {
    window: { start, end },
    at: new Date(start.getTime() + ((end.getTime() - start.getTime()) / 10_000) * tenth),
  }
})
const held = fc.tuple(money, money, fc.nat(500), currency).map(([a, b, repositories, code]) => ({
  version: versionOf([flat('fee', a), licensed('repositories', b, 3)], { currency: code }),
  quantities: { repositories },
}))

describe('proration, whenever it is', () => {
  test('credits what it charges for an unchanged plan', () => {
    fc.assert(
      fc.property(held, within, (plan, { window, at }) => {
        const both = [...creditLines(plan, window, at), ...chargeLines(plan, window, at)]
        expect(sumOf(both.map(({ amount }) => amount))).toBe(0n)
      }),
    )
  })

  test('parts the whole exactly: what was used and what is given back', () => {
    fc.assert(
      fc.property(held, within, (plan, { window, at }) => {
        const exactly = (lines: ReturnType<typeof advanceLines>) =>
          lines.reduce((sum, line) => plus(sum, parseText(line.exact)), ZERO)
        const whole = advanceLines(plan.version, plan.quantities, window)
        const credit = creditLines(plan, window, at)
        const used = whole.map((line) => {
          const given = credit.find(({ price }) => price === line.price)
          return given ? plus(parseText(line.exact), parseText(given.exact)) : parseText(line.exact)
        })
        expect(plus(used.reduce(plus, ZERO), exactly(chargeLines(plan, window, at)))).toEqual(exactly(whole))
        for (const line of credit)
          expect(-line.amount).toBeLessThanOrEqual(whole.find((w) => w.price === line.price)!.amount)
      }),
    )
  })

  test('there and back within a minute costs at most what is rounded', () => {
    fc.assert(
      fc.property(held, money, within, (plan, fee, { window, at }) => {
        const other = {
          version: versionOf([flat('fee', fee)], { id: '2', currency: plan.version.currency }),
          quantities: {},
        }
        const back = new Date(Math.min(at.getTime() + 40_000, window.end.getTime()))
        const lines = [
          ...changeLines({ from: plan, to: other, paid: window, at }),
          ...changeLines({ from: other, to: plan, paid: window, at: back }),
        ]
        const exactly = lines.reduce((sum, line) => plus(sum, parseText(line.exact)), ZERO)
        const off = plus({ n: sumOf(lines.map(({ amount }) => amount)), d: 1n }, { n: -exactly.n, d: exactly.d })
        expect(2n * (off.n < 0n ? -off.n : off.n)).toBeLessThanOrEqual(BigInt(lines.length) * off.d)
      }),
    )
  })
})
