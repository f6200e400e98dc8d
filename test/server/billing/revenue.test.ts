import { expect, test } from 'vitest'
import { monthlyOf } from '#server/billing/recurring.ts'
import { recordPayment } from '#server/billing/recordPayment.ts'
import { grantCredit } from '#server/billing/grantCredit.ts'
import { exactText } from '#server/money.ts'
import { billingHouse, utc } from './house.ts'

const { account, ctx, start, version, person, as } = await billingHouse()
const root = await person('root', null, 'owner', ['admin'])

test('recurring revenue counts a year as twelve months, and leaves trials and pauses out', async () => {
  const [a, b, c] = [await account('monthly'), await account('yearly'), await account('trying')]
  await start(a, 'team', '2026-02-03')
  await start(b, 'team', '2026-02-03', { interval: 'year' })
  await start(c, 'team', '2026-02-03', { trialDays: 60 })
  const [month, year] = [await version('team'), await version('team', 'year')]
  const expected = Number(exactText(monthlyOf(month, {}))) + yearlyTwelfth(year)
  const { plans, months, owed, books } = await as(root, '2026-02-10').billing.revenue.overview()
  const team = plans.find((row) => row.plan === 'team')
  expect(team).toMatchObject({ currency: 'EUR', paying: 2, trials: 1, paused: 0 })
  expect(Number(team?.recurring)).toBe(Math.round(expected))
  expect(team?.trialing).toBe(BigInt(exactText(monthlyOf(month, {}))))
  expect(months).toMatchObject([{ month: utc('2026-02-01'), usageMinor: 0n, otherMinor: 0n }])
  expect(months[0]!.plansMinor).toBe(1_200n + wholeYear(year))
  expect(books.map((row) => row.sum)).toEqual([0n])
  expect(owed[0]?.openMinor).toBe(books[0]?.receivable)
})
const wholeYear = (year: Parameters<typeof monthlyOf>[0]) => {
  const { n, d } = monthlyOf(year, {})
  return (n * 12n) / d
}
const yearlyTwelfth = (year: Parameters<typeof monthlyOf>[0]) => Number(wholeYear(year)) / 12

test('an account’s billing life tells plan, invoices, money, credit and acts in order', async () => {
  const accountId = await account('living')
  const { billed } = await start(accountId, 'team', '2026-03-01')
  if (billed.as !== 'invoice') throw new Error('no invoice')
  const payment = {
    amountMinor: 1_452n,
    method: 'transfer' as const,
    key: 'p',
    reference: 'T-1',
    receivedAt: utc('2026-03-04'),
  }
  await recordPayment(ctx('2026-03-04'), { accountId, invoiceId: billed.invoiceId, ...payment })
  await grantCredit(ctx('2026-03-05'), {
    ...{ accountId, kind: 'promotional', amountMinor: 500n, reason: 'Sorry', key: 'sorry', paid: null },
    ...{ priority: 100, expiresAt: null },
  })
  const life = await as(root, '2026-03-06').billing.revenue.life({ account: 'living' })
  expect(life.rows.map((row) => `${row.kind} ${row.what}`)).toEqual([
    'credit promotional',
    'payment payment',
    'invoice finalized',
    'plan active',
    'plan ended',
    'plan active',
  ])
  expect(life.balances).toEqual([{ currency: 'EUR', receivable: 0n, creditLeft: 500n, paid: 1_452n }])
  const [newer, older] = await Promise.all([
    as(root, '2026-03-06').billing.revenue.life({ account: 'living', limit: 2 }),
    as(root, '2026-03-06').billing.revenue.life({ account: 'living', limit: 4, skip: 2 }),
  ])
  expect([newer.nextSkip, older.nextSkip]).toEqual([2, null])
  expect([...newer.rows, ...older.rows]).toEqual(life.rows)
  const acts = await as(root, '2026-03-06').billing.revenue.life({ account: 'living', kinds: ['audit'] })
  expect(acts.rows.map((row) => row.what)).toContain('billing.payment.record')
})
