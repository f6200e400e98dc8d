import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { closePeriods } from '#server/billing/closePeriods.ts'
import { creditAbuse } from '#server/billing/creditAbuse.ts'
import { creditOutage } from '#server/billing/creditOutage.ts'
import { decideAdjustment } from '#server/billing/adjust.ts'
import { finalizeDrafts } from '#server/billing/finalizeDrafts.ts'
import { monthAt, outageCredit, union } from '#server/billing/outageCredit.ts'
import { HOUR_MS, hourOf } from '#server/time.ts'
import { addCluster, addEpoch, addHost } from '../usage/place.ts'
import { use } from './books.ts'
import { billingHouse, utc } from './house.ts'

const { sql, ctx, account, start } = await billingHouse()
const VCPU_H = 3_600_000_000n
const PROMISE = [
  { downMinutes: 44, percent: 10 },
  { downMinutes: 438, percent: 25 },
]

let made = 0
/** An account on Cloud whose app `web` cost 100.00 in March. */
const customer = async () => {
  const id = await account(`fair-${++made}`, '2026-01-01')
  await start(id, 'cloud', '2026-02-01')
  await use(sql, id, 'web', utc('2026-03-02'), { egress: 5_000_000_000_000n })
  return id
}
const down = (
  accountId: bigint,
  incident: string,
  from: string,
  to: string,
  now = '2026-03-20',
  app: string | null = 'web',
) =>
  creditOutage(ctx(now), {
    accountId: String(accountId),
    app,
    incident,
    start: utc(from).toISOString(),
    end: utc(to).toISOString(),
  })
const credits = async (accountId: bigint) =>
  await sql<{ state: string; amountMinor: bigint; description: string }[]>`select state, amount_minor, description
    from adjustment where account_id = ${accountId} order by id`

test('downtime is credited by the promise, once however often it is told', async () => {
  const id = await customer()
  await down(id, 'INC-1', '2026-03-10 10:00', '2026-03-10 10:44')
  await down(id, 'INC-1', '2026-03-10 10:00', '2026-03-10 10:44')
  expect(await credits(id)).toEqual([
    { state: 'approved', amountMinor: -1_000n, description: 'Outage credit for web: 44 min down, 10 %' },
  ])
})

test('a window that two incidents share counts once, and corrections post the difference', async () => {
  const id = await customer()
  await down(id, 'INC-1', '2026-03-10 10:00', '2026-03-10 14:00')
  await down(id, 'INC-2', '2026-03-10 10:00', '2026-03-10 14:00')
  await down(id, 'INC-2', '2026-03-10 12:00', '2026-03-10 18:00')
  expect((await credits(id)).map((row) => row.amountMinor)).toEqual([-1_000n, -1_500n])
  await down(id, 'INC-2', '2026-03-10 12:00', '2026-03-10 12:00')
  expect((await credits(id)).map((row) => row.amountMinor)).toEqual([-1_000n, -1_500n, 1_500n])
})

test('what a month cost in the end decides, not what it had cost when the outage was over', async () => {
  const id = await customer()
  await down(id, 'INC-1', '2026-03-10 10:00', '2026-03-10 11:00')
  await use(sql, id, 'web', utc('2026-03-30'), { egress: 5_000_000_000_000n })
  await down(id, '', '2026-03-01', '2026-04-01', '2026-04-03')
  expect((await credits(id)).map((row) => row.amountMinor)).toEqual([-1_000n, -1_000n])
})

test('an outage over a month border is credited in each, and the next invoice takes it', async () => {
  const id = await customer()
  await use(sql, id, 'web', utc('2026-04-01'), { egress: 1_000_000_000_000n })
  await down(id, 'INC-1', '2026-03-31 23:00', '2026-04-01 01:00', '2026-04-01 01:00')
  expect((await credits(id)).map((row) => row.amountMinor)).toEqual([-1_000n, -200n])
  await closePeriods(ctx('2026-05-01 00:01'))
  await finalizeDrafts(ctx('2026-05-01 00:01'))
  expect((await credits(id)).map((row) => row.state)).toEqual(['applied', 'applied'])
})

