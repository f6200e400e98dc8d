import { afterAll, expect, test } from 'vitest'
import { cancelNow } from '#server/billing/cancelSubscription.ts'
import { changePlan } from '#server/billing/changePlan.ts'
import { voidInvoice } from '#server/billing/closeInvoice.ts'
import { creditNote } from '#server/billing/creditNote.ts'
import { ensureProfile } from '#server/billing/ensureProfile.ts'
import { needStripe } from '#server/billing/stripe/client.ts'
import { compare } from '#server/billing/stripe/compare.ts'
import { ensureCustomer, followCard, makeDefault } from '#server/billing/stripe/customer.ts'
import { openCheckout, openPortal } from '#server/billing/stripe/openCheckout.ts'
import { poll } from '#server/billing/stripe/poll.ts'
import { syncSubscription } from '#server/billing/stripe/syncSubscription.ts'
import { systemContext } from '#server/context.ts'
import { JOBS, type JobName } from '#server/jobs.ts'
import { handlers } from '#server/worker.ts'
import { startStandIn } from '../../../stripe/standIn.ts'
import { faultsIn } from '../books.ts'
import { billingHouse } from '../house.ts'

// The same story with the stand-in and with Stripe's test mode, which verifies the stand-in and an installation:
//   STRIPE_SECRET_KEY=sk_test_… npx vitest run --project unit test/server/billing/stripe/scenario.test.ts
// Nothing in it waits for a clock or needs webhooks to reach this machine: events are polled.

const key = process.env['STRIPE_SECRET_KEY']
const isReal = key !== undefined && key.startsWith('sk_test_') && process.env['STRIPE_API_BASE'] === undefined
const standIn = isReal ? undefined : await startStandIn()
afterAll(() => standIn?.close())

const house = await billingHouse(
  standIn ? { STRIPE_SECRET_KEY: 'sk_test_standin', STRIPE_API_BASE: standIn.url } : { STRIPE_SECRET_KEY: key! },
)
const { sql, env } = house
const now = () => systemContext(sql, env, 'scenario')
const stripe = needStripe(env)
const name = `scenario-${Date.now().toString(36)}`

type Job = { id: bigint; name: JobName; payload: unknown }
/** Does billing's jobs, polls Stripe, and does what follows. */
const settle = async () => {
  for (let round = 0; round < 3; round++) {
    const tried = new Set<bigint>()
    for (;;) {
      const jobs = await sql<Job[]>`select j.id, t.identifier as name, j.payload from graphile_worker._private_jobs j
        join graphile_worker._private_tasks t on t.id = j.task_id
        where t.identifier like 'billing.%' and t.identifier <> 'billing.pin_evidence' order by j.id`
      const job = jobs.find(({ id }) => !tried.has(id))
      if (!job) break
      tried.add(job.id)
      const handle = handlers[job.name] as (context: unknown, payload: unknown) => Promise<void>
      await handle({ ...now(), requestId: `job-${job.id}` }, JOBS[job.name].parse(job.payload))
      await sql`delete from graphile_worker._private_jobs where id = ${job.id}`
    }
    await poll(now())
  }
}
/** Stripe charges a finalized invoice within an hour: nobody waits for that here. */
const chargeNow = async (id: bigint) => {
  const rows = await sql<{ stripeInvoiceId: string }[]>`select stripe_invoice_id from invoice
    where account_id = ${id} and state = 'finalized'`
  for (const { stripeInvoiceId } of rows) await stripe.invoices.pay(stripeInvoiceId).catch(() => {})
  await settle()
}
const invoices = async (id: bigint) =>
  await sql<
    { id: bigint; key: string; state: string; totalMinor: bigint; number: string | null; stripeInvoiceId: string }[]
  >`
    select id, split_part(key, ':', 1) as key, state, total_minor, number, stripe_invoice_id from invoice
    where account_id = ${id} order by id`
/** An account with a card of Stripe's own test cards. */
const buyer = async (suffix: string, card: string) => {
  const id = await house.account(`${name}-${suffix}`, new Date())
  await sql.begin((tx) => ensureProfile(tx, now(), { accountId: id, driver: 'stripe' }))
  const customer = await ensureCustomer(now(), id)
  const method = await stripe.paymentMethods.attach(card, { customer })
  await makeDefault(now(), id, customer, method.id)
  await followCard(now(), customer)
  return { id, customer }
}

const timeout = isReal ? 180_000 : 30_000

