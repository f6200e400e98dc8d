import { expect, test } from 'vitest'
import { closePeriods } from '#server/billing/closePeriods.ts'
import { cancelNow } from '#server/billing/cancelSubscription.ts'
import { archiveCoupon, createCoupon } from '#server/billing/coupon.ts'
import { discardDraft, publishVersion, saveDraft, type Draft } from '#server/billing/draftVersion.ts'
import { createPlan, editPlan } from '#server/billing/editPlan.ts'
import { editSeller, setTaxRate } from '#server/billing/editSeller.ts'
import { finalizeDrafts } from '#server/billing/finalizeDrafts.ts'
import { moveCustomers, moveToVersion, tellMove } from '#server/billing/moveCustomers.ts'
import { newestVersion, planVersionOf } from '#server/billing/planVersion.ts'
import { pauseSubscription } from '#server/billing/pauseSubscription.ts'
import { previewVersion } from '#server/billing/previewVersion.ts'
import { liveSubscription } from '#server/billing/subscriptionSql.ts'
import type { Price } from '#server/billing/terms.ts'
import { hourOf } from '#server/time.ts'
import { billingHouse, utc } from './house.ts'
import { flat } from './terms.ts'

const { sql, ctx, account, version, start } = await billingHouse()

const draftOf = async (
  plan: string,
  change: (prices: Price[]) => Price[],
  more: Partial<Draft> = {},
): Promise<Draft> => {
  const { currency, interval, terms, trialDays } = await version(plan)
  return { plan, currency, interval, trialDays, terms: { ...terms, prices: change(terms.prices) }, ...more }
}
const graduated = (...upTo: (string | null)[]): Price => ({
  key: 'cpu',
  name: 'CPU',
  model: 'graduated',
  meter: 'cpu',
  tiers: upTo.map((end) => ({ upTo: end, unitAmount: '1' })),
})
const dearer = (prices: Price[]) =>
  prices.map((price) => (price.model === 'flat' ? { ...price, amount: '15.00' } : price))

test('a draft is one a plan, currency and interval, is saved over, and bills nobody until it is published', async () => {
  const first = await saveDraft(ctx('2026-01-02'), await draftOf('business', dearer))
  const again = await saveDraft(ctx('2026-01-03'), await draftOf('business', dearer, { trialDays: 7 }))
  expect(again).toEqual(first)
  expect((await version('business')).version).toBe(1)
  await publishVersion(ctx('2026-01-04'), first)
  expect(await version('business')).toMatchObject({ version: 2, trialDays: 7 })
  await expect(publishVersion(ctx('2026-01-05'), first)).rejects.toThrow('never changes')
  await expect(discardDraft(ctx('2026-01-05'), first)).rejects.toThrow('never changes')
  const next = await saveDraft(ctx('2026-01-06'), await draftOf('business', dearer))
  expect(next.version).toBe(3)
  await discardDraft(ctx('2026-01-07'), next)
  await expect(planVersionOf(sql, next.id)).rejects.toThrow('no plan version')
})

test('a published version cannot be changed in the store either', async () => {
  const { id } = await version('team')
  await expect(sql`update plan_version set trial_days = 99 where id = ${id}`).rejects.toThrow('publish a new one')
})

test.for<[string, Price[], string]>([
  ['two prices of one key', [flat('base', '1'), flat('base', '2')], 'two prices are called base'],
  ['tiers that do not rise', [graduated('10', '10', null)], 'tiers ascend'],
  ['no last tier', [graduated('10', '20')], 'tiers ascend'],
])('terms with %s are refused', async ([, prices, message]) => {
  await expect(saveDraft(ctx('2026-01-02'), await draftOf('cloud', () => prices))).rejects.toThrow(message)
})

