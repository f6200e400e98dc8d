import type { Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { page as openPage } from '../support/browser.ts'
import { dunAfter, expectInvoices, expectRestored, payWith } from '../support/cards.ts'
import { freePort, startControlPlane, type ControlPlane } from '../support/controlPlane.ts'
import { mutate, signIn } from '../support/steps.ts'
import { poll } from '../support/stories.ts'
import { startStandIn, type StandIn } from '../stripe/standIn.ts'

// A card pays, is declined, leads to suspension step by step, and another one restores everything. Cards are taken by the
// stand-in; days pass by moving back when the invoice was due and when each step was taken.

const SECRET = 'whsec_of_the_story_of_cards'

let stripe: StandIn
let plane: ControlPlane
let page: Page

beforeAll(async () => {
  stripe = await startStandIn({ port: await freePort() })
  plane = await startControlPlane({
    env: { STRIPE_SECRET_KEY: 'sk_test_standin', STRIPE_API_BASE: stripe.url, STRIPE_WEBHOOK_SECRET: SECRET },
  })
  await fetch(`${stripe.url}/_control/endpoint`, {
    method: 'POST',
    body: JSON.stringify({ url: `${plane.url}/v1/stripe/webhook`, secret: SECRET }),
  })
  await mutate(plane, 'accounts.createFor', { name: 'dinghy', displayName: 'Dinghy', ownerEmail: plane.admin.email })
  page = await openPage({ baseURL: plane.url })
  await signIn(page, plane.url, plane.admin)
})

afterAll(async () => {
  await page?.context().close()
  await plane?.remove()
  await stripe?.close()
})

const button = (name: string | RegExp) => page.getByRole('button', { name, exact: typeof name === 'string' })

test('a plan is paid by card at Checkout and is active on the way back', async () => {
  await page.goto('/dinghy/plan')
  await button('Start Business').click()
  await button('Pay by card').click()
  await payWith(page, 'dinghy', /: works$/, 'Subscribe')
  await page.getByText('visa, ends in 4242').waitFor()
  await page.goto('/dinghy/plan')
  await page.getByRole('heading', { name: /^Your plan: Business/ }).waitFor()
  await expectInvoices(page, 'dinghy', 'Paid', 1)
})

test('a charge that is declined makes the plan past due, and says so', async () => {
  await page.goto('/dinghy/billing')
  await button('Change the card').click()
  await payWith(page, 'dinghy', /declined at every charge/, 'Use this card')
  await poll(async () => {
    await page.goto('/dinghy/billing')
    await button('Change the card').waitFor()
    return page.getByText('visa, ends in 0341').count()
  }).toBe(1)
  await page.goto('/dinghy/plan')
  await button('Change the number').click()
  await page.getByRole('dialog').getByLabel('Private repositories').fill('60')
  await button('Confirm the change').click()
  await poll(async () => {
    await page.goto('/dinghy/plan')
    await page.getByRole('heading', { name: /^Your plan: Business/ }).waitFor()
    return page.getByText('An invoice is past due').count()
  }).toBe(1)
})

test('nobody pays: reminded, warned and then suspended, with what to do on every page', async () => {
  await dunAfter(plane, 20, 'past_due')
  await dunAfter(plane, 3, 'reminded')
  await dunAfter(plane, 4, 'final_notice')
  await dunAfter(plane, 4, 'grace')
  await dunAfter(plane, 3, 'suspended')
  await page.goto('/dinghy')
  await page
    .getByText(/is not paid\. Pay it under Invoices/)
    .first()
    .waitFor()
  expect(await page.getByText(/is not paid\. Pay it under Invoices/).count()).toBeGreaterThan(0)
})

test('a card that works pays what is open, and everything is restored at once', async () => {
  await expectRestored(page, 'dinghy')
})
