import { expect, test } from 'vitest'
import { applyCoupon } from '#server/billing/applyCoupon.ts'
import { cancelAtPeriodEnd, cancelNow, keepSubscription } from '#server/billing/cancelSubscription.ts'
import { closePeriods } from '#server/billing/closePeriods.ts'
import { changePlan, previewChange } from '#server/billing/changePlan.ts'
import { createCoupon } from '#server/billing/coupon.ts'
import { endTrials } from '#server/billing/endTrial.ts'
import { previewPlan } from '#server/billing/previewPlan.ts'
import { pauseSubscription, resumeSubscription } from '#server/billing/pauseSubscription.ts'
import { liveSubscription } from '#server/billing/subscriptionSql.ts'
import { stretchesOf } from '#server/billing/subscriptionTerms.ts'
import { startSubscription } from '#server/billing/startSubscription.ts'
import { HOUR_MS } from '#server/time.ts'
import { billingHouse, utc } from './house.ts'

const { sql, ctx, account, version, start, person, as } = await billingHouse()

let made = 0
const fresh = () => account(`account-${++made}`, '2026-01-01')

const granted = async (accountId: bigint) => {
  const rows = await sql<{ key: string; value: bigint | null }[]>`select key, value from entitlement
    where account_id = ${accountId}`
  return Object.fromEntries(rows.map((row) => [row.key, row.value === null ? null : Number(row.value)]))
}
const planOf = async (accountId: bigint) => {
  const [row] = await sql<{ plan: string }[]>`select plan from account where id = ${accountId}`
  return row?.plan
}
const invoices = async (accountId: bigint) =>
  await sql<{ key: string; state: string; subtotalMinor: bigint; discountMinor: bigint }[]>`
    select split_part(key, ':', 1) as key, state, subtotal_minor, discount_minor from invoice
    where account_id = ${accountId} order by id`
const adjustments = async (accountId: bigint) =>
  await sql<{ state: string; amountMinor: bigint }[]>`select state, amount_minor from adjustment
    where account_id = ${accountId} order by id`
const terms = async (accountId: bigint) =>
  await sql<{ plan: string; fromAt: Date; untilAt: Date | null; state: string }[]>`
    select p.key as plan, t.from_at, t.until_at, t.state from subscription_term t
    join plan_version v on v.id = t.plan_version_id join plan p on p.id = v.plan_id
    where t.account_id = ${accountId} order by t.id`
const idOf = async (plan: string, interval?: 'month' | 'year', currency?: string) =>
  (await version(plan, interval, currency)).id

test('every account is on Free from its beginning, with what Free gives', async () => {
  const id = await fresh()
  expect(await liveSubscription(sql, id)).toMatchObject({ state: 'active', startedAt: utc('2026-01-01') })
  expect(await granted(id)).toMatchObject({ private_repositories: 1 })
  expect(await planOf(id)).toBe('free')
  expect(await invoices(id)).toEqual([])
})

test('a start replaces Free, entitles at once and bills the first interval', async () => {
  const id = await fresh()
  const { subscription, billed } = await start(id, 'team', '2026-03-10 10:30')
  expect(billed).toMatchObject({ as: 'invoice', state: 'finalized' })
  expect(await invoices(id)).toMatchObject([{ key: 'start', subtotalMinor: 1_200n }])
  expect(subscription).toMatchObject({ periodStart: utc('2026-03-10 10:30'), paidUntil: utc('2026-04-10 10:30') })
  expect(await granted(id)).toMatchObject({ private_repositories: 10 })
  expect(await planOf(id)).toBe('team')
  expect(await terms(id)).toMatchObject([
    { plan: 'free', untilAt: utc('2026-03-10 10:30') },
    { plan: 'team', fromAt: utc('2026-03-10 10:30'), untilAt: null },
  ])
  await expect(start(id, 'business', '2026-03-11')).rejects.toThrow('already; change it instead')
})

