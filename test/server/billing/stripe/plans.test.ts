import { expect, test } from 'vitest'
import { cancelAtPeriodEnd, cancelNow } from '#server/billing/cancelSubscription.ts'
import { changePlan } from '#server/billing/changePlan.ts'
import { creditNote } from '#server/billing/creditNote.ts'
import { createCoupon } from '#server/billing/coupon.ts'
import { grantCredit } from '#server/billing/grantCredit.ts'
import { recordPayment } from '#server/billing/recordPayment.ts'
import { voidInvoice } from '#server/billing/closeInvoice.ts'
import { needStripe } from '#server/billing/stripe/client.ts'
import { compare } from '#server/billing/stripe/compare.ts'
import { ensureCustomer } from '#server/billing/stripe/customer.ts'
import { stripeTaxId } from '#server/billing/stripe/taxId.ts'
import { usesTax } from '#server/billing/stripe/tax.ts'
import { booksOf, faultsIn, use } from '../books.ts'
import { utc } from '../house.ts'
import { stripeHouse } from './stripeHouse.ts'

const house = await stripeHouse('2026-01-31 10:00')
const { sql, standIn, account, at, giveCard, settle, invoices, theirs, drifts, failures } = house
const VCPU_H = 3_600_000_000n
const byId = (id: string | null) => theirs().find((one) => one.id === id)!
const linesOf = (id: string | null) =>
  (standIn.world.state.lines[id ?? ''] ?? []).map((line) => standIn.world.get('line_item', line))
const subscriptionOf = async (id: bigint) => {
  const [row] = await sql<{ id: string }[]>`select stripe_subscription_id as id from subscription
    where account_id = ${id} and stripe_subscription_id is not null order by id desc limit 1`
  return standIn.world.get('subscription', row!.id)
}
const noDifference = async () => {
  expect(failures).toEqual([])
  expect(await drifts()).toEqual([])
  expect(await faultsIn(sql)).toEqual([])
  expect(await compare(house.now())).toMatchObject({ drifts: 0 })
}

test('plans by use, by the month and by the year renew from 31 January on, on 28 February and 31 March', async () => {
  const [metered, monthly, yearly] = [await account('metered'), await account('monthly'), await account('yearly')]
  expect((await giveCard('metered', metered, 'works', 'cloud')).mode).toBe('setup')
  expect((await giveCard('monthly', monthly, 'works', 'pro', { quantities: { repositories: 9 } })).mode).toBe(
    'subscription',
  )
  expect((await giveCard('yearly', yearly, 'works', 'pro', { interval: 'year' })).mode).toBe('setup')
  await settle()
  await at('2026-01-31 10:05')
  expect((await invoices(yearly)).map((one) => [one.kind, one.state, one.totalMinor])).toEqual([
    ['start', 'paid', 49_000n],
  ])
  for (const id of [metered, monthly, yearly]) {
    await use(sql, id, 'web', utc('2026-02-10 05:00'), { cpu: 1000n * VCPU_H })
    await use(sql, id, 'web', utc('2026-03-10 05:00'), { cpu: 100n * VCPU_H })
  }
  await at('2026-02-28 10:00:01')
  await at('2026-03-01 12:00')
  await at('2026-03-31 10:00:01')
  await at('2026-04-01 12:00')
  await at('2026-04-01 15:00')
  const sums = async (id: bigint) => (await invoices(id)).map((one) => [one.kind, one.state, one.subtotalMinor])
  expect(await sums(metered)).toEqual([
    ['period', 'paid', 1_800n],
    ['period', 'paid', 180n],
  ])
  // 49 and four repositories beyond five; then 1000 and 100 hours.
  expect(await sums(monthly)).toEqual([
    ['start', 'paid', 5_700n],
    ['period', 'paid', 5_700n + 1_800n],
    ['period', 'paid', 5_700n + 180n],
  ])
  expect(await sums(yearly)).toEqual([
    ['start', 'paid', 49_000n],
    ['period', 'paid', 1_800n],
    ['period', 'paid', 180n],
  ])
  const last = byId((await invoices(monthly))[2]!.stripeInvoiceId)
  expect(last.billing_reason).toBe('subscription_cycle')
  expect(new Date(last.period_end * 1000).toISOString()).toBe('2026-03-31T10:00:00.000Z')
  for (const id of [metered, yearly]) {
    const there = byId((await invoices(id)).at(-1)!.stripeInvoiceId)
    expect(there).toMatchObject({ billing_reason: 'subscription_cycle', period_end: last.period_end })
  }
  await noDifference()
})

