import { setTimeout as sleep } from 'node:timers/promises'
import { changePlan } from '../billing/changePlan.ts'
import { closePeriods } from '../billing/closePeriods.ts'
import { collectDue } from '../billing/collect.ts'
import { createCoupon } from '../billing/coupon.ts'
import { editProfile } from '../billing/editProfile.ts'
import { editSeller } from '../billing/editSeller.ts'
import { finalizeDrafts } from '../billing/finalizeDrafts.ts'
import { grantCredit } from '../billing/grantCredit.ts'
import { newestVersion } from '../billing/planVersion.ts'
import { recordPayment } from '../billing/recordPayment.ts'
import { setBudget } from '../billing/setBudget.ts'
import { forecastBase, forecastOf, spendSoFar } from '../billing/spendOf.ts'
import { startSubscription } from '../billing/startSubscription.ts'
import { majorText } from '../money.ts'
import { DAY_MS, MINUTE_MS } from '../time.ts'
import type { Context } from '../context.ts'
import type { People } from './people.ts'

/** The clock's own jobs run at each minute's start; none may fall between what happens long ago here. */
const TAKES_MS = 8_000
const CURRENCY = 'EUR'

type Step = { daysAgo: number; act: (ctx: Context) => Promise<unknown> }

/**
 * What the demo's accounts bought, owe and paid, by the verbs that do it always, each at its time: plans, a coupon, credit, a
 * change of plan, an invoice that nobody pays. It comes after the fleet's history, which the invoices are of.
 */
export const seedBilling = async (operator: Context, { accounts }: People): Promise<void> => {
  const left = MINUTE_MS - (Date.now() % MINUTE_MS)
  if (left < TAKES_MS) await sleep(left + 1_000)
  const ctxAt = (daysAgo: number): Context => ({
    ...operator,
    now: new Date(operator.now.getTime() - daysAgo * DAY_MS),
  })
  const id = (account: string) => accounts.get(account)!
  const start =
    (account: string, plan: string, more: { coupon?: string; quantities?: Record<string, number> } = {}) =>
    async (ctx: Context) => {
      const { id: planVersionId } = await newestVersion(ctx.sql, plan, CURRENCY, 'month')
      await startSubscription(ctx, { accountId: id(account), planVersionId, trialDays: 0, ...more })
    }
  const steps: Step[] = [
    ...SELLER_AND_BUYERS.map((act): Step => ({ daysAgo: 110, act: (ctx) => act(ctx, id) })),
    { daysAgo: 104, act: (ctx) => createCoupon(ctx, COUPON) },
    { daysAgo: 101, act: start('saltmarsh', 'team') },
    { daysAgo: 92, act: start('tidepool', 'team', { coupon: COUPON.code }) },
    { daysAgo: 75, act: start('greyheron', 'business', { quantities: { private_repositories: 34 } }) },
    { daysAgo: 53, act: start('lowlight', 'cloud') },
    {
      daysAgo: 42,
      act: async (ctx) => {
        const { id: planVersionId } = await newestVersion(ctx.sql, 'cloud', CURRENCY, 'month')
        await changePlan(ctx, { accountId: id('saltmarsh'), planVersionId, quantities: {} })
      },
    },
    { daysAgo: 37, act: start('oxbow', 'cloud') },
    {
      daysAgo: 20,
      act: (ctx) =>
        grantCredit(ctx, {
          accountId: id('saltmarsh'),
          kind: 'promotional',
          amountMinor: 2_500n,
          reason: 'For the slow disks of ams1 in the first week',
          key: 'demo',
        }),
    },
    // Transfers come some days after their invoices; lowlight sends none, and what is newest is not due yet.
    ...[96, 84, 66, 54, 39, 34, 24, 9].map((daysAgo): Step => ({
      daysAgo,
      act: (ctx) => payOpen(ctx, ['saltmarsh', 'tidepool', 'greyheron'].map(id)),
    })),
    ...Array.from({ length: TIMES_KEPT }, (_, n): Step => ({
      daysAgo: n * KEPT_EVERY_DAYS + KEPT_AT,
      act: async () => {},
    })),
  ]
  for (const { daysAgo, act } of steps.toSorted((a, b) => b.daysAgo - a.daysAgo)) {
    await keepBooks(ctxAt(daysAgo))
    await act(ctxAt(daysAgo))
  }
  await keepBooks(operator)
  await limitSpend(operator, { id: id('saltmarsh'), name: 'saltmarsh' })
}

