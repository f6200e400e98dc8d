import { describe, expect, test } from 'vitest'
import { rateInput } from '#server/billing/rate.ts'
import { spendSoFar } from '#server/billing/spendOf.ts'
import { spendByContainer, spendOverview } from '#server/billing/spendView.ts'
import { stretchesOf } from '#server/billing/subscriptionTerms.ts'
import { usageHours } from '#server/billing/usageHours.ts'
import { sumOf } from '#server/money.ts'
import { billingHouse, utc } from './house.ts'
import { use } from './books.ts'
import { CORE_HOUR, spendPlace } from './spendUse.ts'

const house = await billingHouse()
const { sql } = house
const place = await spendPlace(sql)

/** An account on Cloud since 1 October, with two apps of two containers and one, used evenly until `until`. */
const cloud = async (name: string, until: Date) => {
  const accountId = await house.account(name, '2026-09-20')
  await house.start(accountId, 'cloud', '2026-10-01')
  const began = utc('2026-10-01')
  const epochs = []
  for (const [app, container, factor] of [
    ['web', `${name}-web-1`, 1n],
    ['web', `${name}-web-2`, 2n],
    ['batch', `${name}-batch-1`, 1n],
  ] as const) {
    const epoch = await place.container(accountId, app, container, began)
    const rate = {
      cpuUs: CORE_HOUR.cpuUs! * factor,
      memoryMibS: CORE_HOUR.memoryMibS!,
      txBytes: 1_000_000n,
      diskMibS: 7n,
    }
    await place.use(accountId, app, epoch, [began, until], rate)
    epochs.push(epoch)
  }
  return { accountId, epochs }
}

