import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { markUncollectible } from '#server/billing/closeInvoice.ts'
import { closePeriods } from '#server/billing/closePeriods.ts'
import { rejectDispute } from '#server/billing/closeDispute.ts'
import { collectDue } from '#server/billing/collect.ts'
import { DUNNING, nextStep, suspensionAt, type Taken } from '#server/billing/dunning.ts'
import { finalizeDrafts } from '#server/billing/finalizeDrafts.ts'
import { openDispute } from '#server/billing/openDispute.ts'
import { paymentFailed } from '#server/billing/paymentFailed.ts'
import { recordPayment } from '#server/billing/recordPayment.ts'
import { chargeback } from '#server/billing/refund.ts'
import { settle } from '#server/billing/settle.ts'
import { placeHold } from '#server/accounts/hold.ts'
import { DAY_MS } from '#server/time.ts'
import { billingHouse, utc } from './house.ts'

const { sql, ctx, account, start, jobs } = await billingHouse()
const DUE = utc('2026-03-15')
const day = (n: number) => new Date(DUE.getTime() + n * DAY_MS)

let made = 0
const owing = async () => {
  const accountId = await account(`late-${++made}`, '2026-01-01')
  const { billed } = await start(accountId, 'team', '2026-03-01')
  if (billed.as !== 'invoice') throw new Error('no invoice')
  return { accountId, invoiceId: billed.invoiceId, name: `late-${made}` }
}
type Owing = Awaited<ReturnType<typeof owing>>
const stepsOf = async ({ accountId }: Owing) =>
  (await sql<{ step: string }[]>`select step from dunning_step where account_id = ${accountId} order by at, step`).map(
    (row) => row.step,
  )
const holds = async ({ accountId }: Owing) =>
  (
    await sql<{ kind: string }[]>`select kind from account_hold where account_id = ${accountId} and lifted_at is null
      order by kind`
  ).map((row) => row.kind)
const state = async ({ accountId }: Owing) => {
  const [row] = await sql<{ state: string }[]>`select state from subscription
    where account_id = ${accountId} and state <> 'canceled'`
  return row?.state
}
const pay = async (ref: Owing, now: Date, key = 'p') => {
  const { accountId, invoiceId } = ref
  const paid = await recordPayment(ctx(now), {
    accountId,
    invoiceId,
    amountMinor: 1_452n,
    method: 'transfer',
    key,
    reference: '',
    receivedAt: now,
  })
  await settle(ctx(now), ref)
  return paid
}
const through = async (days: number) => {
  for (let n = 0; n <= days; n++) await collectDue(ctx(day(n)))
}

test('every step comes on its day, once, and suspension after it was announced; payment restores at once', async () => {
  const ref = await owing()
  await collectDue(ctx(day(-1)))
  expect(await stepsOf(ref)).toEqual([])
  await through(13)
  await through(13)
  expect(await stepsOf(ref)).toEqual(['past_due', 'reminded', 'final_notice', 'grace'])
  expect(await state(ref)).toBe('past_due')
  const notices = await sql<{ kind: string; body: string }[]>`select kind, body from notice
    where account_id = ${ref.accountId} order by id`
  expect(notices.map((notice) => notice.kind)).toEqual([
    'invoice.past_due',
    'invoice.reminded',
    'invoice.final_notice',
    'invoice.grace',
  ])
  expect(notices[2]!.body).toContain('2026-03-29')
  expect(await holds(ref)).toEqual([])
  await collectDue(ctx(day(14)))
  expect(await holds(ref)).toEqual(['billing'])
  expect(await jobs('hosts.follow_holds')).toContainEqual({ accountId: String(ref.accountId) })
  await pay(ref, day(20))
  expect(await holds(ref)).toEqual([])
  expect(await state(ref)).toBe('active')
  expect((await stepsOf(ref)).at(-1)).toBe('restored')
  const [audited] = await sql<{ count: number }[]>`select count(*)::int from audit_event
    where account_id = ${ref.accountId} and action = 'billing.dunning.step'`
  expect(audited!.count).toBe(6)
  const [open] = await sql<{ count: number }[]>`select count(*)::int from notice
    where account_id = ${ref.accountId} and kind like 'invoice.%' and resolved_at is null`
  expect(open!.count).toBe(0)
})

test('paying lifts only what collection had placed', async () => {
  const ref = await owing()
  await placeHold(ctx(day(1)), { id: ref.accountId, name: ref.name }, { kind: 'abuse', reason: 'mining' })
  await through(14)
  expect(await holds(ref)).toEqual(['abuse', 'billing'])
  await pay(ref, day(15))
  expect(await holds(ref)).toEqual(['abuse'])
})

test('an account with two unpaid invoices is restored once both are paid', async () => {
  const ref = await owing()
  await closePeriods(ctx('2026-04-01 00:01'))
  await finalizeDrafts(ctx('2026-04-01 00:01'))
  const [second] = await sql<{ id: bigint }[]>`select id from invoice where account_id = ${ref.accountId}
    order by id desc limit 1`
  await through(46)
  expect(await holds(ref)).toEqual(['billing'])
  await pay(ref, day(50))
  expect(await holds(ref)).toEqual(['billing'])
  await pay({ ...ref, invoiceId: second!.id }, day(51), 'second')
  expect(await holds(ref)).toEqual([])
})

