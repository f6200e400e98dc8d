import type { Pool } from '#db/client.ts'
import { decideAdjustment, proposeAdjustment } from '#server/billing/adjust.ts'
import { cancelAtPeriodEnd, cancelNow } from '#server/billing/cancelSubscription.ts'
import { changePlan } from '#server/billing/changePlan.ts'
import { grantCredit } from '#server/billing/grantCredit.ts'
import { pauseSubscription, resumeSubscription } from '#server/billing/pauseSubscription.ts'
import { recordPayment } from '#server/billing/recordPayment.ts'
import { startSubscription } from '#server/billing/startSubscription.ts'
import type { Context } from '#server/context.ts'
import { DomainError } from '#server/errors.ts'
import type { Step } from '../../billing/expected.ts'
import type { Booth } from './booth.ts'
import type { Clockwork } from './clockwork.ts'
import { playAgents } from './reports.ts'
import type { Customer, Pays, Script } from './script.ts'
import type { Stage } from './stage.ts'
import { changesOf, writeChanges } from './usage.ts'

const DAY = 86_400_000
const SOON_MS = 5 * 60_000
const ROLLING: ReadonlySet<string> = new Set(['usage.roll'])
const NOTHING: ReadonlySet<string> = new Set()
/** What has to be done by the clock before somebody's plan is touched; in an installation it is every minute. */
const BEFORE_A_STEP = new Set(['billing.end_trials', 'billing.close_periods', 'billing.finalize_drafts'])

type Open = {
  accountId: bigint
  id: bigint
  number: string
  dueAt: Date
  openMinor: bigint
  /** Where it is charged to a card: the customer at Stripe. */
  customer: string | null
  pays: Pays
  parts: number
}

/** Invoices that are not paid, with what is open of each. */
const openInvoices = (sql: Pool) => sql<Omit<Open, 'pays'>[]>`
  select i.account_id, i.id, i.number, i.due_at, case when i.driver = 'stripe' then b.stripe_customer_id end as customer,
    i.total_minor - i.prepaid_minor - i.paid_minor - i.credited_minor as open_minor,
    (select count(*)::int from payment p where p.account_id = i.account_id and p.invoice_id = i.id) as parts
  from invoice i join billing_profile b on b.account_id = i.account_id where i.state = 'finalized'`

const isTimeToPay = ({ pays, dueAt, parts, customer }: Open, atMs: number): boolean => {
  const due = dueAt.getTime()
  // A card is charged by itself; only who is late has to look for another.
  if (customer !== null && pays !== 'late') return false
  switch (pays) {
    case 'early':
      return atMs >= due - 5 * DAY
    case 'late':
      return atMs >= due + 45 * DAY
    case 'in parts':
      return atMs >= due - 2 * DAY + parts * 9 * DAY
    case 'never':
      return false
  }
}

const pay = async (ctx: Context, open: Open, amountMinor: bigint) => {
  const { accountId, id: invoiceId, number, parts } = open
  const payment = { accountId, invoiceId, amountMinor, method: 'transfer' as const, receivedAt: ctx.now }
  const key = `transfer:${number}:${parts}`
  // The bank's statement is read twice.
  for (const _ of [1, 2]) await recordPayment(ctx, { ...payment, key, reference: number })
}