test('a plan is started, changed, credited and ended, and Stripe and we agree', { timeout }, async () => {
  const { id, customer } = await buyer('works', 'pm_card_visa')
  const [card] = await sql`select card ->> 'last4' as last4 from billing_profile where account_id = ${id}`
  expect(card).toEqual({ last4: '4242' })
  const { id: business } = await house.version('business')
  await changePlan(now(), { accountId: id, planVersionId: business, quantities: { private_repositories: 25 } })
  await settle()
  await chargeNow(id)
  const [first] = await invoices(id)
  expect(first).toMatchObject({ key: 'start', state: 'paid', totalMinor: 5_900n })
  const there = await stripe.invoices.retrieve(first!.stripeInvoiceId)
  expect(there).toMatchObject({
    status: 'paid',
    number: first!.number,
    total: 5_900,
    auto_advance: expect.any(Boolean),
  })
  expect((await stripe.customers.retrieve(customer)).id).toBe(customer)

  // Not before both clocks are sure to be past the start.
  await syncSubscription(systemContext(sql, env, 'scenario', new Date(Date.now() + 180_000)), { accountId: String(id) })
  const [subscription] = (await stripe.subscriptions.list({ customer })).data
  expect(subscription).toMatchObject({ status: 'active', billing_mode: { type: 'flexible' } })
  const [mine] = await sql<{ end: Date }[]>`select period_end as end from subscription
    where account_id = ${id} and state = 'active'`
  // Stripe's clock renews it where our period ends.
  expect(subscription!.items.data[0]!.current_period_end).toBe(mine!.end.getTime() / 1000)

  await changePlan(now(), { accountId: id, planVersionId: business, quantities: { private_repositories: 30 } })
  await settle()
  await chargeNow(id)
  const items = (await stripe.subscriptions.retrieve(subscription!.id)).items.data
  expect(items.map((item) => item.quantity).toSorted()).toEqual([1, 10])

  await creditNote(now(), {
    accountId: id,
    invoiceId: first!.id,
    key: 'scenario',
    reason: 'A test',
    lines: [{ position: null, description: 'A test', amountMinor: 100n }],
    settledAs: 'refund',
  })
  await settle()
  const notes = await stripe.creditNotes.list({ invoice: first!.stripeInvoiceId })
  expect(notes.data).toMatchObject([{ total: 100 }])

  await cancelNow(now(), { accountId: id })
  await settle()
  expect((await stripe.subscriptions.retrieve(subscription!.id)).status).toBe('canceled')
  expect(await faultsIn(sql)).toEqual([])
})

test(
  'a card that is declined leaves an invoice open, which is void on both sides when it is taken back',
  { timeout },
  async () => {
    const { id } = await buyer('declined', 'pm_card_chargeCustomerFail')
    const { id: business } = await house.version('business')
    await changePlan(now(), { accountId: id, planVersionId: business })
    await settle()
    await chargeNow(id)
    const [open] = await invoices(id)
    expect(open).toMatchObject({ state: 'finalized' })
    expect(await sql`select 1 from dunning_step where account_id = ${id} and step like 'failed:%'`).not.toHaveLength(0)
    await voidInvoice(now(), { accountId: id, invoiceId: open!.id, reason: 'a test' })
    await settle()
    expect((await stripe.invoices.retrieve(open!.stripeInvoiceId)).status).toBe('void')
  },
)

test('Checkout and Portal open, with and without a plan', { timeout }, async () => {
  const id = await house.account(`${name}-pages`, new Date())
  const account = { id, name: `${name}-pages` }
  expect(await openCheckout(now(), account, undefined)).toMatchObject({ mode: 'setup' })
  const { id: business } = await house.version('business')
  expect(await openCheckout(now(), account, { planVersionId: business })).toMatchObject({ mode: 'subscription' })
  const { id: cloud } = await house.version('cloud')
  expect(await openCheckout(now(), account, { planVersionId: cloud })).toMatchObject({ mode: 'setup' })
  expect((await openPortal(now(), account)).url).toMatch(/^https?:/)
})

test('parameters that Stripe does not know are refused', { timeout }, async () => {
  await expect(stripe.customers.create({ nmae: 'x' } as never)).rejects.toMatchObject({
    code: 'parameter_unknown',
    param: 'nmae',
  })
})

test('a key is for one request', { timeout }, async () => {
  const options = { idempotencyKey: `scenario:${name}` }
  const first = await stripe.customers.create({ name: 'One' }, options)
  expect((await stripe.customers.create({ name: 'One' }, options)).id).toBe(first.id)
  await expect(stripe.customers.create({ name: 'Two' }, options)).rejects.toMatchObject({
    type: 'StripeIdempotencyError',
  })
})

test('nothing differs in the end', { timeout }, async () => {
  await compare(now())
  const open = await sql`select kind, object_id, ours, theirs from stripe_drift where resolved_at is null`
  expect(open).toEqual([])
})
