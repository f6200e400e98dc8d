import type { Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DEMO_CUSTOMER, DEMO_OPERATOR, DEMO_PASSWORD } from '#server/demo/people.ts'
import { page as openPage } from '../support/browser.ts'
import type { ControlPlane } from '../support/controlPlane.ts'
import { mutate, signIn } from '../support/steps.ts'
import { poll, startDemoPlane } from '../support/stories.ts'

// A customer without a card chooses a plan, buys more of it, pauses and cancels, and sees each price before; an admin drafts
// the next version of that plan, sees what it would have changed, publishes it and moves the customer to it.

let plane: ControlPlane
let page: Page
let ops: Page

beforeAll(async () => {
  plane = await startDemoPlane()
  page = await openPage({ baseURL: plane.url })
  ops = await openPage({ baseURL: plane.url })
  await signIn(page, plane.url, { email: DEMO_CUSTOMER, password: DEMO_PASSWORD })
  await signIn(ops, plane.url, { email: DEMO_OPERATOR, password: DEMO_PASSWORD })
  await mutate(plane, 'accounts.createFor', { name: 'drydock', displayName: 'Dry Dock', ownerEmail: DEMO_CUSTOMER })
})

afterAll(async () => {
  await page?.context().close()
  await ops?.context().close()
  await plane?.remove()
})

const button = (name: string | RegExp, on = page) => on.getByRole('button', { name, exact: typeof name === 'string' })
const dialog = (on = page) => on.getByRole('dialog')
const limit = (name: string) =>
  page.getByRole('group', { name: 'What the plan gives' }).getByRole('row', { name }).first()

test('a plan is started after its price with tax was shown, and its limits hold at once', async () => {
  await page.goto('/drydock/plan')
  await button('Start Business').click()
  await dialog().getByLabel('Private repositories').fill('25')
  // 49.00 and 5 more for 2.00, and 21 % of it.
  await dialog().getByRole('row', { name: 'To pay now €71.39' }).waitFor()
  await dialog().getByRole('button', { name: 'Start and pay by invoice' }).click()
  await page.getByRole('heading', { name: 'Your plan: Business' }).waitFor()
  await poll(() => limit('Private repositories').textContent()).toContain('25')
  expect(await button('Start Business').count()).toBe(0)
})

test('buying more shows the seconds that are left, and charges what it showed', async () => {
  // In the second in which it began the whole interval is left.
  await page.waitForTimeout(1_100)
  await button('Change the number').click()
  await dialog().getByLabel('Private repositories').fill('40')
  const row = dialog().getByRole('row', { name: /^Remaining Private repositories, 20/ })
  await row.waitFor()
  expect(await row.textContent()).toMatch(/[\d,]+ of [\d,]+ s/)
  await button('Confirm the change').click()
  await poll(() => limit('Private repositories').textContent()).toContain('40')
})

test('paused, the limits of Free hold until it is resumed', async () => {
  await button('Pause or cancel').click()
  await page.getByRole('menuitem', { name: 'Pause the plan…' }).click()
  await page.getByRole('alertdialog').getByText('credited for the unused rest, to the second').waitFor()
  await button('Pause Business').click()
  await button('Resume Business').waitFor()
  expect(await limit('Private repositories').textContent()).toContain('plan free')
  await button('Resume Business').click()
  await poll(() => limit('Private repositories').textContent()).toContain('40')
})

test('a plan that is canceled stays until what is paid for ends, and can be kept', async () => {
  await button('Pause or cancel').click()
  await page.getByRole('menuitem', { name: 'Cancel the plan…' }).click()
  await button('Cancel Business').click()
  await page.getByText('Business ends', { exact: true }).waitFor()
  await button('Keep Business').click()
  await page.getByText('Business ends', { exact: true }).waitFor({ state: 'detached' })
  expect(await page.getByRole('term').filter({ hasText: 'Renews' }).count()).toBe(1)
})

test('an admin drafts the next version, publishes it and moves customers, who stay on theirs until then', async () => {
  await ops.goto('/ops/catalog/business?currency=EUR&interval=month')
  const fee = ops.getByRole('group', { name: 'Base fee' }).getByLabel('Amount')
  await fee.fill('a lot')
  await button('Save the draft', ops).click()
  await ops.getByRole('group', { name: 'Base fee' }).getByText('a decimal such as').waitFor()
  await fee.fill('59.00')
  await button('Compute it', ops).click()
  await ops
    .getByText(/No invoice of last month is by this plan|Would be/)
    .first()
    .waitFor()
  await button('Save the draft', ops).click()
  await button(/^Publish version 2/, ops).click()
  await button('Save and publish it', ops).click()
  await ops.getByText('Version 2 is on sale.').first().waitFor()

  await page.reload()
  expect(await page.getByText('Version 1, EUR, by the month').count()).toBe(1)
  await ops.goto('/ops/catalog')
  await button(/^Move \d+ here$/, ops)
    .first()
    .click()
  await dialog(ops).getByLabel('On').fill('2026-01-01')
  await button(/^Tell and move/, ops).click()
  await poll(async () => {
    await page.reload()
    return page.getByText('Version 2, EUR, by the month').count()
  }).toBe(1)
})