test('a preview computes last month’s invoices again by a draft’s terms, says who would pay what, and changes nothing', async () => {
  const [small, large] = [await account('small', '2026-02-01'), await account('large', '2026-02-01')]
  await start(small, 'team', '2026-03-01')
  await start(large, 'cloud', '2026-02-01')
  // A vCPU for 100 hours in February.
  const hour = hourOf(utc('2026-02-10'))
  for (let at = hour; at < hour + 100; at++)
    await sql`insert into account_hour (account_id, hour, app, containers, cpu_us, throttled_us,
      memory_mib_s, disk_mib_s, volumes_mib_s, logs_mib_s, rx_bytes, tx_bytes, block_read_bytes, block_write_bytes)
      values (${large}, ${at}, 'api', 1, ${3_600_000_000n}, 0, 0, 0, 0, 0, 0, 0, 0, 0)`
  await closePeriods(ctx('2026-03-01 00:01'))
  await finalizeDrafts(ctx('2026-03-02 00:05'))
  const before = await sql`select count(*)::int as n, sum(total_minor)::text as total from invoice`

  const team = await previewVersion(sql, await draftOf('team', dearer), utc('2026-04-10'))
  expect(team).toMatchObject({ invoices: 1, customers: 1, up: 1, down: 0, beforeMinor: 1_200n, afterMinor: 1_500n })
  expect(team.biggest).toMatchObject([{ account: 'small', beforeMinor: 1_200n, afterMinor: 1_500n }])

  const cheaper = (prices: Price[]) =>
    prices.map((price) => (price.model === 'per_unit' ? { ...price, included: '50' } : price))
  const cloud = await previewVersion(sql, await draftOf('cloud', cheaper), utc('2026-04-10'))
  expect(cloud).toMatchObject({ down: 1, beforeMinor: 180n, afterMinor: 90n })

  const withFee = (prices: Price[]) => [...prices, flat('base', '5.00')]
  const fee = await previewVersion(sql, await draftOf('cloud', withFee), utc('2026-04-10'))
  expect(fee).toMatchObject({ up: 1, beforeMinor: 180n, afterMinor: 680n })
  const empty = await previewVersion(sql, await draftOf('team', dearer), utc('2026-06-10'))
  expect(empty).toMatchObject({ invoices: 0, beforeMinor: 0n, afterMinor: 0n })
  expect(await sql`select count(*)::int as n, sum(total_minor)::text as total from invoice`).toEqual(before)
})

test('customers stay on their version until they are moved: told first, then moved without a charge, once', async () => {
  const [one, other] = [await account('one', '2026-03-01'), await account('other', '2026-03-01')]
  await start(one, 'team', '2026-03-01')
  await start(other, 'team', '2026-03-01', { interval: 'year' })
  const drafted = await saveDraft(ctx('2026-03-02'), {
    ...(await draftOf('team', dearer)),
    terms: { ...(await draftOf('team', dearer)).terms, entitlements: { private_repositories: 12 } },
  })
  await publishVersion(ctx('2026-03-02'), drafted)
  const planOf = async (id: bigint) => (await liveSubscription(sql, id))!.planVersionId
  const before = await planOf(one)
  expect(before).not.toBe(BigInt(drafted.id))

  const at = utc('2026-04-01')
  const invoicesBefore = await sql`select count(*)::int as n from invoice where account_id = ${one}`
  await moveToVersion(ctx('2026-03-03'), { id: drafted.id, at })
  for (let times = 0; times < 2; times++)
    await tellMove(ctx('2026-03-03'), { versionId: drafted.id, at: at.toISOString() })
  const told = await sql`select title from notice where account_id = ${one}`
  expect(told).toMatchObject([{ title: 'New terms of the plan Team from 2026-04-01 00:00 UTC' }])
  expect(await planOf(one)).toBe(before)
  for (let times = 0; times < 2; times++) await moveCustomers(ctx('2026-04-01 00:00:05'), { versionId: drafted.id })
  expect(await planOf(one)).toBe(BigInt(drafted.id))
  expect(await planOf(other)).not.toBe(BigInt(drafted.id))
  expect(await sql`select count(*)::int as n from invoice where account_id = ${one}`).toEqual(invoicesBefore)
  expect(await sql`select value from entitlement where account_id = ${one}`).toEqual([{ value: 12n }])
  const terms = await sql`select 1 from subscription_term where account_id = ${one} and plan_version_id = ${drafted.id}`
  expect(terms).toHaveLength(1)
})

test('a plan that is archived is no longer sold, and who has it keeps it; Free stays', async () => {
  const id = await account('keeper', '2026-03-01')
  await createPlan(ctx('2026-03-01'), { key: 'harbour', name: 'Harbour', description: '' })
  await expect(createPlan(ctx('2026-03-01'), { key: 'harbour', name: 'H', description: '' })).rejects.toThrow('already')
  const drafted = await saveDraft(ctx('2026-03-01'), await draftOf('team', dearer, { plan: 'harbour' }))
  await publishVersion(ctx('2026-03-01'), drafted)
  await start(id, 'harbour', '2026-03-02')
  const edit = { key: 'harbour', name: 'Old harbour', description: 'gone', isPublic: true }
  await editPlan(ctx('2026-03-03'), { ...edit, archived: true })
  await expect(newestVersion(sql, 'harbour', 'EUR', 'month')).rejects.toThrow('not sold')
  expect((await liveSubscription(sql, id))!.planVersionId).toBe(BigInt(drafted.id))
  await expect(
    editPlan(ctx('2026-03-03'), { key: 'free', name: 'Free', description: '', isPublic: false, archived: false }),
  ).rejects.toThrow('Free stays')
})

