import type Stripe from 'stripe'
import { describe, expect, test } from 'vitest'
import { changePlan } from '#server/billing/changePlan.ts'
import { poll } from '#server/billing/stripe/poll.ts'
import { correctInvoice } from '#server/billing/stripe/correctInvoice.ts'
import { compare } from '#server/billing/stripe/compare.ts'
import { makeCall } from '#server/billing/stripe/calls.ts'
import { needStripe } from '#server/billing/stripe/client.ts'
import { watchDrift } from '#server/billing/stripe/drift.ts'
import { registry } from '#server/metrics.ts'
import { DAY_MS, HOUR_MS } from '#server/time.ts'
import { faultsIn, use } from '../books.ts'
import { stripeHouse, WEBHOOK_SECRET } from './stripeHouse.ts'

const house = await stripeHouse('2026-02-01 09:00')
const { sql, standIn, control, account, at, dun, giveCard, settle, work, invoices, theirs, drifts, failures } = house
const VCPU_H = 3_600_000_000n
const byId = (id: string | null) => theirs().find((one) => one.id === id)!
const after = (ms: number) => new Date(house.now().now.getTime() + ms)
const noFaults = async () => expect(await faultsIn(sql)).toEqual([])
const proPlan = async () => (await house.version('pro')).id

/** A customer on Pro whose start is paid, and who used something. */
const subscribed = async (name: string, card: Parameters<typeof giveCard>[2] = 'works') => {
  const id = await account(name, house.now().now)
  await giveCard(name, id, card, 'pro')
  await settle()
  await use(sql, id, 'web', house.now().now, { cpu: 1000n * VCPU_H })
  failures.length = 0
  return id
}
/** On Pro with a card that is charged only by us: its first charge happens without the holder. */
const byUs = async (name: string, card: Parameters<typeof giveCard>[2]) => {
  const id = await account(name, house.now().now)
  await giveCard(name, id, card)
  await settle()
  await changePlan(house.now(), { accountId: id, planVersionId: await proPlan() })
  await settle()
  failures.length = 0
  return id
}
/** Past the end of the running month and a day more. */
const nextMonth = async (id: bigint, options?: { settle: boolean }) => {
  const [row] = await sql<{ end: Date }[]>`select period_end as end from subscription
    where account_id = ${id} and state <> 'canceled'`
  await at(new Date(row!.end.getTime() + 1_000), options)
  await at(new Date(row!.end.getTime() + DAY_MS + HOUR_MS), options)
}
const renewed = async (id: bigint) => (await invoices(id)).filter((one) => one.kind === 'period')

describe('webhooks', () => {
  test('that come twice and in the wrong order are acted on once', async () => {
    const id = await subscribed('twice')
    const [row] = await sql<
      { end: Date }[]
    >`select period_end as end from subscription where account_id = ${id} and state = 'active'`
    await at(new Date(row!.end.getTime() + 1_000), { settle: false })
    await at(new Date(row!.end.getTime() + DAY_MS), { settle: false })
    for (let round = 0; round < 6; round++) {
      await control('deliver', { reversed: true, times: 2 })
      await work()
    }
    await settle()
    expect(failures).toEqual([])
    expect(await renewed(id)).toMatchObject([{ state: 'paid', subtotalMinor: 6_700n, stripeState: 'paid' }])
    const payments = await sql`select 1 from payment where account_id = ${id}`
    expect(payments).toHaveLength(2)
    await noFaults()
  })

  test('that were lost are found by the poller', async () => {
    const id = await subscribed('lost')
    await control('webhooks', { lose: ['*'] })
    await nextMonth(id)
    await control('webhooks', { lose: [] })
    await poll(house.now())
    await settle()
    await poll(house.now())
    await settle()
    expect(await renewed(id)).toMatchObject([{ state: 'paid', subtotalMinor: 6_700n }])
    expect(await sql`select 1 from stripe_event where processed_at is null`).toHaveLength(0)
    await noFaults()
  })

  test('that were forged, are old or say nothing are refused and kept out', async () => {
    const event = { id: 'evt_forged', object: 'event', type: 'invoice.paid', data: { object: { id: 'in_x' } } }
    const forge = (secret: string, at?: number) =>
      control('forge', { url: house.webhookUrl, secret, event, ...(at ? { at } : {}) })
    expect(await forge('whsec_of_somebody_else')).toEqual({ status: 400 })
    expect(await forge(WEBHOOK_SECRET, Math.floor(Date.now() / 1000) - 600)).toEqual({ status: 400 })
    const bare = await fetch(house.webhookUrl, { method: 'POST', body: JSON.stringify(event) })
    expect(bare.status).toBe(400)
    expect(await sql`select 1 from stripe_event where id = 'evt_forged'`).toHaveLength(0)
    // Signed, it says which object to look at, and Stripe knows none such.
    expect(await forge(WEBHOOK_SECRET)).toEqual({ status: 200 })
    await work()
    const [row] = await sql`select last_error, processed_at from stripe_event where id = 'evt_forged'`
    expect(row).toMatchObject({ processedAt: expect.any(Date), lastError: expect.stringContaining('No such invoice') })
  })

  test('about other people’s invoices change nothing', async () => {
    const stranger = await needStripe(house.env).customers.create({ name: 'Stranger' })
    await needStripe(house.env).invoices.create({ customer: stranger.id, currency: 'eur' })
    failures.length = 0
    await settle()
    expect(failures).toEqual([])
  })
})