test('a change of plan is one invoice of its own, and the next renewal has the new prices', async () => {
  const id = await account('changer')
  await giveCard('changer', id, 'works', 'pro')
  await settle()
  await at('2026-04-10 12:00')
  const { id: version } = await house.version('pro')
  await changePlan(house.now(), { accountId: id, planVersionId: version, quantities: { repositories: 25 } })
  await settle()
  const [, change] = await invoices(id)
  expect(change).toMatchObject({ kind: 'change', state: 'paid' })
  expect((await subscriptionOf(id)).items.data.map((item) => item.quantity)).toEqual([1, 20])
  await at('2026-05-01 15:00:01')
  await at('2026-05-02 16:00')
  const third = (await invoices(id))[2]!
  expect(third).toMatchObject({ kind: 'period', state: 'paid', subtotalMinor: 4_900n + 20n * 200n })
  await noDifference()
})

test('a plan that is to end renews no more at Stripe; its last usage is an invoice of its own', async () => {
  const id = await account('leaver')
  await giveCard('leaver', id, 'works', 'pro')
  await settle()
  await use(sql, id, 'web', house.now().now, { cpu: 500n * VCPU_H })
  await cancelAtPeriodEnd(house.now(), { accountId: id })
  await settle()
  const before = await subscriptionOf(id)
  expect(before.cancel_at_period_end).toBe(true)
  await at('2026-06-02 16:00:01')
  await at('2026-06-03 17:00')
  expect((await subscriptionOf(id)).status).toBe('canceled')
  const [, last] = await invoices(id)
  expect(last).toMatchObject({ kind: 'period', state: 'paid', subtotalMinor: 900n })
  expect(byId(last!.stripeInvoiceId).billing_reason).toBe('manual')
  await noDifference()
})

test('a plan that ends now ends at Stripe', async () => {
  const id = await account('quitter')
  await giveCard('quitter', id, 'works', 'pro')
  await settle()
  await cancelNow(house.now(), { accountId: id })
  await settle()
  expect((await subscriptionOf(id)).status).toBe('canceled')
  await noDifference()
})

test('discount, promotional and prepaid credit come off Stripe’s invoice as they come off ours', async () => {
  const id = await account('saver')
  await createCoupon(house.now(), {
    code: 'TENTH',
    name: 'Ten percent',
    percent: '10',
    amountMinor: null,
    currency: null,
    duration: 'forever',
    months: null,
    mostRedemptions: null,
    expiresAt: null,
  })
  await grantCredit(house.now(), {
    accountId: id,
    kind: 'promotional',
    amountMinor: 1_000n,
    reason: 'Welcome',
    key: 'welcome',
  })
  await grantCredit(house.now(), {
    accountId: id,
    kind: 'prepaid',
    amountMinor: 1_500n,
    reason: 'Paid ahead',
    key: 'ahead',
  })
  expect((await giveCard('saver', id, 'works', 'pro', { coupon: 'TENTH' })).mode).toBe('setup')
  await settle()
  const [first] = await invoices(id)
  // 49.00 − 4.90 − 10.00 = 34.10, of which 15.00 are prepaid.
  expect(first).toMatchObject({
    state: 'paid',
    subtotalMinor: 4_900n,
    totalMinor: 3_410n,
    prepaidMinor: 1_500n,
    paidMinor: 1_910n,
  })
  expect(byId(first!.stripeInvoiceId)).toMatchObject({ total: 3_410, amount_due: 1_910, amount_paid: 1_910 })
  expect(linesOf(first!.stripeInvoiceId).map((line) => line.amount)).toEqual([4_900, -490, -1_000])
  await noDifference()
})