test('of two starts at once one begins, and there is one invoice', async () => {
  const id = await fresh()
  const both = await Promise.allSettled([start(id, 'team', '2026-03-10'), start(id, 'cloud', '2026-03-10')])
  expect(both.map((one) => one.status).toSorted()).toEqual(['fulfilled', 'rejected'])
  const [live] = await sql`select count(*)::int as n from subscription where account_id = ${id} and state <> 'canceled'`
  expect(live).toEqual({ n: 1 })
})

test('a webhook that tells twice of a paid Checkout starts the plan once, and the account pays by card', async () => {
  const id = await fresh()
  const input = { accountId: id, planVersionId: await idOf('team'), trialDays: 0, stripeSubscriptionId: 'sub_1' }
  const first = await startSubscription(ctx('2026-03-10'), input)
  const second = await startSubscription(ctx('2026-03-10 00:05'), input)
  expect(second.subscription.id).toBe(first.subscription.id)
  const [profile] = await sql`select driver from billing_profile where account_id = ${id}`
  expect(profile).toEqual({ driver: 'stripe' })
})

test('licensed quantities add to what the plan gives, and never fall below what is included', async () => {
  const id = await fresh()
  await start(id, 'business', '2026-03-01', { quantities: { private_repositories: 25 } })
  expect(await granted(id)).toMatchObject({ private_repositories: 25 })
  expect(await invoices(id)).toMatchObject([{ subtotalMinor: 4_900n + 5n * 200n }])
  const other = await fresh()
  await start(other, 'business', '2026-03-01', { quantities: { private_repositories: 3 } })
  expect(await granted(other)).toMatchObject({ private_repositories: 20 })
  const planVersionId = await idOf('team')
  await expect(
    startSubscription(ctx('2026-03-01'), { accountId: await fresh(), planVersionId, quantities: { seats: 2 } }),
  ).rejects.toThrow('does not sell seats by number')
})

test('a trial is free, is told of before its end, then charged, and given once an account', async () => {
  const id = await fresh()
  const planVersionId = await idOf('team')
  const { subscription } = await startSubscription(ctx('2026-03-01'), { accountId: id, planVersionId })
  expect(subscription).toMatchObject({ state: 'trialing', trialEnd: utc('2026-03-15') })
  expect(await invoices(id)).toEqual([])
  expect(await granted(id)).toMatchObject({ private_repositories: 10 })
  await endTrials(ctx('2026-03-13'))
  await endTrials(ctx('2026-03-14'))
  const notices = await sql`select title from notice where account_id = ${id}`
  expect(notices.map((row) => row['title'])).toEqual([expect.stringContaining('ends at 2026-03-15 00:00 UTC')])

  await Promise.all([endTrials(ctx('2026-03-15 00:01')), endTrials(ctx('2026-03-15 00:01'))])
  expect(await liveSubscription(sql, id)).toMatchObject({
    state: 'active',
    anchorAt: utc('2026-03-15'),
    paidUntil: utc('2026-04-15'),
  })
  expect(await invoices(id)).toMatchObject([{ key: 'trial', subtotalMinor: 1_200n }])
  await cancelNow(ctx('2026-03-20'), { accountId: id })
  const again = await startSubscription(ctx('2026-03-21'), { accountId: id, planVersionId })
  expect(again.subscription.state).toBe('active')
})

test('a trial canceled before its end ends on Free and charges nothing', async () => {
  const id = await fresh()
  await startSubscription(ctx('2026-03-01'), { accountId: id, planVersionId: await idOf('team') })
  expect(await cancelAtPeriodEnd(ctx('2026-03-02'), { accountId: id })).toEqual({ at: utc('2026-03-15') })
  await endTrials(ctx('2026-03-15 00:01'))
  expect(await planOf(id)).toBe('free')
  expect(await invoices(id)).toEqual([])
  expect(await terms(id)).toMatchObject([
    { plan: 'free' },
    { plan: 'team' },
    { plan: 'free', fromAt: utc('2026-03-15') },
  ])
})

