import { Stripe } from 'stripe'
import { afterAll, describe, expect, test } from 'vitest'
import { startStandIn } from '../../../stripe/standIn.ts'
import { utc } from '../house.ts'

const standIn = await startStandIn({ standing: utc('2026-01-31 10:00') })
afterAll(standIn.close)
const { hostname, port } = new URL(standIn.url)
const speak = (key: string) =>
  new Stripe(key, { host: hostname, port, protocol: 'http', maxNetworkRetries: 0, telemetry: false })
const stripe = speak('sk_test_standin')
const control = (name: string, given: object) =>
  fetch(`${standIn.url}/_control/${name}`, { method: 'POST', body: JSON.stringify(given) })
const customer = await stripe.customers.create({ name: 'Ada', metadata: { a: '1' } })
const product = await stripe.products.create({ name: 'Team' })
const price = await stripe.prices.create({
  product: product.id,
  currency: 'eur',
  unit_amount: 1_200,
  recurring: { interval: 'month' },
})
/** Parameters that the types do not let through. */
const wrong = (given: object) => given as never

describe('the stand-in refuses', () => {
  test('another key', async () => {
    await expect(speak('sk_test_other').customers.list()).rejects.toThrow('Invalid API Key')
  })

  test('parameters that Stripe does not know, on any level, and those that lack', async () => {
    const known = { code: 'parameter_unknown', statusCode: 400, type: 'StripeInvalidRequestError' }
    await expect(stripe.customers.create(wrong({ nmae: 'x' }))).rejects.toMatchObject({ ...known, param: 'nmae' })
    const draft = await stripe.invoices.create({ customer: customer.id, currency: 'eur' })
    const deep = stripe.invoices.addLines(draft.id, wrong({ lines: [{ amount: 1, price: 'x' }] }))
    await expect(deep).rejects.toMatchObject({ ...known, param: 'lines[0][price]' })
    await expect(stripe.invoices.retrieve(draft.id, wrong({ expnad: ['x'] }))).rejects.toMatchObject(known)
    await expect(stripe.creditNotes.create(wrong({ amount: 1 }))).rejects.toMatchObject({ code: 'parameter_missing' })
    await expect(
      stripe.prices.create(wrong({ product: product.id, currency: 'eur', unit_amount: 'x' })),
    ).rejects.toMatchObject({
      code: 'parameter_invalid_integer',
    })
    await expect(stripe.checkout.sessions.create(wrong({ mode: 'gift', customer: customer.id }))).rejects.toThrow(
      'must be one of',
    )
  })

  test('what is beyond Stripe’s limits', async () => {
    const many = Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`k${i}`, 'v']))
    await expect(stripe.customers.create({ metadata: many })).rejects.toThrow('50 keys')
    await expect(stripe.customers.create({ metadata: { long: 'x'.repeat(501) } })).rejects.toThrow('500 characters')
    await expect(stripe.customers.list({ limit: 101 })).rejects.toThrow('between 1 and 100')
    const draft = await stripe.invoices.create({ customer: customer.id, currency: 'eur' })
    const lines = (count: number, amount = 1) => Array.from({ length: count }, () => ({ amount }))
    await expect(stripe.invoices.addLines(draft.id, { lines: lines(251) })).rejects.toThrow('250')
    await stripe.invoices.addLines(draft.id, { lines: lines(250) })
    await expect(stripe.invoices.addLines(draft.id, { lines: lines(1) })).rejects.toThrow('250')
    const other = await stripe.invoices.create({ customer: customer.id, currency: 'eur' })
    const large = stripe.invoices.addLines(other.id, { lines: lines(1, 100_000_000) })
    await expect(large).rejects.toMatchObject({ code: 'amount_too_large' })
  })

  test('to change what is finalized, and to pay twice', async () => {
    const draft = await stripe.invoices.create({ customer: customer.id, currency: 'eur' })
    await stripe.invoices.addLines(draft.id, { lines: [{ amount: 500 }] })
    await stripe.invoices.finalizeInvoice(draft.id)
    await expect(stripe.invoices.addLines(draft.id, { lines: [{ amount: 1 }] })).rejects.toMatchObject({
      code: 'invoice_not_editable',
    })
    await stripe.invoices.pay(draft.id, { paid_out_of_band: true })
    await expect(stripe.invoices.pay(draft.id)).rejects.toThrow('already paid')
  })
})