test('amounts too small to charge go to the balance at Stripe and are paid with the next', async () => {
  const id = await account('tiny')
  await giveCard('tiny', id, 'works', 'cloud')
  await settle()
  const begun = house.now().now
  await use(sql, id, 'web', begun, { cpu: 20n * VCPU_H })
  await at('2026-07-03 17:00:01')
  await at('2026-07-04 18:00')
  const [first] = await invoices(id)
  expect(first).toMatchObject({ state: 'paid', totalMinor: 36n })
  await use(sql, id, 'web', utc('2026-07-20'), { cpu: 1000n * VCPU_H })
  await at('2026-08-03 17:00:01')
  await at('2026-08-04 18:00')
  const second = (await invoices(id))[1]!
  expect(second).toMatchObject({ state: 'paid', totalMinor: 1_800n, paidMinor: 1_800n })
  expect(byId(second.stripeInvoiceId).amount_paid).toBe(1_836)
  await noDifference()
})

test('Stripe’s tax is ours, by its rate', async () => {
  const id = await account('taxed')
  await sql`update billing_profile set country = 'DE', address = '{Hafenstr. 1}', updated_at = now() where account_id = ${id}`
  await giveCard('taxed', id, 'works')
  await settle()
  standIn.world.state.tax.active = true
  await usesTax(needStripe(house.env), { again: true })
  const { id: version } = await house.version('pro')
  await changePlan(house.now(), { accountId: id, planVersionId: version })
  await settle()
  const [first] = await invoices(id)
  expect(first).toMatchObject({ state: 'paid', subtotalMinor: 4_900n, taxMinor: 931n, totalMinor: 5_831n })
  const [row] = await sql<{ taxes: unknown }[]>`select taxes from invoice where account_id = ${id}`
  expect(row!.taxes).toMatchObject([{ name: 'VAT', percent: '19', kind: 'standard', inclusive: false }])
  standIn.world.state.tax.active = false
  await usesTax(needStripe(house.env), { again: true })
  await noDifference()
})

test('a tax id goes to Stripe, which reverses the charge by it; a changed one replaces it, a removed one is removed there', async () => {
  const id = await account('taxid')
  const say = async (taxId: string | null, at: string) => {
    await sql`update billing_profile set country = 'DE', address = '{Hafenstr. 1}', tax_id = ${taxId}, updated_at = ${at}
      where account_id = ${id}`
    await ensureCustomer(house.now(), id)
    const [row] = await sql<{ customer: string }[]>`select stripe_customer_id as customer from billing_profile
      where account_id = ${id}`
    return standIn.world
      .all('tax_id')
      .filter((one) => one.customer === row!.customer)
      .map((one) => [one.type, one.value])
  }
  expect(await say('DE123456780', '2026-01-02')).toEqual([['eu_vat', 'DE123456780']])
  expect(await say('DE123456789', '2026-01-03')).toEqual([['eu_vat', 'DE123456789']])
  await giveCard('taxid', id, 'works')
  await settle()
  standIn.world.state.tax.active = true
  await usesTax(needStripe(house.env), { again: true })
  const { id: version } = await house.version('pro')
  await changePlan(house.now(), { accountId: id, planVersionId: version })
  await settle()
  const [first] = await invoices(id)
  expect(first).toMatchObject({ state: 'paid', subtotalMinor: 4_900n, taxMinor: 0n, totalMinor: 4_900n })
  const [row] = await sql<{ taxes: unknown }[]>`select taxes from invoice where account_id = ${id}`
  expect(row!.taxes).toMatchObject([{ kind: 'reverse_charge' }])
  standIn.world.state.tax.active = false
  await usesTax(needStripe(house.env), { again: true })
  expect(await say(null, '2026-01-04')).toEqual([])
  await noDifference()
})

