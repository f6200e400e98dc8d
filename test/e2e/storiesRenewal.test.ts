import type { Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addMonths } from '#server/billing/period.ts'
import { addJob } from '#server/jobs.ts'
import { startStandIn, type StandIn } from '../stripe/standIn.ts'
import { page as openPage } from '../support/browser.ts'
import { dunAfter, expectInvoices, expectRestored, payWith } from '../support/cards.ts'
import { freePort, startControlPlane, type ControlPlane } from '../support/controlPlane.ts'
import { mutate, signIn } from '../support/steps.ts'
import { poll } from '../support/stories.ts'

// A plan's renewal is declined. The stand-in for Stripe begins a month ago and is moved on; the control plane lives now, so
// that the month bought there is over here.

const SECRET = 'whsec_of_the_story_of_renewals'
const MINUTE = 60_000

let stripe: StandIn
let plane: ControlPlane
let page: Page

const control = async (name: string, given: object) => {
  const answer = await fetch(`${stripe.url}/_control/${name}`, { method: 'POST', body: JSON.stringify(given) })
  expect([name, answer.status]).toEqual([name, 200])
}

/** Has the account been there, on Free, since before the stand-in's month began. */
const beganEarlier = async () => {
  const sql = plane.connect()
  try {
    const terms = () =>
      sql`select 1 from subscription_term t join account a on a.id = t.account_id where a.name = 'skiff'`
    await poll(async () => (await terms()).length).toBe(1)
    await sql.begin(async (tx) => {
      await tx`alter table subscription_term disable trigger user`
      await tx`update subscription_term set from_at = from_at - interval '40 days'`
      await tx`alter table subscription_term enable trigger user`
      await tx`update subscription set started_at = started_at - interval '40 days',
        period_start = period_start - interval '40 days', paid_from = paid_from - interval '40 days'`
    })
  } finally {
    await sql.end()
  }
}

beforeAll(async () => {
  stripe = await startStandIn({
    port: await freePort(),
    standing: new Date(addMonths(new Date(), -1).getTime() - MINUTE),
  })
  plane = await startControlPlane({
    env: { STRIPE_SECRET_KEY: 'sk_test_standin', STRIPE_API_BASE: stripe.url, STRIPE_WEBHOOK_SECRET: SECRET },
  })
  await control('endpoint', { url: `${plane.url}/v1/stripe/webhook`, secret: SECRET })
  await mutate(plane, 'accounts.createFor', { name: 'skiff', displayName: 'Skiff', ownerEmail: plane.admin.email })
  page = await openPage({ baseURL: plane.url })
  await signIn(page, plane.url, plane.admin)
})

afterAll(async () => {
  await page?.context().close()
  await plane?.remove()
  await stripe?.close()
})

const button = (name: string) => page.getByRole('button', { name, exact: true })

test('a month is paid by card, and the card is changed to one that is declined', async () => {
  await beganEarlier()
  await page.goto('/skiff/plan')
  await button('Start Business').click()
  await button('Pay by card').click()
  await payWith(page, 'skiff', /: works$/, 'Subscribe')
  await expectInvoices(page, 'skiff', 'Paid', 1)
  await page.goto('/skiff/billing')
  await button('Change the card').click()
  await payWith(page, 'skiff', /declined at every charge/, 'Use this card')
  await poll(async () => {
    await page.goto('/skiff/billing')
    await button('Change the card').waitFor()
    return page.getByText('visa, ends in 0341').count()
  }).toBe(1)
})

test('the renewal is drafted, filled and declined: the plan is past due', async () => {
  const sql = plane.connect()
  try {
    const renewal = async () =>
      (await sql<{ state: string }[]>`select state from invoice where starts_with(key, 'period:')`)[0]?.state
    await addJob(sql, 'billing.close_periods', {})
    await poll(renewal).toBe('draft')
    await control('clock', { to: new Date().toISOString() })
    await addJob(sql, 'billing.finalize_drafts', {})
    await poll(renewal).toBe('finalized')
    // Stripe waits an hour before it charges.
    await control('clock', { to: new Date(Date.now() + 70 * MINUTE).toISOString() })
  } finally {
    await sql.end()
  }
  await poll(async () => {
    await page.goto('/skiff/plan')
    await page.getByRole('heading', { name: /^Your plan: Business/ }).waitFor()
    return page.getByText('An invoice is past due').count()
  }).toBe(1)
  await page.goto('/skiff/invoices')
  await page.getByRole('row').nth(1).waitFor()
  expect(await page.getByRole('row').filter({ hasText: 'Paid' }).count()).toBe(1)
  expect(await page.getByRole('row').count()).toBe(3)
})

test('nobody pays and it is suspended; a card that works pays the renewal and restores everything', async () => {
  await dunAfter(plane, 20, 'past_due')
  await dunAfter(plane, 3, 'reminded')
  await dunAfter(plane, 4, 'final_notice')
  await dunAfter(plane, 4, 'grace')
  await dunAfter(plane, 3, 'suspended')
  await page.goto('/skiff')
  await page
    .getByText(/is not paid\. Pay it under Invoices/)
    .first()
    .waitFor()
  await expectRestored(page, 'skiff')
})
