import type { Page } from 'playwright'
import { expect } from 'vitest'
import { addJob } from '#server/jobs.ts'
import type { ControlPlane } from './controlPlane.ts'
import { poll } from './stories.ts'

/** Chooses a card on the page of the stand-in for Stripe and comes back to the account's billing. */
export const payWith = async (page: Page, account: string, card: RegExp, press: string): Promise<void> => {
  await page.getByText('A stand-in for Stripe').waitFor()
  await page.getByRole('radio', { name: card }).check()
  await page.getByRole('button', { name: press, exact: true }).click()
  await page.waitForURL(new RegExp(`/${account}/billing`))
}

/** Lets days pass for what is not paid, then has collection take the step it is time for. */
export const dunAfter = async (plane: ControlPlane, days: number, step: string): Promise<void> => {
  const sql = plane.connect()
  try {
    const by = `${days} days`
    await sql.begin(async (tx) => {
      await tx`update invoice set due_at = due_at - ${by}::interval where state = 'finalized'`
      // A step that was taken stays as it is, but for a story that has no weeks to wait.
      await tx`alter table dunning_step disable trigger user`
      await tx`update dunning_step set at = at - ${by}::interval`
      await tx`alter table dunning_step enable trigger user`
    })
    await addJob(sql, 'billing.dun', {})
    await poll(async () => (await sql`select 1 from dunning_step where step = ${step}`).length).toBe(1)
  } finally {
    await sql.end()
  }
}

/** Opens a list of invoices until it says so many are in this state. */
export const expectInvoices = async (page: Page, account: string, state: string, count: number): Promise<void> => {
  await poll(async () => {
    await page.goto(`/${account}/invoices`)
    await page.getByRole('row').nth(1).waitFor()
    return page.getByRole('row').filter({ hasText: state }).count()
  }).toBe(count)
}

/** Gives a card that works to an account on Business that owes, and sees everything paid and restored. */
export const expectRestored = async (page: Page, account: string): Promise<void> => {
  await page.goto(`/${account}/billing`)
  await page.getByRole('button', { name: 'Change the card', exact: true }).click()
  await payWith(page, account, /: works$/, 'Use this card')
  await expectInvoices(page, account, 'Paid', 2)
  await poll(async () => {
    await page.goto(`/${account}/plan`)
    await page.getByRole('heading', { name: /^Your plan: Business/ }).waitFor()
    return (
      (await page.getByText(/is not paid\. Pay it/).count()) + (await page.getByText('An invoice is past due').count())
    )
  }).toBe(0)
  expect(await page.getByText('Active', { exact: true }).count()).toBe(1)
}
