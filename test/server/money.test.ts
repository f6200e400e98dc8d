import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  allocate,
  ceilOf,
  compare,
  decimalText,
  exact,
  exactText,
  exponentOf,
  inMinor,
  isDecimal,
  least,
} from '#server/money.ts'
import {
  majorText,
  minor,
  minus,
  over,
  parseExact,
  parseText,
  plus,
  roundHalfEven,
  sumOf,
  times,
} from '#server/money.ts'
import type { Exact } from '#server/money.ts'

const whole = fc.bigInt(-(10n ** 30n), 10n ** 30n)
const fraction = fc.tuple(whole, fc.bigInt(1n, 10n ** 20n)).map(([n, d]) => exact(n, d))
const rounded = (text: string) => roundHalfEven(parseText(text))

describe('an exact number', () => {
  test('is kept in lowest terms with a denominator above zero', () => {
    expect(exact(6, -4)).toEqual({ n: -3n, d: 2n })
    expect(exact(0, -7)).toEqual({ n: 0n, d: 1n })
    expect(() => exact(1, 0)).toThrow(RangeError)
  })

  test('is read from decimals and from nothing else', () => {
    expect(parseExact('0.0001370')).toEqual(exact(137, 1_000_000))
    expect(parseExact('-12')).toEqual(exact(-12))
    expect(parseExact('-0.5')).toEqual(exact(-1, 2))
    for (const text of ['', '.', '1.', '.5', '1e3', '+1', '1,5', ' 1', 'NaN', '--1', '1/2', '0x10', '1'.repeat(31)]) {
      expect(isDecimal(text)).toBe(false)
      expect(() => parseExact(text)).toThrow(RangeError)
    }
    for (const text of ['1/0', '1/2/3', '1/-2', 'x/2']) expect(() => parseText(text)).toThrow(RangeError)
  })

  test('is written so that it is read again, however long', () => {
    expect([exact(1, 3), exact(-7, 8), exact(5), exact(1, 1000)].map(exactText)).toEqual([
      '1/3',
      '-0.875',
      '5',
      '0.001',
    ])
    fc.assert(
      fc.property(fraction, (value) => {
        expect(parseText(exactText(value))).toEqual(value)
      }),
    )
  })

  test('adds, multiplies and divides without loss', () => {
    fc.assert(
      fc.property(fraction, fraction, (a, b) => {
        expect(minus(plus(a, b), b)).toEqual(a)
        if (b.n !== 0n) expect(over(times(a, b), b)).toEqual(a)
        expect(compare(least(a, b), a)).toBeLessThanOrEqual(0)
        expect(Math.sign(compare(a, b))).toBe(-Math.sign(compare(b, a)) || 0)
      }),
    )
  })
})

describe('rounding', () => {
  test('goes to the nearest, of two as near to the even one', () => {
    expect(
      ['0.5', '1.5', '2.5', '-0.5', '-1.5', '-2.5', '2.4999', '2.5001', '-2.5001', '7/3', '-7/3'].map(rounded),
    ).toEqual([0n, 2n, 2n, 0n, -2n, -2n, 2n, 3n, -3n, 2n, -2n])
    expect(['0.1', '-0.1', '-1.9', '3', '-3', '1/3'].map((text) => ceilOf(parseText(text)))).toEqual([
      1n,
      0n,
      -1n,
      3n,
      -3n,
      1n,
    ])
  })

  test('is never more than a half away, and the same for credit and charge', () => {
    const twiceOff = (value: Exact) => {
      const off = minus(exact(roundHalfEven(value)), value)
      return exact(2n * (off.n < 0n ? -off.n : off.n), off.d)
    }
    fc.assert(
      fc.property(fraction, (value) => {
        expect(compare(twiceOff(value), exact(1))).toBeLessThanOrEqual(0)
        expect(roundHalfEven(exact(-value.n, value.d))).toBe(-roundHalfEven(value))
      }),
    )
  })
})

describe('an amount', () => {
  test('has the decimals of its currency', () => {
    expect(['EUR', 'USD', 'JPY', 'BHD', 'KWD', 'CLP'].map(exponentOf)).toEqual([2, 2, 0, 3, 3, 0])
    expect(majorText(138_664n, 'EUR')).toBe('1386.64')
    expect(majorText(-5n, 'EUR')).toBe('-0.05')
    expect(majorText(1_500n, 'JPY')).toBe('1500')
    expect(majorText(7n, 'BHD')).toBe('0.007')
    expect(inMinor(parseExact('0.0042'), 'EUR')).toEqual(exact(42, 100))
    expect(inMinor(parseExact('0.0042'), 'JPY')).toEqual(exact(42, 10_000))
    expect(inMinor(parseExact('0.0042'), 'BHD')).toEqual(exact(42, 10))
  })

  test('beyond 2^53 keeps its last digit', () => {
    expect(majorText(2n ** 64n + 1n, 'EUR')).toBe('184467440737095516.17')
    expect(sumOf([2n ** 53n, 1n])).toBe(9_007_199_254_740_993n)
    expect(minor('9007199254740993')).toBe(9_007_199_254_740_993n)
    expect(decimalText(10n ** 20n + 1n, 20)).toBe('1.00000000000000000001')
  })
})

describe('shares of an amount', () => {
  test('go to the largest remainders, the first of equals first', () => {
    expect(allocate(100n, [1n, 1n, 1n])).toEqual([34n, 33n, 33n])
    expect(allocate(-100n, [1n, 1n, 1n])).toEqual([-34n, -33n, -33n])
    expect(allocate(5n, [0n, 3n, 0n])).toEqual([0n, 5n, 0n])
    expect(allocate(7n, [0n, 0n])).toEqual([7n, 0n])
    expect(allocate(0n, [])).toEqual([])
  })

  test('are refused for negative weights, and where nobody would take them', () => {
    expect(() => allocate(5n, [3n, -1n])).toThrow(RangeError)
    expect(() => allocate(5n, [])).toThrow(RangeError)
  })

  test('sum to it exactly, each within one of its proportion', () => {
    const weights = fc.array(fc.bigInt(0n, 10n ** 24n), { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(whole, weights, (amount, parts) => {
        const shares = allocate(amount, parts)
        expect(sumOf(shares)).toBe(amount)
        const all = sumOf(parts)
        if (all === 0n) return
        for (const [i, share] of shares.entries()) {
          const off = share * all - amount * parts[i]!
          expect(off < 0n ? -off : off).toBeLessThan(all)
        }
      }),
    )
  })
})