describe('Stripe away', () => {
  test('for a day over the renewal: nothing is lost or billed twice', async () => {
    const id = await subscribed('away')
    await control('fault', { on: '/v1/', is: 'refused', times: 1_000_000 })
    await control('webhooks', { lose: [] })
    await nextMonth(id, { settle: false })
    await work()
    expect(failures.length).toBeGreaterThan(0)
    expect(await renewed(id)).toMatchObject([{ state: 'draft' }])
    await control('heal', {})
    failures.length = 0
    await settle()
    await settle()
    expect(await renewed(id)).toMatchObject([{ state: 'paid', subtotalMinor: 6_700n }])
    const customer = await house.customerOf(id)
    expect(theirs().filter((one) => one.customer === customer)).toHaveLength(2)
    await noFaults()
  }, 60_000)

  test('to us: what it finalized and charged without our lines is taken back and billed again with them', async () => {
    for (const [name, card] of [
      ['early-paid', 'works'],
      ['early-open', 'works'],
    ] as const) {
      const id = await subscribed(name, card)
      const customer = await house.customerOf(id)
      const [row] = await sql<{ end: Date }[]>`select period_end as end from subscription
        where account_id = ${id} and state <> 'canceled'`
      // The webhook is acknowledged, and the job that should stop the draft is never done.
      await control('clock', { to: new Date(row!.end.getTime() + 1_000).toISOString() })
      await control('deliver', {})
      if (name === 'early-open') await control('card', { customer, card: 'fails' })
      await control('clock', { to: new Date(row!.end.getTime() + 3 * HOUR_MS).toISOString() })
      await control('card', { customer, card: 'works' })
      const early = theirs().findLast((one) => one.customer === customer)!
      expect(early.status).toBe(name === 'early-paid' ? 'paid' : 'open')
      await nextMonth(id)
      await settle()
      expect(await renewed(id)).toMatchObject([{ state: 'paid', subtotalMinor: 6_700n, paidMinor: 6_700n }])
      expect(await drifts()).toEqual([])
      const charged = standIn.world.all('charge').filter((one) => one.customer === customer)
      expect(charged.reduce((sum, one) => sum + one.amount, 0)).toBe(4_900 + 6_700)
    }
    await at(after(HOUR_MS))
    expect(await compare(house.now())).toMatchObject({ drifts: 0 })
    await noFaults()
  })

  test('after it did what was asked: each call is made again and changes nothing', async () => {
    const calls = [
      'POST /v1/customers$',
      'POST /v1/subscriptions$',
      'POST /v1/invoices$',
      'POST /v1/invoices/[^/]+/add_lines',
      'POST /v1/invoices/[^/]+/finalize',
      'POST /v1/prices',
    ]
    // Three times: what the library tries, too, is lost, so that the job has to begin again.
    for (const on of calls) await control('fault', { on, is: 'lost', times: 3 })
    const id = await account('forgetful', house.now().now)
    const before = theirs().length
    await expect(giveCard('forgetful', id, 'works')).rejects.toThrow('Stripe does not answer')
    await giveCard('forgetful', id, 'works')
    await settle()
    await changePlan(house.now(), { accountId: id, planVersionId: await proPlan() })
    for (let round = 0; round < 6; round++) await settle()
    await at(after(5 * 60_000))
    for (let round = 0; round < 2; round++) await settle()
    await control('heal', {})
    await settle()
    expect(await invoices(id)).toMatchObject([{ kind: 'start', state: 'paid', totalMinor: 4_900n }])
    expect(theirs().length - before).toBe(1)
    const mine = standIn.world.all('customer').filter((one) => one.metadata['wharf_account'] === 'forgetful')
    expect(mine).toHaveLength(1)
    expect(standIn.world.all('subscription').filter((one) => one.customer === mine[0]!.id)).toHaveLength(1)
    await noFaults()
  }, 90_000)

  test('busy or failing: calls are tried again', async () => {
    await control('fault', { on: 'POST /v1/customers', is: '429', times: 1 })
    await control('fault', { on: 'POST /v1/checkout', is: '500', times: 1 })
    const id = await account('busy', house.now().now)
    await expect(giveCard('busy', id, 'works', 'pro')).rejects.toThrow('try again')
    await giveCard('busy', id, 'works', 'pro')
    await settle()
    expect(await invoices(id)).toMatchObject([{ state: 'paid' }])
  })

  test('so long that it forgot the key: what a call made before is found by its mark', async () => {
    const id = await account('late', house.now().now)
    const call = {
      accountId: id,
      kind: 'customer.create' as const,
      key: 'customer:late',
      payload: { email: 'late@example.com', metadata: { wharf_key: 'customer:late' } },
    }
    await control('fault', { on: 'POST /v1/customers', is: 'lost', times: 3 })
    await expect(makeCall(house.now(), call)).rejects.toThrow('connection')
    await at(after(2 * DAY_MS))
    const done = await makeCall(house.now(), call)
    const made = standIn.world.all('customer').filter((one) => one.email === 'late@example.com')
    expect(made.map((one) => one.id)).toEqual([done.id])
  }, 30_000)
})