test('what is shown before a change is what is charged for it, also a minute later', async () => {
  const id = await fresh()
  await start(id, 'team', '2026-03-01')
  const input = { accountId: id, planVersionId: await idOf('business'), quantities: { private_repositories: 30 } }
  const shown = await previewChange(ctx('2026-03-16 12:00:30'), input)
  expect(shown.change.lines.map((line) => line.amount)).toEqual([-600n, 2_450n, 1_000n])
  await changePlan(ctx('2026-03-16 12:01:50'), { ...input, shown })
  expect(await invoices(id)).toMatchObject([{ key: 'start' }, { key: 'change', subtotalMinor: shown.netMinor }])
  expect((await terms(id)).at(-1)).toMatchObject({ plan: 'business', fromAt: utc('2026-03-16 12:00:30') })
  expect(await granted(id)).toMatchObject({ private_repositories: 30 })
})

test('what was shown too long ago, or no longer holds, is refused', async () => {
  const id = await fresh()
  await start(id, 'team', '2026-03-01')
  const input = { accountId: id, planVersionId: await idOf('business') }
  const shown = await previewChange(ctx('2026-03-16 12:00'), input)
  await expect(changePlan(ctx('2026-03-16 12:10:01'), { ...input, shown })).rejects.toThrow('too long ago')
  await expect(
    changePlan(ctx('2026-03-16 12:01'), { ...input, shown: { ...shown, netMinor: shown.netMinor - 1n } }),
  ).rejects.toThrow('look at the change again')
  await changePlan(ctx('2026-03-16 12:02'), { accountId: id, planVersionId: await idOf('cloud') })
  await expect(changePlan(ctx('2026-03-16 12:03'), { ...input, shown })).rejects.toThrow('changed since')
  expect(await planOf(id)).toBe('cloud')
})

test('a plan changed three times in a minute has terms that chain, and pays for each second once', async () => {
  const id = await fresh()
  await start(id, 'team', '2026-03-01')
  const business = await idOf('business')
  const change = (at: string, planVersionId: string, count?: number) =>
    changePlan(ctx(`2026-03-16 12:00:${at}`), {
      accountId: id,
      planVersionId,
      ...(count ? { quantities: { private_repositories: count } } : {}),
    })
  await change('01', business)
  await change('01', business, 40)
  await change('40', await idOf('team'))
  const chain = (await terms(id)).slice(1)
  expect(chain.map((term) => [term.plan, term.fromAt.getUTCSeconds(), term.untilAt?.getUTCSeconds()])).toEqual([
    ['team', 0, 1],
    ['business', 1, 1],
    ['business', 1, 40],
    ['team', 40, undefined],
  ])
  const live = (await liveSubscription(sql, id))!
  const stretches = await stretchesOf(sql, live, { start: live.periodStart, end: live.periodEnd })
  expect(stretches.map((one) => one.version.plan)).toEqual(['team', 'business', 'team'])
  const waiting = (await adjustments(id)).filter((one) => one.state === 'approved')
  const billed = [...(await invoices(id)).map((one) => one.subtotalMinor), ...waiting.map((one) => one.amountMinor)]
  // 39 seconds of Business with 40 repositories (89.00) in place of Team (12.00), of 2,678,400 seconds: 0.11 cents, rounded
  // once a line and change.
  expect(Number(billed.reduce((sum, amount) => sum + amount, 0n))).toBeCloseTo(1_200, -1)
})

test('of two changes at once both hold, one after the other', async () => {
  const id = await fresh()
  await start(id, 'team', '2026-03-01')
  const [business, cloud] = [await idOf('business'), await idOf('cloud')]
  await Promise.all(
    [business, cloud].map((planVersionId) => changePlan(ctx('2026-03-16 12:00'), { accountId: id, planVersionId })),
  )
  const chain = await terms(id)
  expect(chain.filter((term) => term.untilAt === null)).toHaveLength(1)
  for (const [at, term] of chain.entries()) if (at > 0) expect(term.fromAt).toEqual(chain[at - 1]!.untilAt)
})

test('a downgrade is credited: the next invoice takes it, and what is over the new limit is not deleted', async () => {
  const id = await fresh()
  await start(id, 'business', '2026-03-01', { quantities: { private_repositories: 30 } })
  const { billed } = await changePlan(ctx('2026-03-16 12:00'), { accountId: id, planVersionId: await idOf('team') })
  // Half of 49.00 + 10 × 2.00 back, half of 12.00 charged.
  expect(billed).toMatchObject({ as: 'adjustment', amountMinor: -(2_450n + 1_000n) + 600n })
  expect(await adjustments(id)).toMatchObject([{ state: 'approved' }])
  expect(await granted(id)).toMatchObject({ private_repositories: 10 })
})