/** Lives through a script by the verbs: everybody's steps, usage as it is heard of, payments, and the worker's clock. */
export const liveThrough = async (options: {
  sql: Pool
  clock: Clockwork
  script: Script
  stage: Stage
  booth: Booth | null
  tickMs: number
}): Promise<void> => {
  const { sql, clock, script, stage, booth, tickMs } = options
  const paysOf = new Map(script.customers.map(({ name, pays }) => [stage.accounts.get(name)!, pays]))
  const steps = script.customers
    .flatMap((customer) => customer.steps.map((step) => ({ customer, step })))
    .toSorted((a, b) => a.step.atMs - b.step.atMs)
  const changes = changesOf(script.customers, stage)
  let [nextStep, nextChange] = [0, 0]
  const agents = await playAgents(
    sql,
    script.customers.filter(({ reports }) => reports),
    script.fromMs,
  )

  const hear = async (atMs: number) => {
    const from = nextChange
    while (nextChange < changes.length && changes[nextChange]!.atMs <= atMs) nextChange++
    await writeChanges(sql, changes.slice(from, nextChange))
    if (await agents.send(atMs)) await clock.tick(atMs, ROLLING)
  }
  const payments = async (atMs: number, isTime: (open: Open) => boolean) => {
    for (const row of await openInvoices(sql)) {
      const open: Open = { ...row, pays: paysOf.get(row.accountId)! }
      if (!isTime(open)) continue
      if (open.customer !== null) {
        await booth?.payOpen(open.customer)
        continue
      }
      const half = open.pays === 'in parts' && open.parts === 0 && open.openMinor > 1n
      await pay(clock.contextAt(atMs, 'bank'), open, half ? open.openMinor / 2n : open.openMinor)
    }
  }

  const act = async (customer: Customer, step: Step) => {
    const accountId = stage.accounts.get(customer.name)!
    const ctx = clock.contextAt(step.atMs, customer.name)
    const version = (plan: string) => stage.versions.get(plan)!
    switch (step.do) {
      case 'start':
        if (customer.driver === 'stripe') {
          await booth?.giveCard(ctx, { id: accountId, name: customer.name }, customer.pays)
          await clock.settle(step.atMs)
        }
        return startSubscription(ctx, {
          accountId,
          planVersionId: version(step.plan),
          quantities: step.quantities,
          coupon: step.coupon,
        })
      case 'change':
        return changePlan(ctx, { accountId, planVersionId: version(step.plan), quantities: step.quantities })
      case 'pause':
        return pauseSubscription(ctx, { accountId })
      case 'resume':
        return resumeSubscription(ctx, { accountId })
      case 'cancel':
        return step.when === 'now' ? cancelNow(ctx, { accountId }) : cancelAtPeriodEnd(ctx, { accountId })
      case 'adjust': {
        const fact = {
          accountId,
          kind: 'abuse' as const,
          key: `sim:${step.atMs}`,
          description: 'A container that was stopped as abuse',
          amountMinor: step.amountMinor,
          service: { start: new Date(step.atMs - DAY), end: ctx.now },
          evidence: {},
        }
        const { id } = await proposeAdjustment(ctx, fact)
        await proposeAdjustment(ctx, fact)
        return decideAdjustment(ctx, { accountId, adjustmentId: id, approve: true, decision: 'seen' })
      }
      case 'grant':
        return grantCredit(ctx, {
          accountId,
          kind: step.kind,
          amountMinor: step.amountMinor,
          reason: 'sim',
          key: `sim:${step.atMs}`,
          expiresAt: step.expiresMs === null ? null : new Date(step.expiresMs),
        })
    }
  }
  /** What is past due has to be paid before a plan can be changed; a change to what is there already is refused. */
  const actPatiently = async (customer: Customer, step: Step): Promise<void> => {
    try {
      await act(customer, step)
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== 'CONFLICT') throw error
      if (error.message.includes('that is the plan')) return
      if (!/past due/.test(error.message)) throw error
      await payments(step.atMs, ({ accountId }) => accountId === stage.accounts.get(customer.name))
      await clock.tick(step.atMs)
      await actPatiently(customer, step)
    }
  }

  const wakes: number[] = []
  const stepsBefore = async (untilMs: number) => {
    for (;;) {
      const next = steps[nextStep]?.step.atMs ?? untilMs
      const wake = wakes[0]
      if (wake !== undefined && wake < Math.min(next, untilMs)) {
        wakes.shift()
        await clock.tick(wake, NOTHING)
      } else if (next < untilMs) {
        const { customer, step } = steps[nextStep++]!
        await hear(step.atMs)
        await clock.tick(step.atMs, BEFORE_A_STEP)
        await actPatiently(customer, step)
        // What it asks of Stripe is done within minutes.
        if (customer.driver === 'stripe') wakes.push(step.atMs + SOON_MS)
      } else return
    }
  }

  for (let atMs = script.fromMs; atMs <= script.untilMs; atMs += tickMs) {
    await stepsBefore(atMs)
    await hear(atMs)
    await clock.tick(atMs)
    await payments(atMs, (open) => isTimeToPay(open, atMs))
  }
}
