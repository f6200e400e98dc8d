import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { discountLines, discountOf } from '#server/billing/discount.ts'
import { invoiceTotals } from '#server/billing/invoiceTotals.ts'
import type { Sums } from '#server/billing/invoiceTotals.ts'
import { rateFor } from '#server/billing/tax.ts'
import type { TaxRate } from '#server/billing/tax.ts'
import { sumOf } from '#server/money.ts'
import { utc } from './terms.ts'

const standard = (country: string, percent: string, more: Partial<TaxRate> = {}): TaxRate => ({
  country,
  name: 'VAT',
  kind: 'standard',
  percent,
  inclusive: false,
  validFrom: utc('2020-01-01'),
  validUntil: null,
  ...more,
})
const rates = [
  standard('NL', '21'),
  standard('DE', '19', { validUntil: utc('2027-01-01') }),
  standard('DE', '20', { validFrom: utc('2027-01-01') }),
  standard('DE', '0', { kind: 'reverse_charge', name: 'VAT, reverse charge' }),
  standard('CH', '8.1', { inclusive: true }),
  standard('GI', '0', { kind: 'exempt', name: 'Exempt' }),
]
const at = utc('2026-11-01')
const sums = (more: Partial<Sums>): Sums => ({
  amounts: [10_000n],
  off: null,
  promotionalMinor: 0n,
  prepaidMinor: 0n,
  seller: { country: 'NL', taxId: 'NL000000000B00' },
  buyer: { country: 'NL', taxId: null },
  rates,
  at,
  ...more,
})
const ten = { percent: '10', amountMinor: null }

describe('an invoice’s totals', () => {
  test('take discount and promotional credit before tax, prepaid credit after', () => {
    const totals = invoiceTotals(
      sums({ amounts: [8_000n, 4_000n, -2_000n], off: ten, promotionalMinor: 500n, prepaidMinor: 10_000n }),
    )
    // 100.00 − 10.00 − 5.00 = 85.00; 21 % is 17.85; 102.85 − 100.00 of prepaid.
    expect(totals).toMatchObject({
      subtotalMinor: 10_000n,
      discountMinor: 1_000n,
      discounts: [667n, 333n, 0n],
      promotionalMinor: 500n,
      taxMinor: 1_785n,
      totalMinor: 10_285n,
      prepaidMinor: 10_000n,
      dueMinor: 285n,
      backMinor: 0n,
    })
  })

  test('find inclusive tax within the amount', () => {
    const totals = invoiceTotals(sums({ amounts: [10_810n], buyer: { country: 'CH', taxId: null } }))
    expect(totals).toMatchObject({ taxMinor: 810n, totalMinor: 10_810n, dueMinor: 10_810n })
    expect(totals.taxes).toEqual([
      { name: 'VAT', percent: '8.1', kind: 'standard', inclusive: true, netMinor: 10_000n, taxMinor: 810n },
    ])
  })

  test('give back what is below zero, with its tax, and use no credit for it', () => {
    const totals = invoiceTotals(
      sums({ amounts: [1_000n, -3_000n], off: ten, promotionalMinor: 50n, prepaidMinor: 50n }),
    )
    expect(totals).toMatchObject({
      discountMinor: 0n,
      promotionalMinor: 0n,
      taxMinor: -420n,
      totalMinor: -2_420n,
      prepaidMinor: 0n,
      dueMinor: 0n,
      backMinor: 2_420n,
    })
  })

  test('of nothing are nothing', () => {
    expect(invoiceTotals(sums({ amounts: [], off: ten, promotionalMinor: 9n }))).toMatchObject({
      dueMinor: 0n,
      backMinor: 0n,
    })
  })

  test('always add up, in any size and sign', () => {
    const amount = fc.bigInt(-(10n ** 20n), 10n ** 20n)
    const credit = fc.bigInt(0n, 10n ** 20n)
    const off = fc.oneof(
      fc.constant(null),
      fc.integer({ min: 0, max: 1000 }).map((tenths) => ({ percent: `${tenths / 10}`, amountMinor: null })),
      credit.map((amountMinor) => ({ percent: null, amountMinor })),
    )
    const country = fc.constantFrom('NL', 'DE', 'CH', 'GI', 'US', null)
    fc.assert(
      fc.property(
        fc.array(amount, { maxLength: 30 }),
        off,
        credit,
        credit,
        country,
        (amounts, coupon, promo, prepaid, to) => {
          const totals = invoiceTotals(
            sums({
              amounts,
              off: coupon,
              promotionalMinor: promo,
              prepaidMinor: prepaid,
              buyer: { country: to, taxId: null },
            }),
          )
          const added = sumOf(totals.taxes.filter((tax) => !tax.inclusive).map((tax) => tax.taxMinor))
          const { subtotalMinor, discountMinor, promotionalMinor, totalMinor, prepaidMinor, dueMinor, backMinor } =
            totals
          expect(subtotalMinor).toBe(sumOf(amounts))
          expect(sumOf(totals.discounts)).toBe(discountMinor)
          expect(subtotalMinor - discountMinor - promotionalMinor + added).toBe(totalMinor)
          expect(totalMinor - prepaidMinor).toBe(dueMinor - backMinor)
          expect(promotionalMinor <= promo && prepaidMinor <= prepaid && dueMinor >= 0n && backMinor >= 0n).toBe(true)
          expect(totals.taxMinor).toBe(sumOf(totals.taxes.map((tax) => tax.taxMinor)))
        },
      ),
    )
  })
})

describe('a coupon', () => {
  test('takes a percentage or an amount, never more than there is', () => {
    expect(discountOf(999n, { percent: '12.5', amountMinor: null })).toBe(125n)
    expect(discountOf(999n, { percent: null, amountMinor: 500n })).toBe(500n)
    expect(discountOf(999n, { percent: null, amountMinor: 5_000n })).toBe(999n)
    expect(discountOf(-999n, { percent: '50', amountMinor: null })).toBe(0n)
    expect(discountOf(999n, null)).toBe(0n)
  })

  test('is shared among the lines that cost something', () => {
    expect(discountLines([100n, -50n, 200n], { percent: null, amountMinor: 100n })).toEqual([33n, 0n, 67n])
  })
})

describe('the tax rate', () => {
  const seller = { country: 'NL', taxId: null }
  const rate = (country: string | null, taxId: string | null, when = at) =>
    rateFor(seller, { country, taxId }, rates, when)

  test('is that of the customer’s country on that day', () => {
    expect(rate('DE', null)?.percent).toBe('19')
    expect(rate('DE', null, utc('2027-01-01'))?.percent).toBe('20')
    expect(rate('DE', null, utc('2019-12-31'))).toBeUndefined()
    expect(rate(null, null)?.country).toBe('NL')
    expect(rate('US', 'EIN')).toBeUndefined()
  })

  test('is the customer’s to pay where a business abroad gave its tax id', () => {
    expect(rate('DE', 'DE000000000')?.kind).toBe('reverse_charge')
    expect(rate('NL', 'NL111111111B01')?.kind).toBe('standard')
    expect(rate('GI', null)?.kind).toBe('exempt')
    const totals = invoiceTotals(sums({ buyer: { country: 'DE', taxId: 'DE000000000' } }))
    expect(totals).toMatchObject({ taxMinor: 0n, totalMinor: 10_000n })
    expect(totals.taxes).toMatchObject([{ kind: 'reverse_charge', percent: '0', netMinor: 10_000n }])
  })
})