test('from a metered plan to one in advance the month of usage ends at the change and is billed on its own', async () => {
  const id = await fresh()
  await start(id, 'cloud', '2026-03-01')
  await changePlan(ctx('2026-03-16 12:20'), { accountId: id, planVersionId: await idOf('team') })
  expect(await invoices(id)).toMatchObject([
    { key: 'period', state: 'draft' },
    { key: 'change', subtotalMinor: 1_200n },
  ])
  const live = (await liveSubscription(sql, id))!
  expect(live).toMatchObject({ anchorAt: utc('2026-03-16 12:20'), periodStart: utc('2026-03-16 12:20') })
  const [before] = await stretchesOf(sql, live, { start: utc('2026-03-01'), end: utc('2026-03-16 12:20') })
  const [after] = await stretchesOf(sql, live, { start: live.periodStart, end: live.periodEnd })
  // The hour in which it changed belongs to the terms that held at its start, once; the month keeps its length.
  expect(before).toMatchObject({ untilHour: utc('2026-03-16 13:00').getTime() / HOUR_MS, monthMs: 31 * 24 * HOUR_MS })
  expect(after).toMatchObject({ fromHour: utc('2026-03-16 13:00').getTime() / HOUR_MS })
  expect(after!.monthMs).toBeUndefined()
})

test('a month that ends on its last day is cut, however short the month before it was', async () => {
  const id = await fresh()
  await start(id, 'cloud', '2026-01-31')
  await closePeriods(ctx('2026-02-28 00:01'))
  const live = (await liveSubscription(sql, id))!
  expect(live).toMatchObject({ periodStart: utc('2026-02-28'), periodEnd: utc('2026-03-31') })
  const [whole] = await stretchesOf(sql, live, { start: live.periodStart, end: live.periodEnd })
  expect(whole!.monthMs).toBeUndefined()
  await changePlan(ctx('2026-03-30'), { accountId: id, planVersionId: await idOf('team') })
  const [cut] = await stretchesOf(sql, live, { start: live.periodStart, end: utc('2026-03-30') })
  expect(cut!.monthMs).toBe(31 * 24 * HOUR_MS)
})

test('canceled now, the unused rest is given back to the second, usage is billed and the account is on Free', async () => {
  const id = await fresh()
  await start(id, 'team', '2026-03-01')
  const { billed } = await cancelNow(ctx('2026-03-16 12:00'), { accountId: id })
  expect(billed).toMatchObject({ as: 'adjustment', amountMinor: -600n })
  expect(await invoices(id)).toMatchObject([{ key: 'start' }, { key: 'period', state: 'draft' }])
  expect(await planOf(id)).toBe('free')
  expect(await granted(id)).toMatchObject({ private_repositories: 1 })
  await expect(cancelNow(ctx('2026-03-16 12:01'), { accountId: id })).rejects.toThrow('on Free')
})

test('the hour in which one plan ends and the next begins is billed once', async () => {
  const id = await fresh()
  const { subscription: first } = await start(id, 'cloud', '2026-03-01')
  await cancelNow(ctx('2026-03-10 10:10'), { accountId: id })
  const { subscription: second } = await start(id, 'cloud', '2026-03-10 10:50')
  const [one] = await stretchesOf(sql, first, { start: first.periodStart, end: utc('2026-03-10 10:10') })
  const [two] = await stretchesOf(sql, second, { start: second.periodStart, end: second.periodEnd })
  const eleven = utc('2026-03-10 11:00').getTime() / HOUR_MS
  expect([one!.untilHour, two!.fromHour]).toEqual([eleven, eleven])
})