test('a coupon has to take something off, in words that say what is wrong', async () => {
  const good = {
    code: 'works',
    name: 'Works',
    percent: '10',
    amountMinor: null,
    currency: null,
    duration: 'once' as const,
    months: null,
    mostRedemptions: null,
    expiresAt: null,
  }
  const make = (more: Partial<Parameters<typeof createCoupon>[1]>) =>
    createCoupon(ctx('2026-01-01'), { ...good, ...more })
  await expect(make({ percent: null })).rejects.toThrow('one of the two')
  await expect(make({ percent: '101' })).rejects.toThrow('at most 100')
  await expect(make({ percent: null, amountMinor: 500n })).rejects.toThrow('needs its currency')
  await expect(make({ duration: 'months' })).rejects.toThrow('how many months')
  expect(await make({})).toEqual({ code: 'WORKS' })
  await expect(make({})).rejects.toThrow('already')
  await archiveCoupon(ctx('2026-01-02'), { code: 'WORKS' })
  await expect(archiveCoupon(ctx('2026-01-02'), { code: 'WORKS' })).rejects.toThrow('no coupon WORKS')
})

test('the seller and a tax rate change from a day on, and both say who changed them', async () => {
  const seller = {
    name: 'Halyard Cloud B.V.',
    address: ['Kade 14', '1011 XX Amsterdam'],
    country: 'NL',
    taxId: 'NL000000000B00',
    email: 'billing@halyard.example',
    paymentDetails: 'NL00 BANK 0000 0000 00',
    invoicePrefix: 'HC',
  }
  await editSeller(ctx('2026-03-01'), seller)
  const rate = { country: 'NL', name: 'BTW', kind: 'standard' as const, percent: '22', inclusive: false }
  await setTaxRate(ctx('2026-03-01'), { ...rate, validFrom: utc('2027-01-01') })
  await expect(setTaxRate(ctx('2026-03-01'), { ...rate, validFrom: utc('2026-06-01') })).rejects.toThrow('or later')
  const rates =
    await sql`select percent, valid_from, valid_until from tax_rate where country = 'NL' order by valid_from`
  expect(rates).toMatchObject([
    { percent: '21', validUntil: utc('2027-01-01') },
    { percent: '22', validFrom: utc('2027-01-01'), validUntil: null },
  ])
  const audits = await sql<{ action: string }[]>`select action from audit_event
    where action in ('billing.legal_entity.edit', 'billing.tax_rate.set')`
  expect(audits).toHaveLength(2)
})

test('a plan in a currency that Free has no version of is paused and canceled: Free gets one, once', async () => {
  const made = await saveDraft(ctx('2026-01-02'), await draftOf('business', (prices) => prices, { currency: 'JPY' }))
  await publishVersion(ctx('2026-01-02'), made)
  const [one, two] = [await account('tokyo'), await account('osaka')]
  for (const id of [one, two]) await start(id, 'business', '2026-03-01', { currency: 'JPY' })
  await Promise.all([
    pauseSubscription(ctx('2026-03-11'), { accountId: one }),
    cancelNow(ctx('2026-03-11'), { accountId: two }),
  ])
  const free = await sql<{ version: number; digest: string }[]>`select version, digest from plan_version
    where plan_id = (select id from plan where key = 'free') and currency = 'JPY' and published_at is not null`
  expect(free).toEqual([{ version: 1, digest: (await version('free')).digest }])
  expect(await version('free', 'month', 'JPY')).toMatchObject({ terms: (await version('free')).terms })
  const planned = await liveSubscription(sql, two)
  expect((await planVersionOf(sql, planned!.planVersionId)).currency).toBe('JPY')
  const said = await sql`select 1 from audit_event
    where action = 'billing.plan_version.publish' and after ->> 'currency' = 'JPY' and after ->> 'plan' = 'free'`
  expect(said).toHaveLength(1)
})