test('a key used for another request is refused for good, and operators see it', async () => {
  const id = await account('mismatch', house.now().now)
  const first = { accountId: id, kind: 'customer.create' as const, key: 'customer:mismatch', payload: { name: 'One' } }
  await makeCall(house.now(), first)
  await sql`update stripe_call set state = 'pending', payload = '{"name": "Two"}' where key = 'customer:mismatch'`
  await expect(makeCall(house.now(), first)).rejects.toThrow('same parameters')
  const [row] = await sql`select state, last_error from stripe_call where key = 'customer:mismatch'`
  expect(row).toMatchObject({ state: 'failed' })
  expect(standIn.world.all('customer').filter((one) => one.name === 'Two')).toHaveLength(0)
  expect(await sql`select 1 from notice where kind = 'billing.stripe_refused'`).toHaveLength(1)
  // An hour later it is asked again, as a call of its own.
  await expect(makeCall(house.now(), first)).rejects.toThrow('before')
  await at(after(HOUR_MS + 1_000))
  await makeCall(house.now(), { ...first, payload: { name: 'Three' } })
  expect(standIn.world.all('customer').filter((one) => one.name === 'Three')).toHaveLength(1)
})

describe('a card', () => {
  test('that is declined at Checkout, then another: one plan, one charge', async () => {
    const id = await account('second-try', house.now().now)
    await expect(giveCard('second-try', id, 'fails', 'pro')).rejects.toThrow('declined')
    await giveCard('second-try', id, 'works', 'pro')
    await settle()
    expect(await invoices(id)).toMatchObject([{ state: 'paid', totalMinor: 4_900n }])
    const customer = await house.customerOf(id)
    expect(standIn.world.all('charge').filter((one) => one.customer === customer)).toHaveLength(1)
  })

  test('at two Checkouts at once: the plan begins once, and operators see to the second', async () => {
    const id = await account('two-tabs', house.now().now)
    await giveCard('two-tabs', id, 'works', 'pro')
    await giveCard('two-tabs', id, 'works', 'pro')
    await settle()
    expect(await invoices(id)).toMatchObject([{ state: 'paid', totalMinor: 4_900n }])
    const customer = await house.customerOf(id)
    const statuses = standIn.world.all('subscription').filter((one) => one.customer === customer)
    expect(statuses.map((one) => one.status).toSorted()).toEqual(['active', 'canceled'])
    expect(await drifts()).toMatchObject([{ kind: 'subscription_missing_here' }])
    // Operators give the money back at Stripe, and that is the end of it.
    const mine = (await invoices(id))[0]!.stripeInvoiceId
    const other = theirs().find((one) => one.customer === customer && one.id !== mine)!
    await needStripe(house.env).creditNotes.create({ invoice: other.id, amount: 4_900, refund_amount: 4_900 })
    await settle()
    await at(after(HOUR_MS))
    await compare(house.now())
    expect(await drifts()).toEqual([])
  })

  test('that is declined once, then works: past due, told, tried again by Stripe, paid', async () => {
    const id = await byUs('wobbly', 'fails_then_works')
    const [first] = await invoices(id)
    expect(first).toMatchObject({ state: 'finalized', stripeState: 'open' })
    const notices = await sql`select title from notice where account_id = ${id}`
    expect(notices).toMatchObject([{ title: expect.stringContaining('failed') }])
    expect(await sql`select state from subscription where account_id = ${id} and state <> 'canceled'`).toEqual([
      { state: 'past_due' },
    ])
    await at(after(3 * DAY_MS + HOUR_MS))
    expect((await invoices(id))[0]).toMatchObject({ state: 'paid', stripeState: 'paid' })
    expect(await sql`select state from subscription where account_id = ${id} and state <> 'canceled'`).toEqual([
      { state: 'active' },
    ])
  })

  test('that never works: suspended after the reminders, restored at once by another card', async () => {
    const id = await byUs('broke', 'fails')
    for (let day = 0; day < 18; day++) {
      await at(after(DAY_MS))
      await dun()
    }
    const holds = () => sql`select kind from account_hold where account_id = ${id} and lifted_at is null`
    expect(await holds()).toEqual([{ kind: 'billing' }])
    await control('card', { customer: await house.customerOf(id), card: 'works' })
    await settle()
    await settle()
    expect((await invoices(id))[0]).toMatchObject({ state: 'paid' })
    expect(await holds()).toEqual([])
    expect(await sql`select card ->> 'last4' as last4 from billing_profile where account_id = ${id}`).toEqual([
      { last4: '4242' },
    ])
  })

  test('whose holder has to confirm: told where, and paid once they did', async () => {
    const id = await byUs('confirm', 'needs_action')
    const [open] = await invoices(id)
    expect(open).toMatchObject({ state: 'finalized' })
    const [notice] = await sql<{ body: string }[]>`select body from notice where account_id = ${id}`
    expect(notice!.body).toContain(`${standIn.url}/pages/invoices/${open!.stripeInvoiceId}`)
    await control('pay', { invoice: open!.stripeInvoiceId! })
    await settle()
    expect((await invoices(id))[0]).toMatchObject({ state: 'paid' })
  })

  test('whose charge the bank takes back: the invoice is open again, and paid again if we win', async () => {
    const id = await subscribed('disputed')
    const [paid] = await invoices(id)
    const dispute = await control('dispute', { invoice: paid!.stripeInvoiceId! })
    await settle()
    expect((await invoices(id))[0]).toMatchObject({ state: 'finalized', paidMinor: 0n })
    const told = await sql`select severity from notice where kind = 'billing.chargeback'`
    expect(told).toEqual([{ severity: 'critical' }])
    await control('settle_dispute', { dispute: String(dispute['id']), won: true })
    await settle()
    await settle()
    expect((await invoices(id))[0]).toMatchObject({ state: 'paid', paidMinor: 4_900n })
    const kinds = await sql<{ kind: string }[]>`select kind from payment where account_id = ${id} order by id`
    expect(kinds.map((one) => one.kind)).toEqual(['payment', 'chargeback', 'payment'])
    await noFaults()
  })
})