describe('a key', () => {
  test('gives the first answer again, and only for the same request', async () => {
    const options = { idempotencyKey: 'once' }
    const first = await stripe.customers.create({ name: 'Once' }, options)
    expect((await stripe.customers.create({ name: 'Once' }, options)).id).toBe(first.id)
    await expect(stripe.customers.create({ name: 'Twice' }, options)).rejects.toMatchObject({
      type: 'StripeIdempotencyError',
      statusCode: 400,
    })
  })

  test('is forgotten after a day', async () => {
    const options = { idempotencyKey: 'daily' }
    const first = await stripe.customers.create({ name: 'Daily' }, options)
    standIn.world.state.clock.standing! += 25 * 3_600
    expect((await stripe.customers.create({ name: 'Daily' }, options)).id).not.toBe(first.id)
  })
})

test('lists go page by page, newest first, and expansions are followed', async () => {
  const ids: string[] = []
  for (let n = 0; n < 7; n++)
    ids.push((await stripe.invoices.create({ customer: customer.id, currency: 'eur', metadata: { n } })).id)
  const listed: string[] = []
  for await (const one of stripe.invoices.list({ customer: customer.id, status: 'draft', limit: 3 }))
    listed.push(one.id)
  expect(listed.slice(0, 7)).toEqual(ids.toReversed())
  const [id = ''] = ids
  const expanded = await stripe.invoices.retrieve(id, { expand: ['customer', 'payments'] })
  expect(expanded.customer).toMatchObject({ id: customer.id, name: 'Ada' })
  expect(expanded.payments).toMatchObject({ object: 'list', data: [] })
  await expect(stripe.invoices.retrieve(id, { expand: ['nothing'] })).rejects.toThrow('cannot be expanded')
})

test('a subscription renews by the clock, a draft an hour before it is finalized and charged', async () => {
  const buyer = await stripe.customers.create({ name: 'Buyer' })
  const anchored = await stripe.subscriptions.create({
    customer: buyer.id,
    items: [{ price: price.id }],
    billing_cycle_anchor_config: { day_of_month: 31, hour: 10, minute: 0, second: 0 },
    proration_behavior: 'none',
  })
  expect(anchored).toMatchObject({ status: 'active', billing_mode: { type: 'flexible' }, latest_invoice: null })
  await control('card', { customer: buyer.id, card: 'works' })
  const at = async (text: string) => {
    await control('clock', { to: utc(text).toISOString() })
    return (await stripe.invoices.list({ customer: buyer.id })).data.map((one) => [one.status, one.total])
  }
  expect(await at('2026-02-28 09:59')).toEqual([])
  expect(await at('2026-02-28 10:30')).toEqual([['draft', 1_200]])
  expect(await at('2026-02-28 11:01')).toEqual([['paid', 1_200]])
  expect(await at('2026-03-31 10:00')).toEqual([
    ['draft', 1_200],
    ['paid', 1_200],
  ])
  const { data } = await stripe.events.list({ type: 'invoice.paid' })
  expect(data[0]?.data.object).toMatchObject({ customer: buyer.id })
})

test('its webhooks carry signatures that Stripe’s library accepts', async () => {
  const { signatureOf } = await import('../../../stripe/deliver.ts')
  const body = '{"id":"evt_1","object":"event"}'
  const now = Math.floor(Date.now() / 1000)
  expect(Stripe.webhooks.constructEvent(body, signatureOf(body, 'whsec_x', now), 'whsec_x')).toMatchObject({
    id: 'evt_1',
  })
  expect(() => Stripe.webhooks.constructEvent(`${body} `, signatureOf(body, 'whsec_x', now), 'whsec_x')).toThrow(
    'signature',
  )
})
