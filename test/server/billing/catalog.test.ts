import { expect, test } from 'vitest'
import { newestVersion, planVersionOf, versionsOnSale } from '#server/billing/planVersion.ts'
import { rateFor } from '#server/billing/tax.ts'
import type { TaxRate } from '#server/billing/tax.ts'
import { seedCatalog } from '#server/billing/seedCatalog.ts'
import { digestOf } from '#server/billing/canonical.ts'
import { terms } from '#server/billing/terms.ts'
import { billingHouse, utc } from './house.ts'

const { sql, ctx, version } = await billingHouse()

const counts = async () => {
  const [row] = await sql`select (select count(*)::int from plan) as plans,
    (select count(*)::int from plan_version) as versions, (select count(*)::int from legal_entity) as entities,
    (select count(*)::int from tax_rate) as taxes, (select count(*)::int from audit_event) as audits`
  return row
}

test('seeding the catalog again, also twice at once, changes nothing', async () => {
  const before = await counts()
  await Promise.all([seedCatalog(ctx('2026-02-01')), seedCatalog(ctx('2026-02-01'))])
  expect(await counts()).toEqual(before)
})

test('every seeded version says terms that are valid, under the digest of these', async () => {
  const rows = await sql<{ id: bigint; terms: unknown; digest: string }[]>`select id, terms, digest from plan_version`
  for (const row of rows) {
    expect(terms.parse(row.terms)).toEqual(row.terms)
    expect(digestOf(row.terms)).toBe(row.digest)
  }
  expect(rows.length).toBeGreaterThan(10)
})

test('the plans on sale are shown in their order, by the month and by the year, in one currency', async () => {
  const onSale = await versionsOnSale(sql, 'EUR')
  expect(onSale.map((one) => `${one.plan} ${one.interval}`)).toEqual([
    'free month',
    'team month',
    'team year',
    'business month',
    'business year',
    'cloud month',
  ])
})

test('a version is found by its number, without what rating does not need', async () => {
  const newest = await version('cloud')
  const { id, plan, version: number, currency, interval, terms: said } = newest
  expect(await planVersionOf(sql, id)).toEqual({ id, plan, version: number, currency, interval, terms: said })
  await expect(planVersionOf(sql, 999_999n)).rejects.toThrow('no plan version 999999')
})

test('what is not sold in a currency or interval is refused by name', async () => {
  await expect(newestVersion(sql, 'cloud', 'EUR', 'year')).rejects.toThrow('cloud is not sold by the year in EUR')
})

test('the tax table knows each country of the Union, changes of rates by their dates, and reverse charge abroad', async () => {
  const rates = await sql<
    TaxRate[]
  >`select country, name, kind, percent, inclusive, valid_from, valid_until from tax_rate`
  const seller = { country: 'NL', taxId: 'NL000000000B00' }
  const rate = (country: string, taxId: string | null, at: string) => {
    const found = rateFor(seller, { country, taxId }, rates, utc(at))
    return found && `${found.kind} ${found.percent}`
  }
  expect(new Set(rates.map((one) => one.country)).size).toBe(27)
  expect(rate('NL', 'NL111111111B01', '2026-03-01')).toBe('standard 21')
  expect(rate('DE', null, '2026-03-01')).toBe('standard 19')
  expect(rate('DE', 'DE111111111', '2026-03-01')).toBe('reverse_charge 0')
  expect(rate('EE', null, '2025-06-30 23:59')).toBe('standard 22')
  expect(rate('EE', null, '2025-07-01')).toBe('standard 24')
  expect(rate('US', null, '2026-03-01')).toBeUndefined()
})