test('while an invoice is being looked into nobody is reminded or suspended; answered, the schedule goes on from then', async () => {
  const ref = await owing()
  await through(3)
  const [row] = await sql<{ number: string }[]>`select number from invoice
    where account_id = ${ref.accountId} and id = ${ref.invoiceId}`
  const of = { id: ref.accountId, name: ref.name }
  const asked = await openDispute(ctx(day(4)), of, { number: row!.number, position: null, question: 'Why so much?' })
  for (let n = 4; n <= 30; n++) await collectDue(ctx(day(n)))
  expect(await stepsOf(ref)).toEqual(['past_due', 'reminded'])
  await rejectDispute(ctx(day(30)), { accountId: ref.accountId, disputeId: asked.id, answer: 'It is what was used.' })
  await collectDue(ctx(day(33)))
  expect(await stepsOf(ref)).toEqual(['past_due', 'reminded'])
  await collectDue(ctx(day(34)))
  expect(await stepsOf(ref)).toEqual(['past_due', 'reminded', 'final_notice'])
  const [told] = await sql<{ body: string }[]>`select body from notice
    where account_id = ${ref.accountId} and kind = 'invoice.final_notice'`
  expect(told!.body).toContain(day(41).toISOString().slice(0, 10))
})

test('writing off leaves the hold until an admin chooses to lift it, then or later', async () => {
  const ref = await owing()
  await through(14)
  const off = { ...ref, reason: 'Bankrupt' }
  await markUncollectible(ctx(day(30)), off)
  await settle(ctx(day(30)), ref)
  expect(await holds(ref)).toEqual(['billing'])
  expect(await state(ref)).toBe('past_due')
  await markUncollectible(ctx(day(31)), { ...off, liftHold: true })
  await markUncollectible(ctx(day(31)), { ...off, liftHold: true })
  expect(await jobs('billing.settled')).toContainEqual({ accountId: `${ref.accountId}`, invoiceId: `${ref.invoiceId}` })
  await settle(ctx(day(31)), ref)
  expect(await holds(ref)).toEqual([])
  expect(await state(ref)).toBe('active')
  const released = await sql`select 1 from audit_event
    where account_id = ${ref.accountId} and action = 'billing.invoice.release' and after ->> 'reason' = 'Bankrupt'`
  expect(released).toHaveLength(1)
  const [notices] = await sql`select count(*)::int as open from notice
    where account_id = ${ref.accountId} and kind like 'invoice.%' and resolved_at is null`
  expect(notices).toEqual({ open: 0 })
})

test('writing off with the hold does not lift what another unpaid invoice stands for', async () => {
  const ref = await owing()
  await closePeriods(ctx('2026-04-01 00:01'))
  await finalizeDrafts(ctx('2026-04-01 00:01'))
  await through(46)
  await markUncollectible(ctx(day(50)), { ...ref, reason: 'Agreed', liftHold: true })
  await settle(ctx(day(50)), ref)
  expect(await holds(ref)).toEqual(['billing'])
  expect(await state(ref)).toBe('past_due')
})

test('a failed card is told at once and each attempt once; a chargeback begins anew', async () => {
  const ref = await owing()
  const failure = { ...ref, key: 'evt_1', reason: 'The card was declined.', nextAttemptAt: day(2) }
  await paymentFailed(ctx('2026-03-02'), failure)
  await paymentFailed(ctx('2026-03-02'), failure)
  expect(await stepsOf(ref)).toEqual(['failed:evt_1'])
  expect(await state(ref)).toBe('past_due')
  await pay(ref, utc('2026-03-03'))
  expect(await state(ref)).toBe('active')
  await collectDue(ctx(day(30)))
  await chargeback(ctx(day(30)), {
    accountId: ref.accountId,
    invoiceId: ref.invoiceId,
    amountMinor: 1_452n,
    method: 'card',
    key: 'dp',
    reference: '',
    receivedAt: day(30),
  })
  await collectDue(ctx(day(30)))
  await collectDue(ctx(day(34)))
  expect(await stepsOf(ref)).toEqual(['failed:evt_1', 'past_due:1', 'reopened:1', 'reminded:1'])
})

test('however late the worker runs, an account is told before it is suspended', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40 * 24 }), { minLength: 1, maxLength: 200 }), (gaps) => {
      const taken: Taken[] = []
      let now = DUE.getTime()
      for (const hours of gaps) {
        now += hours * 3_600_000
        const next = nextStep(DUE, taken)
        if (next && next.at.getTime() <= now) taken.push({ step: next.name, at: new Date(now) })
      }
      expect(taken.map((one) => one.step)).toEqual(DUNNING.slice(0, taken.length).map((one) => one.step))
      for (const [i, one] of taken.entries()) {
        const before = taken[i - 1]
        const apart = i === 0 ? 0 : DUNNING[i]!.afterDays - DUNNING[i - 1]!.afterDays
        if (before) expect(one.at.getTime() - before.at.getTime()).toBeGreaterThanOrEqual(apart * DAY_MS)
      }
      if (taken.length < DUNNING.length)
        expect(suspensionAt(DUE, taken).getTime()).toBeGreaterThanOrEqual(day(14).getTime())
    }),
  )
})