describe('what a period has cost so far', () => {
  test('is what the hours come to by the terms of the time, hour by hour or summed by days', async () => {
    const now = utc('2026-11-21 03:30')
    const { accountId } = await cloud('kelp', utc('2026-11-21 04:00'))
    const spend = (await spendSoFar(sql, accountId, now))!
    const { window, subscription, currency } = spend
    expect(window).toEqual({ start: utc('2026-11-01'), end: utc('2026-12-01') })
    const hours = await usageHours(sql, accountId, window.start.getTime() / 3_600_000, window.end.getTime() / 3_600_000)
    const stretches = await stretchesOf(sql, subscription, window)
    const lines = rateInput({ currency, period: window, asOf: window.end, stretches, hours })
    expect(spend.live.lines).toEqual(lines)
    expect(spend.live.usage).toBe(sumOf(lines.map((line) => line.amount)))
    expect(spend.live.usage).toBeGreaterThan(0n)
  })

  test('is by app and container, beside the part of the month before, and the forecast of even use is the whole month', async () => {
    const now = utc('2026-11-21 04:05')
    const { accountId } = await cloud('dulse', utc('2026-11-21 04:00'))
    const overview = (await spendOverview(sql, accountId, now))!
    expect(overview.apps.map((one) => one.app)).toEqual(['web', 'batch'])
    expect(sumOf(overview.apps.map((one) => one.cost))).toBe(overview.spent)
    expect(overview.before?.start).toEqual(utc('2026-10-01'))
    // Of the month before the hour at the window's end counts too.
    const hours = BigInt(20 * 24 + 4)
    expect(overview.before!.spent * hours).toBeGreaterThan((overview.spent * hours * 99n) / 100n)
    const end = (await spendSoFar(sql, accountId, now))!
    expect(end.live.usage).toBe(overview.spent)
    const whole = { low: overview.forecast!.low, mid: overview.forecast!.mid, high: overview.forecast!.high }
    // 720 h: CPU 4 x 0.0180, memory 6 x 0.0042, of which web has 3 and 4; disk is 0.0137 for 2,000 GiB-h.
    expect(Number(whole.mid)).toBeGreaterThan(6_990)
    expect(Number(whole.mid)).toBeLessThan(7_010)
    expect(whole.low).toBe(whole.mid)
    expect(whole.high).toBe(whole.mid)

    const app = (await spendByContainer(sql, accountId, 'web', now))!
    expect(app.containers.map((one) => one.name)).toEqual(['dulse-web-2', 'dulse-web-1'])
    expect(sumOf(app.containers.map((one) => one.cost))).toBe(overview.apps[0]!.cost)
    expect(app.rest).toBe(0n)
    expect(app.containers[0]!.used.cpu).toBe(2n * CORE_HOUR.cpuUs! * hours)
  })

  test('goes by days that sum to it, and its course ends in the forecast', async () => {
    const now = utc('2026-11-21 04:05')
    const { accountId } = await cloud('laver', utc('2026-11-21 04:00'))
    const overview = (await spendOverview(sql, accountId, now))!
    const days = overview.byDay
    expect(days.days).toHaveLength(21)
    expect(days.apps.map((one) => one.app)).toEqual(['web', 'batch'])
    expect(sumOf(days.apps.flatMap((one) => one.values))).toBe(overview.spent)
    const { times, spent, forecast, before } = days.course
    const present = times.findIndex((at) => at.getTime() === now.getTime())
    expect(spent[0]).toBe(0n)
    expect(spent[present]).toBe(overview.spent)
    expect(spent.slice(present + 1).every((value) => value === null)).toBe(true)
    expect(times.at(-1)).toEqual(utc('2026-12-01'))
    expect(forecast.at(-1)).toBe(overview.forecast!.mid)
    expect(forecast.slice(0, present).every((value) => value === null)).toBe(true)
    expect(before.every((value, i) => i === 0 || value! >= before[i - 1]!)).toBe(true)
    const october = (await spendOverview(sql, accountId, now, utc('2026-10-15')))!
    expect(october.forecast).toBeNull()
    expect(october.period).toMatchObject({ start: utc('2026-10-01'), end: utc('2026-11-01'), isRunning: false })
    // November has one day less: of October's course the last day is beyond it.
    expect(before.at(-1)!).toBeLessThan(october.spent)
  })

  test('keeps to the terms of each second where the plan was changed, and to whole hours', async () => {
    const accountId = await house.account('wrack', '2026-11-01')
    await house.start(accountId, 'cloud', '2026-11-01 10:30')
    const epoch = await place.container(accountId, 'web', 'wrack-web', utc('2026-11-01 08:00'))
    await place.use(accountId, 'web', epoch, [utc('2026-11-01 08:00'), utc('2026-11-01 14:00')], CORE_HOUR)
    const spend = (await spendSoFar(sql, accountId, utc('2026-11-01 13:59')))!
    // Hours up to the one it started in are Free's: 3 h of 0.0180 and 0.0084.
    expect(spend.live.lines.map((line) => line.exact)).toEqual(['5.4', '2.52'])
    expect(spend.live.usage).toBe(5n + 3n)
  })

  test('goes by periods as they were closed where a change began the months anew', async () => {
    const accountId = await house.account('bladder', '2026-08-01')
    const { subscription } = await house.start(accountId, 'cloud', '2026-08-10')
    const [from, until] = [utc('2026-10-10'), utc('2026-10-20')]
    await sql`update subscription set anchor_at = ${until}, period_start = ${until}, period_end = ${utc('2026-11-20')}
      where account_id = ${accountId} and id = ${subscription.id}`
    await sql`insert into invoice (account_id, entity_id, subscription_id, driver, state, key, currency, period_start,
        period_end, created_at)
      select ${accountId}, id, ${subscription.id}, 'manual', 'draft', ${`period:${subscription.id}:cut`}, 'EUR', ${from},
        ${until}, ${until} from legal_entity where is_default`
    const now = utc('2026-11-05')
    const cut = (await spendOverview(sql, accountId, now, utc('2026-10-15')))!
    expect(cut.period).toEqual({ start: from, end: until, isRunning: false })
    expect(cut.periods.slice(0, 2)).toEqual([
      { start: until, end: utc('2026-11-20') },
      { start: from, end: until },
    ])
    expect((await spendOverview(sql, accountId, now))!.period).toMatchObject({ start: until, isRunning: true })
  })

  test('is nothing on Free, and nobody knows of a time before the plan', async () => {
    const accountId = await house.account('bare', '2026-11-01')
    const now = utc('2026-11-10')
    const overview = (await spendOverview(sql, accountId, now))!
    expect(overview).toMatchObject({ spent: 0n, apps: [], before: null })
    expect(await spendOverview(sql, accountId, now, utc('2025-01-01'))).toBeUndefined()
    expect(await spendOverview(sql, accountId, now, utc('2027-01-01'))).toBeUndefined()
    await expect(spendByContainer(sql, accountId, 'web', now)).rejects.toThrow('there is no app "web"')
    await use(sql, accountId, 'web', utc('2026-10-30'), { cpu: 1n })
    expect(await spendByContainer(sql, accountId, 'web', now)).toMatchObject({ app: { cost: 0n }, containers: [] })
    expect(await spendByContainer(sql, accountId, 'web', now, utc('2025-01-01'))).toBeUndefined()
  })

  test('can be kept as CSV whose rows sum to it', async () => {
    const now = utc('2026-11-21 04:05')
    const { accountId } = await cloud('carrageen', utc('2026-11-21 04:00'))
    const owner = await house.person('carrageen-owner', accountId)
    const api = house.as(owner, now)
    const { text, rows, fileName } = await api.billing.spend.export({ account: 'carrageen' })
    expect(fileName).toBe('carrageen-spend-2026-11-01.csv')
    expect(rows).toBe(42)
    const [head, ...lines] = text.trimEnd().split('\r\n')
    expect(head).toBe('day,app,cpu_us,memory_mib_s,storage_mib_s,egress_bytes,amount,currency')
    const cents = lines.map((line) => BigInt(line.split(',')[6]!.replace('.', '')))
    const overview = (await api.billing.spend.overview({ account: 'carrageen' }))!
    expect(sumOf(cents)).toBe(overview.spent)
  })
})