describe('totals', () => {
  test('that differ stop the invoice and tell operators; an admin’s correction lets it go on', async () => {
    const id = await subscribed('differs')
    const [row] = await sql<
      { sub: string }[]
    >`select stripe_subscription_id as sub from subscription where account_id = ${id} and state = 'active'`
    const there = standIn.world.get('subscription', row!.sub)
    // Somebody changed the price in Stripe's own pages.
    there.items.data[0]!.price = {
      ...there.items.data[0]!.price,
      unit_amount_decimal: '5000' as unknown as Stripe.Decimal,
    }
    await nextMonth(id)
    const [stopped] = await renewed(id)
    expect(stopped).toMatchObject({ state: 'draft' })
    expect(byId(stopped!.stripeInvoiceId)).toMatchObject({ status: 'draft', auto_advance: false })
    expect(await drifts()).toMatchObject([
      { kind: 'invoice_total', objectId: stopped!.stripeInvoiceId, ours: '67.00 EUR', theirs: '68.00 EUR' },
    ])
    expect(await sql`select 1 from notice where kind = 'billing.stripe_drift' and severity = 'critical'`).toHaveLength(
      1,
    )
    watchDrift(sql)
    expect(await registry.getSingleMetricAsString('wharf_stripe_drift')).toContain(
      'wharf_stripe_drift{kind="invoice_total"} 1',
    )
    await correctInvoice(house.now(), { invoice: stopped!.stripeInvoiceId!, reason: 'the price was changed by hand' })
    await settle()
    expect(await renewed(id)).toMatchObject([{ state: 'paid', subtotalMinor: 6_700n, totalMinor: 6_700n }])
    expect(await drifts()).toEqual([])
    there.items.data[0]!.price = standIn.world.get('price', there.items.data[0]!.price.id)
  })
})

