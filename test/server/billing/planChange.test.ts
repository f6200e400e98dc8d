import fc from 'fast-check'
import { expect, test } from 'vitest'
import { planChange } from '#server/billing/planChange.ts'
import type { Subscription } from '#server/billing/subscriptionSql.ts'
import type { PriceVersion } from '#server/billing/terms.ts'
import { sumOf } from '#server/money.ts'
import { utc } from './house.ts'
import { flat, licensed, perUnit, versionOf } from './terms.ts'

const subscription = (more: Partial<Subscription> = {}): Subscription => ({
  accountId: 1n,
  id: 1n,
  planVersionId: 1n,
  state: 'active',
  quantities: {},
  startedAt: utc('2026-03-01'),
  anchorAt: utc('2026-03-01'),
  periodStart: utc('2026-03-01'),
  periodEnd: utc('2026-04-01'),
  paidFrom: utc('2026-03-01'),
  paidUntil: utc('2026-04-01'),
  trialEnd: null,
  cancelAtPeriodEnd: false,
  canceledAt: null,
  pausedAt: null,
  couponId: null,
  couponUntil: null,
  stripeSubscriptionId: null,
  ...more,
})
const team = versionOf([flat('base', '31.00')], { id: '1' })
const business = versionOf([flat('base', '62.00'), licensed('private_repositories', '3.10')], { id: '2' })
const cloud = versionOf([perUnit('cpu', '0.018')], { id: '3' })
const yearly = versionOf([flat('base', '365.00')], { id: '4', interval: 'year' })

const change = (
  from: PriceVersion,
  to: PriceVersion,
  at: string,
  more: { of?: Partial<Subscription>; trialDays?: number; quantities?: Record<string, number> } = {},
) =>
  planChange(
    subscription(more.of),
    { version: from, quantities: {} },
    { version: to, quantities: more.quantities ?? {}, trialDays: more.trialDays ?? 0 },
    utc(at),
  )
const amounts = (lines: { amount: bigint }[]) => lines.map((line) => line.amount)

test('within the same interval the rest is credited and charged to the second, and the anchor stays', () => {
  const changed = change(team, business, '2026-03-16 12:00', { quantities: { private_repositories: 10 } })
  // 15.5 of 31 days are left.
  expect(amounts(changed.lines)).toEqual([-1_550n, 3_100n, 1_550n])
  expect(changed).toMatchObject({ anchorAt: utc('2026-03-01'), endsPeriod: null, paid: { end: utc('2026-04-01') } })
})

test('one second is worth what it is worth', () => {
  const dear = versionOf([flat('base', '26784.00')], { id: '5' })
  const [first, second] = ['2026-03-16 12:00:00', '2026-03-16 12:00:01'].map((at) => change(team, dear, at).lines)
  // 2,678,400 seconds cost 2,678,400 cents: a cent a second.
  expect(amounts(second!)[1]! - amounts(first!)[1]!).toBe(-1n)
})

test('from a plan without advance prices the paid interval begins anew at the change, and the month of usage ends there', () => {
  const changed = change(cloud, team, '2026-03-16 12:00')
  expect(changed).toMatchObject({
    anchorAt: utc('2026-03-16 12:00'),
    paid: { start: utc('2026-03-16 12:00'), end: utc('2026-04-16 12:00') },
    period: { start: utc('2026-03-16 12:00'), end: utc('2026-04-16 12:00') },
    endsPeriod: { start: utc('2026-03-01'), end: utc('2026-03-16 12:00') },
  })
  expect(amounts(changed.lines)).toEqual([3_100n])
})

test('to another interval the unused rest is credited and a whole new interval charged', () => {
  const changed = change(team, yearly, '2026-03-16 12:00')
  expect(amounts(changed.lines)).toEqual([-1_550n, 36_500n])
  expect(changed.paid).toEqual({ start: utc('2026-03-16 12:00'), end: utc('2027-03-16 12:00') })
  expect(changed.period).toEqual({ start: utc('2026-03-16 12:00'), end: utc('2026-04-16 12:00') })
})

test('between metered plans, and from one in advance to a metered one, months go on', () => {
  expect(change(cloud, cloud, '2026-03-16 12:00')).toMatchObject({ lines: [], endsPeriod: null })
  const down = change(team, cloud, '2026-03-16 12:00')
  expect(amounts(down.lines)).toEqual([-1_550n])
  expect(down).toMatchObject({ anchorAt: utc('2026-03-01'), endsPeriod: null })
})

test('a trial goes on in a plan that offers one, and ends at the change to one that does not', () => {
  const of = { state: 'trialing' as const, trialEnd: utc('2026-04-01') }
  expect(change(team, business, '2026-03-10', { of, trialDays: 14 })).toMatchObject({ state: 'trialing', lines: [] })
  const ended = change(team, cloud, '2026-03-10', { of })
  expect(ended).toMatchObject({ state: 'active', lines: [], anchorAt: utc('2026-03-10') })
  expect(amounts(change(team, business, '2026-03-10', { of }).lines)).toEqual([6_200n])
})

test('a paused plan cannot be changed, nor the currency', () => {
  expect(() => change(team, business, '2026-03-10', { of: { state: 'paused' } })).toThrow('resume it')
  expect(() => change(team, versionOf([], { currency: 'USD' }), '2026-03-10')).toThrow('billed in EUR')
})

test('changing there and back at one instant costs nothing', () => {
  const second = fc.integer({ min: 0, max: 31 * 86_400 - 1 })
  fc.assert(
    fc.property(second, fc.integer({ min: 0, max: 500 }), (at, count) => {
      const when = new Date(utc('2026-03-01').getTime() + at * 1_000)
      const held = { version: business, quantities: { private_repositories: count } }
      const other = { version: team, quantities: {} }
      const there = planChange(subscription(), other, { ...held, trialDays: 0 }, when)
      const back = planChange(subscription(), held, { ...other, trialDays: 0 }, when)
      expect(sumOf([...amounts(there.lines), ...amounts(back.lines)])).toBe(0n)
    }),
  )
})
