import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  bytes,
  change,
  cpuTime,
  csv,
  duration,
  exact,
  decimalText,
  figure,
  gibHours,
  moneyText,
  scaled,
  share,
  signed,
  text,
  thousands,
} from '#app/ui/format.ts'

describe('thousands', () => {
  it('groups, keeps the decimals asked for and has a true minus', () => {
    expect(thousands(1204)).toBe('1,204')
    expect(thousands(-1_234_567.891, 2)).toBe('−1,234,567.89')
    expect(thousands(999)).toBe('999')
    expect(thousands(0.5, 1)).toBe('0.5')
    expect(thousands(12_345_678_901_234_567_890n)).toBe('12,345,678,901,234,567,890')
  })

  it('never prints a minus before nothing', () => {
    expect(thousands(-0.001, 1)).toBe('0.0')
    expect(scaled(-1n, 1_000_000n, 2)).toBe('0.00')
  })

  it('gives back every bigint once the commas are gone', () => {
    fc.assert(
      fc.property(fc.bigInt(), (n) => {
        expect(BigInt(thousands(n).replaceAll(',', '').replace('−', '-'))).toBe(n)
      }),
    )
  })
})

describe('scaled', () => {
  it('rounds half away from zero, exactly, beyond what a float can hold', () => {
    expect(scaled(5n, 10n, 0)).toBe('1')
    expect(scaled(-5n, 10n, 0)).toBe('−1')
    expect(scaled(9_007_199_254_740_993_000n, 1000n, 3)).toBe('9,007,199,254,740,993.000')
  })

  it('is never further off than half of its last digit', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }),
        fc.bigInt({ min: 1n, max: 10n ** 12n }),
        (n, per) => {
          const printed = scaled(n, per, 2).replaceAll(',', '').replace('−', '-').replace('.', '')
          const error = BigInt(printed) * per - n * 100n
          expect((error < 0n ? -error : error) * 2n).toBeLessThanOrEqual(per)
        },
      ),
    )
  })
})

describe('units', () => {
  it('prints bytes in binary units with about three digits', () => {
    expect(text(bytes(0))).toBe('0 B')
    expect(text(bytes(512n))).toBe('512 B')
    expect(text(bytes(1536))).toBe('1.50 KiB')
    expect(text(bytes(103_186_169_037n))).toBe('96.1 GiB')
    expect(text(bytes(518n * 1024n ** 3n))).toBe('518 GiB')
    expect(text(bytes(1_517_331_115_213n))).toBe('1.38 TiB')
  })

  it('moves to the next unit before it would print 1024 of one', () => {
    expect(text(bytes(1024n ** 2n - 1n))).toBe('1.00 MiB')
    expect(text(bytes(1024n ** 4n - 1n))).toBe('1.00 TiB')
  })

  it('prints processor time by the hour, and by the second where an hour would round it away', () => {
    expect(text(cpuTime(0n))).toBe('0 vCPU-h')
    expect(text(cpuTime(18_930n * 3_600_000_000n))).toBe('18,930 vCPU-h')
    expect(text(cpuTime(3_600_000_000n / 2n))).toBe('0.500 vCPU-h')
    expect(text(cpuTime(30_500_000n))).toBe('30.5 vCPU-s')
    expect(exact('cpuUs', 30_500_001n)).toBe('30.500001 vCPU-s')
  })

  it('prints memory over time in GiB-h', () => {
    expect(text(gibHours(61_480n * 3_686_400n))).toBe('61,480 GiB-h')
    expect(text(gibHours(64n * 60n))).toBe('1.07 MiB-h')
  })

  it('keeps within 2 % of the truth whatever the amount', () => {
    const SIZES: Record<string, number> = { 'vCPU-h': 3.6e9, 'vCPU-s': 1e6 }
    fc.assert(
      fc.property(fc.bigInt({ min: 1000n, max: 10n ** 18n }), (us) => {
        const { value, unit } = cpuTime(us)
        const printed = Number(value.replaceAll(',', '')) * (SIZES[unit] ?? Number.NaN)
        expect(Math.abs(printed - Number(us)) / Number(us)).toBeLessThan(us < 100_000n ? 0.51 : 0.02)
      }),
    )
  })

  it('knows every kind', () => {
    expect(text(figure('percent', 71.44))).toBe('71.4 %')
    expect(text(figure('bytesPerS', 2048))).toBe('2.00 KiB/s')
    expect(text(figure('cores', 0.25))).toBe('0.250 vCPU')
    expect(text(figure('ms', 3800))).toBe('3.8 s')
    expect(text(figure('ms', 12))).toBe('12 ms')
    expect(text(figure('count', 1204n))).toBe('1,204')
    expect(exact('percent', 18.2)).toBe('18.2 %')
    expect(exact('ms', 3800)).toBe('3,800 ms')
    expect(exact('bytes', 1536n)).toBe('1,536 bytes')
  })
})

describe('comparison', () => {
  it('says changes with their sign, and does not divide by nothing', () => {
    expect(text(change(225n, 100n))).toBe('+125 %')
    expect(text(change(89, 100))).toBe('−11 %')
    expect(text(change(101, 100))).toBe('+1.0 %')
    expect(text(change(5, 0))).toBe('new')
    expect(text(change(0n, 0n))).toBe('0 %')
    expect(text(share(1n, 0n))).toBe('– %')
    expect(signed(0.04, 1)).toBe('0.0')
    expect(signed(5)).toBe('+5')
  })

  it('says lengths of time in two units', () => {
    expect(duration(429_000)).toBe('7 min 9 s')
    expect(duration(7_440_000)).toBe('2 h 4 min')
    expect(duration(3 * 86_400_000)).toBe('3 d')
    expect(duration(59_600)).toBe('1 min')
    expect(duration(250)).toBe('250 ms')
  })
})

describe('csv', () => {
  it('quotes what needs it and disarms what a spreadsheet would run', () => {
    expect(
      csv(
        ['a', 'b'],
        [
          ['x,y', 1n],
          ['=1+1', null],
          ['say "so"', -2],
        ],
      ),
    ).toBe('a,b\r\n"x,y",1\r\n\'=1+1,\r\n"say ""so""",-2\r\n')
  })
})

describe('money', () => {
  it('has the decimals of its currency, its sign before it and a true minus', () => {
    expect(moneyText(138_664n, 'EUR')).toBe('€1,386.64')
    expect(moneyText(-1_000n, 'USD')).toBe('−$10.00')
    expect(moneyText(1_200n, 'JPY')).toBe('¥1,200')
    expect(moneyText(1_234_567n, 'BHD')).toBe('BHD 1,234.567')
    expect(moneyText(237_249n, 'EUR', true)).toBe('€2,372')
    expect(moneyText(0n, 'EUR')).toBe('€0.00')
    expect(text(figure('money:EUR', 5n))).toBe('€0.05')
  })

  it('is exact beyond what a number holds, and plain for programs', () => {
    expect(moneyText(900_719_925_474_099_345n, 'EUR')).toBe('€9,007,199,254,740,993.45')
    expect(decimalText(-138_664n, 'EUR')).toBe('-1386.64')
  })
})