test.for([
  ['FR', 'FR12345678901', 'eu_vat', 'FR12345678901'],
  ['GR', 'EL123456789', 'eu_vat', 'EL123456789'],
  ['CH', 'CHE123456789MWST', 'ch_vat', 'CHE-123.456.789 MWST'],
  ['NO', 'NO123456789', 'no_vat', '123456789MVA'],
  ['US', '123456789', 'us_ein', '12-3456789'],
])('a tax id of %s is spelled as Stripe takes it', ([country, kept, type, value]) => {
  expect(stripeTaxId(country!, kept!)).toEqual({ type, value })
})

test('a credit note that is refunded goes back to the card; a void invoice is void at Stripe', async () => {
  const id = await account('refunded')
  await giveCard('refunded', id, 'works', 'pro')
  await settle()
  const [first] = await invoices(id)
  await creditNote(house.now(), {
    accountId: id,
    invoiceId: first!.id,
    key: 'sorry',
    reason: 'A bad week',
    lines: [{ position: null, description: 'A bad week', amountMinor: 700n }],
    settledAs: 'refund',
  })
  await settle()
  expect(standIn.world.all('refund').at(-1)).toMatchObject({ amount: 700 })
  expect((await booksOf(sql, id))['receivable']).toBeUndefined()

  const other = await account('voided')
  await giveCard('voided', other, 'fails')
  await settle()
  const { id: version } = await house.version('pro')
  await changePlan(house.now(), { accountId: other, planVersionId: version })
  await settle()
  const [open] = await invoices(other)
  expect(open).toMatchObject({ state: 'finalized' })
  await voidInvoice(house.now(), { accountId: other, invoiceId: open!.id, reason: 'a test' })
  await settle()
  expect(byId(open!.stripeInvoiceId).status).toBe('void')
  await noDifference()
})

test('what was paid by transfer is not charged to the card as well', async () => {
  const id = await account('transfer')
  await giveCard('transfer', id, 'fails')
  await settle()
  const { id: version } = await house.version('pro')
  await changePlan(house.now(), { accountId: id, planVersionId: version })
  await settle()
  const [open] = await invoices(id)
  await recordPayment(house.now(), {
    accountId: id,
    invoiceId: open!.id,
    amountMinor: 4_900n,
    method: 'transfer',
    key: 'bank:1',
    reference: 'bank 1',
    receivedAt: house.now().now,
  })
  await house.poll()
  await settle()
  expect(byId(open!.stripeInvoiceId)).toMatchObject({ status: 'paid', amount_paid_off_stripe: 4_900 })
  expect((await invoices(id))[0]).toMatchObject({ state: 'paid', paidMinor: 4_900n })
  await noDifference()
})

test('hundreds of apps are one line a price at Stripe', async () => {
  const id = await account('many')
  await giveCard('many', id, 'works', 'cloud')
  await settle()
  const begun = house.now().now
  await at(new Date(begun.getTime() + 5 * 60_000))
  for (let n = 0; n < 220; n++) await use(sql, id, `app-${n}`, begun, { cpu: 10n * VCPU_H })
  await at('2026-09-04 18:00:01')
  await at('2026-09-05 19:00')
  const [first] = await invoices(id)
  expect(first).toMatchObject({ state: 'paid', subtotalMinor: 220n * 18n })
  expect(linesOf(first!.stripeInvoiceId)).toHaveLength(2)
  await noDifference()
})

test('who pays by the same card is marked by it, as a hash that says nothing of the card', async () => {
  const names = ['same-card-b', 'same-card-a', 'another-card']
  for (const [i, name] of names.entries()) {
    await giveCard(name, await account(name), i < 2 ? 'works' : 'fails')
    await settle()
  }
  const marks = await sql<{ owner: string; hash: string }[]>`select owner, hash from abuse_mark
    where kind = 'payment' and owner = any(${names}) order by owner desc`
  expect(marks.map(({ owner }) => owner)).toEqual(names)
  expect(marks[0]!.hash).toBe(marks[1]!.hash)
  expect(marks[2]!.hash).not.toBe(marks[0]!.hash)
  expect(JSON.stringify(marks)).not.toContain('4242')
  failures.length = 0
})