test('a plan without a promise credits nothing; without an app the whole plan counts', async () => {
  const team = await account('team-only', '2026-01-01')
  await start(team, 'team', '2026-03-01')
  await down(team, 'INC-1', '2026-03-10 10:00', '2026-03-12 10:00', '2026-03-20', null)
  expect(await credits(team)).toEqual([])
  const business = await account('business-only', '2026-01-01')
  await start(business, 'business', '2026-03-01')
  await down(business, 'INC-1', '2026-03-10 10:00', '2026-03-10 11:00', '2026-03-20', null)
  expect((await credits(business)).map((row) => row.amountMinor)).toEqual([-490n])
})

test('credit grows with downtime, never beyond the fee, and overlaps never count twice', () => {
  const month = monthAt(utc('2026-03-15'))
  const interval = fc
    .tuple(fc.integer({ min: -2_000, max: 50_000 }), fc.integer({ min: 0, max: 5_000 }))
    .map(([from, minutes]) => ({
      start: new Date(month.start.getTime() + from * 60_000),
      end: new Date(month.start.getTime() + (from + minutes) * 60_000),
    }))
  fc.assert(
    fc.property(fc.array(interval, { maxLength: 8 }), fc.bigInt(0n, 10n ** 20n), (intervals, fee) => {
      const credit = outageCredit(PROMISE, intervals, month, fee)
      expect(credit.amountMinor).toBeLessThanOrEqual(fee)
      expect(outageCredit(PROMISE, [...intervals, ...intervals], month, fee)).toEqual(credit)
      expect(outageCredit(PROMISE, intervals.slice(1), month, fee).amountMinor).toBeLessThanOrEqual(credit.amountMinor)
      expect(credit.downMinutes).toBeLessThanOrEqual(31 * 24 * 60)
      for (const [i, one] of union(intervals).entries()) {
        const next = union(intervals)[i + 1]
        if (next) expect(one.end.getTime()).toBeLessThan(next.start.getTime())
      }
    }),
  )
})

test('what a container stopped as abuse used is proposed, and only an admin makes it credit', async () => {
  const id = await customer()
  const hostId = await addHost(sql, await addCluster(sql, 'abused'), 'abused-1')
  const epoch = await addEpoch(sql, hostId, 'miner')
  const fromHour = hourOf(utc('2026-03-05 10:00'))
  await sql`insert into attribution (host_id, epoch, from_hour, account_id, app, source)
    values (${hostId}, ${epoch}, ${fromHour}, ${id}, 'web', 'label')`
  for (const hour of [fromHour, fromHour + 1]) {
    await sql`insert into usage_hour (host_id, epoch, hour, cpu_us, throttled_us, memory_mib_s, disk_mib_s, volumes_mib_s,
        logs_mib_s, rx_bytes, tx_bytes, block_read_bytes, block_write_bytes)
      values (${hostId}, ${epoch}, ${hour}, ${500n * VCPU_H}, 0, 0, 0, 0, 0, 0, 0, 0, 0)`
    await use(sql, id, 'web', new Date(hour * HOUR_MS), { cpu: 600n * VCPU_H })
  }
  const payload = {
    accountId: String(id),
    caseId: 'AB-1',
    hostId,
    epochs: [String(epoch)],
    fromHour,
    untilHour: fromHour + 2,
  }
  await creditAbuse(ctx('2026-03-06'), payload)
  await creditAbuse(ctx('2026-03-06'), payload)
  const [proposed] = await sql<{ id: bigint; state: string; amountMinor: bigint }[]>`select id, state, amount_minor
    from adjustment where account_id = ${id}`
  // 1000 vCPU-h at 0.018.
  expect(proposed).toMatchObject({ state: 'proposed', amountMinor: -1_800n })
  // Its host tells nothing, so drafts wait their day.
  await closePeriods(ctx('2026-04-01 00:01'))
  await finalizeDrafts(ctx('2026-04-02 00:01'))
  expect((await credits(id))[0]).toMatchObject({ state: 'proposed' })
  const decide = () =>
    decideAdjustment(ctx('2026-04-02'), {
      accountId: id,
      adjustmentId: proposed!.id,
      approve: true,
      decision: 'Hijacked',
    })
  await decide()
  await expect(decide()).rejects.toThrow('approved already')
  await use(sql, id, 'web', utc('2026-04-05'), { egress: 5_000_000_000_000n })
  await closePeriods(ctx('2026-05-01 00:01'))
  await finalizeDrafts(ctx('2026-05-02 00:01'))
  const [taken] = await sql<{ subtotalMinor: bigint }[]>`select subtotal_minor from invoice
    where account_id = ${id} order by id desc limit 1`
  expect(taken!.subtotalMinor).toBe(8_200n)
})