const COUPON = {
  code: 'HARBOUR20',
  name: 'Opening of the second harbour',
  percent: '20',
  amountMinor: null,
  currency: null,
  duration: 'months' as const,
  months: 6,
  mostRedemptions: 50,
  expiresAt: null,
}

/** Books are kept every so many days, on none of which something else happens. */
const KEPT_EVERY_DAYS = 2
const KEPT_AT = 0.3
const TIMES_KEPT = 51

const SELLER_AND_BUYERS: ((ctx: Context, id: (account: string) => bigint) => Promise<void>)[] = [
  (ctx) =>
    editSeller(ctx, {
      name: 'Halyard Cloud B.V.',
      address: ['Oostelijke Handelskade 12', '1019 BN Amsterdam'],
      country: 'NL',
      taxId: null,
      email: 'billing@halyard.example',
      paymentDetails: 'To NL91 ABNA 0417 1643 00 of Halyard Cloud B.V.',
      invoicePrefix: 'HC',
    }),
  (ctx, id) =>
    editProfile(ctx, id('saltmarsh'), {
      name: 'Saltmarsh Analytics B.V.',
      address: ['Kweldersteeg 4', '9712 GR Groningen'],
      country: 'NL',
      taxId: null,
      reference: 'PO 2026-118',
      contacts: ['petra@saltmarsh.example'],
    }),
  (ctx, id) =>
    editProfile(ctx, id('greyheron'), {
      name: 'Grey Heron Media AB',
      address: ['Hamngatan 9', '411 14 Göteborg'],
      country: 'SE',
      taxId: null,
      reference: null,
      contacts: [],
    }),
]

/** What the clock's jobs would have done by then. */
export const keepBooks = async (ctx: Context) => {
  const system = (job: string): Context => ({ ...ctx, actor: { kind: 'system', label: `job ${job}` } })
  await closePeriods(system('billing.close_periods'))
  await finalizeDrafts(system('billing.finalize_drafts'))
  await collectDue(system('billing.dun'))
}

/** Records a transfer for each open invoice of these accounts. */
const payOpen = async (ctx: Context, accountIds: bigint[]) => {
  const open = await ctx.sql<{ accountId: bigint; invoiceId: bigint; number: string; due: bigint }[]>`
    select account_id, id as invoice_id, number, total_minor - prepaid_minor - paid_minor - credited_minor as due
    from invoice where account_id = any(${accountIds.map(String)}::bigint[]) and state = 'finalized'
      and finalized_at < ${new Date(ctx.now.getTime() - DAY_MS)} order by finalized_at, id`
  for (const { accountId, invoiceId, number, due } of open)
    if (due > 0n)
      await recordPayment(ctx, {
        accountId,
        invoiceId,
        amountMinor: due,
        method: 'transfer',
        key: `demo:${number}`,
        reference: number,
        receivedAt: ctx.now,
      })
}

/** A budget below and a cap above what is foretold, in whole tens. */
const limitSpend = async (ctx: Context, account: { id: bigint; name: string }) => {
  const spend = await spendSoFar(ctx.sql, account.id, ctx.now)
  if (!spend) return
  const { mid } = forecastOf(spend, await forecastBase(ctx.sql, account.id, ctx.now))
  const tens = (percent: bigint) => majorText(((mid * percent) / 100_000n + 1n) * 1_000n, CURRENCY)
  await setBudget(ctx, account, { budget: tens(92n), cap: tens(115n), capAction: 'throttle' })
}