test('differences injected on either side are found by the nightly comparison, and resolved when they are gone', async () => {
  const id = await subscribed('drifting')
  await at(after(HOUR_MS))
  await compare(house.now())
  expect(await drifts()).toEqual([])
  const [mine] = await invoices(id)
  const subscription = standIn.world.all('subscription').at(-1)!
  const { total } = byId(mine!.stripeInvoiceId)
  await control('drift', {
    kind: 'invoice',
    id: mine!.stripeInvoiceId!,
    set: { total: total + 1, amount_paid: total - 1 },
  })
  await control('drift', { kind: 'subscription', id: subscription.id, set: { cancel_at_period_end: true } })
  const customer = await house.customerOf(id)
  const odd = await needStripe(house.env).invoices.create({ customer, currency: 'eur' })
  await needStripe(house.env).invoices.addLines(odd.id, { lines: [{ amount: 500, description: 'by hand' }] })
  await needStripe(house.env).invoices.finalizeInvoice(odd.id)
  await at(after(HOUR_MS))
  await compare(house.now())
  expect((await drifts()).map((one) => [one.kind, one.objectId])).toEqual([
    ['subscription', subscription.id],
    ['invoice_state', mine!.stripeInvoiceId],
    ['payment', mine!.stripeInvoiceId],
    ['invoice_missing_here', odd.id],
  ])
  await control('drift', { kind: 'invoice', id: mine!.stripeInvoiceId!, set: { total, amount_paid: total } })
  await control('drift', { kind: 'subscription', id: subscription.id, set: { cancel_at_period_end: false } })
  await needStripe(house.env).invoices.voidInvoice(odd.id)
  await compare(house.now())
  expect(await drifts()).toEqual([])
})