test('an end at the period is marked and can be taken back; a change takes it back too', async () => {
  const id = await fresh()
  await start(id, 'team', '2026-03-01', { interval: 'year' })
  expect(await cancelAtPeriodEnd(ctx('2026-03-10'), { accountId: id })).toEqual({ at: utc('2027-03-01') })
  await expect(cancelAtPeriodEnd(ctx('2026-03-11'), { accountId: id })).rejects.toThrow('already')
  await keepSubscription(ctx('2026-03-12'), { accountId: id })
  await expect(keepSubscription(ctx('2026-03-12'), { accountId: id })).rejects.toThrow('no end of the plan is set')
  await cancelAtPeriodEnd(ctx('2026-03-13'), { accountId: id })
  await changePlan(ctx('2026-03-14'), { accountId: id, planVersionId: await idOf('business', 'year') })
  expect(await liveSubscription(sql, id)).toMatchObject({ cancelAtPeriodEnd: false })
})

test('paused, the unused rest is given back and Free holds; resumed, the rest is charged and the plan holds again', async () => {
  const id = await fresh()
  await start(id, 'team', '2026-03-01')
  expect(await pauseSubscription(ctx('2026-03-11'), { accountId: id })).toMatchObject({ billed: { as: 'adjustment' } })
  expect(await granted(id)).toMatchObject({ private_repositories: 1 })
  expect(await planOf(id)).toBe('team')
  await expect(pauseSubscription(ctx('2026-03-12'), { accountId: id })).rejects.toThrow('paused cannot be paused')
  await expect(changePlan(ctx('2026-03-12'), { accountId: id, planVersionId: await idOf('business') })).rejects.toThrow(
    'resume it',
  )
  await resumeSubscription(ctx('2026-03-21'), { accountId: id })
  expect(await granted(id)).toMatchObject({ private_repositories: 10 })
  expect((await terms(id)).map((term) => term.state)).toEqual(['active', 'active', 'paused', 'active'])
  // 21 of 31 days back, 11 of 31 charged: ten days paused are ten days not paid.
  expect(await invoices(id)).toMatchObject([{ subtotalMinor: 1_200n }, { key: 'resume', subtotalMinor: 0n }])
  expect(await adjustments(id)).toEqual([
    { state: 'applied', amountMinor: -813n },
    { state: 'approved', amountMinor: -813n + 426n },
  ])
})

test('the plan an admin names for quotas says so, changes nothing that is billed, and holds until the next change', async () => {
  const id = await fresh()
  await start(id, 'team', '2026-03-01')
  const admin = await person('quotas', null, 'owner', ['admin'])
  const named = await as(admin, '2026-03-02').accounts.changePlan({ account: `account-${made}`, plan: 'harbour' })
  expect(named).toEqual({ plan: 'harbour', sets: 'quotas', until: 'next_plan_change' })
  expect(await planOf(id)).toBe('harbour')
  expect((await terms(id)).at(-1)).toMatchObject({ plan: 'team', untilAt: null })
  expect(await granted(id)).toMatchObject({ private_repositories: 10 })
  await changePlan(ctx('2026-03-03'), { accountId: id, planVersionId: await idOf('business') })
  expect(await planOf(id)).toBe('business')
})

test('an account is billed in one currency from its first invoice on', async () => {
  const id = await fresh()
  await start(id, 'team', '2026-03-01', { currency: 'USD' })
  await cancelNow(ctx('2026-03-02'), { accountId: id })
  await expect(start(id, 'team', '2026-03-03', { currency: 'EUR' })).rejects.toThrow('billed in USD')
})

test('a coupon takes money off, is taken once an account, and never more often than it may be', async () => {
  const coupon = { name: 'Spring', amountMinor: null, currency: null, duration: 'months' as const, months: 3 }
  await createCoupon(ctx('2026-01-01'), {
    ...coupon,
    code: 'spring',
    percent: '25',
    mostRedemptions: 2,
    expiresAt: utc('2026-06-01'),
  })
  const id = await fresh()
  await start(id, 'team', '2026-03-01', { coupon: ' Spring ' })
  expect(await invoices(id)).toMatchObject([{ subtotalMinor: 1_200n, discountMinor: 300n }])
  expect(await liveSubscription(sql, id)).toMatchObject({ couponUntil: utc('2026-06-01') })
  await expect(applyCoupon(ctx('2026-03-02'), { accountId: id, code: 'SPRING' })).rejects.toThrow('applied already')
  await cancelNow(ctx('2026-03-03'), { accountId: id })
  await expect(start(id, 'team', '2026-03-04', { coupon: 'spring' })).rejects.toThrow('used on this account before')
  const late = await fresh()
  await expect(start(late, 'team', '2026-06-01', { coupon: 'spring' })).rejects.toThrow('no coupon spring holds now')
  const three = await Promise.all([fresh(), fresh(), fresh()])
  const tried = await Promise.allSettled(three.map((one) => start(one, 'team', '2026-03-05', { coupon: 'spring' })))
  expect(tried.map((one) => one.status).filter((status) => status === 'fulfilled')).toHaveLength(1)
})

test('what a coupon paid is not given back as money: not on a cancellation, not on a pause, not on a change', async () => {
  const coupon = { name: 'Half', amountMinor: null, currency: null, mostRedemptions: null, expiresAt: null }
  await createCoupon(ctx('2026-01-01'), { ...coupon, code: 'whole', percent: '100', duration: 'forever', months: null })
  await createCoupon(ctx('2026-01-01'), { ...coupon, code: 'half', percent: '50', duration: 'once', months: null })
  const [gift, paused, canceled] = [await fresh(), await fresh(), await fresh()]
  await start(gift, 'team', '2026-03-01', { coupon: 'whole' })
  await cancelNow(ctx('2026-03-16 12:00'), { accountId: gift })
  expect(await adjustments(gift)).toEqual([])

  await start(paused, 'team', '2026-03-01', { coupon: 'half' })
  await pauseSubscription(ctx('2026-03-16 12:00'), { accountId: paused })
  expect(await adjustments(paused)).toMatchObject([{ amountMinor: -300n }])

  await start(canceled, 'team', '2026-03-01', { coupon: 'half' })
  const to = await idOf('business')
  // It counted once: the rest that was paid by half is worth half, and Business is charged whole.
  await changePlan(ctx('2026-03-16 12:00'), { accountId: canceled, planVersionId: to })
  expect((await invoices(canceled)).at(-1)).toMatchObject({ subtotalMinor: -300n + 2_450n, discountMinor: 0n })
})

test('a coupon that still holds takes its part off the difference of a change', async () => {
  const coupon = { name: 'Ever', amountMinor: null, currency: null, mostRedemptions: null, expiresAt: null }
  await createCoupon(ctx('2026-01-01'), { ...coupon, code: 'ever', percent: '25', duration: 'forever', months: null })
  const id = await fresh()
  await start(id, 'team', '2026-03-01', { coupon: 'ever' })
  const input = { accountId: id, planVersionId: await idOf('business') }
  const shown = await previewPlan(ctx('2026-03-16 12:00'), input)
  expect(shown.totals).toMatchObject({ subtotalMinor: 1_850n, discountMinor: 462n })
  await changePlan(ctx('2026-03-16 12:00'), { ...input, shown })
  expect((await invoices(id)).at(-1)).toMatchObject({ subtotalMinor: 1_850n, discountMinor: 462n })
  await changePlan(ctx('2026-03-16 12:00:01'), { accountId: id, planVersionId: await idOf('team') })
  // Back within a second: what was paid for it and no more.
  const [back] = await adjustments(id)
  expect(Number(back!.amountMinor)).toBeCloseTo(-1_388, -1)
})

test('every change of a plan says who made it', async () => {
  const id = await fresh()
  await start(id, 'team', '2026-03-01')
  await changePlan(ctx('2026-03-02'), { accountId: id, planVersionId: await idOf('business') })
  await pauseSubscription(ctx('2026-03-03'), { accountId: id })
  await resumeSubscription(ctx('2026-03-04'), { accountId: id })
  await cancelNow(ctx('2026-03-05'), { accountId: id })
  const rows = await sql<{ action: string }[]>`select action from audit_event where account_id = ${id}
    and action like 'billing.subscription.%' order by id`
  expect(rows.map((row) => row.action.split('.').at(-1))).toEqual([
    'start',
    'end',
    'start',
    'change',
    'pause',
    'resume',
    'end',
    'start',
  ])
})
