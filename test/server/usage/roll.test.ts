import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { METERS } from '#agents/protocol.ts'
import { systemContext } from '#server/context.ts'
import { readEnv } from '#server/env.ts'
import { attributeEpochs } from '#server/usage/attribute.ts'
import { closeMinutesBefore } from '#server/usage/horizon.ts'
import { NOTHING, plus, settled, usedInHour, type Totals } from '#server/usage/hour.ts'
import { eachMeter, METER_COLUMNS } from '#server/usage/meters.ts'
import { rollDue } from '#server/usage/roll.ts'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { tmpdir } from 'node:os'
import { testDatabase } from '../../support/database.ts'
import { addAccount, addCluster, addEpoch, addHost } from './place.ts'

const { sql } = await testDatabase()
const env = readEnv({ ...process.env, WHARF_DATA: mkdtempSync(join(tmpdir(), 'wharf-roll-')) })
const ctx = systemContext(sql, env, 'test')
const names = { labelAccount: 'io.wharfinger.account', labelApp: 'io.wharfinger.app' }
const saltmarsh = await addAccount(sql, 'saltmarsh')
const cluster = await addCluster(sql, 'main')
const host = await addHost(sql, cluster, 'ams1-1')
const OPENED = new Date('2026-11-01T00:30:00Z')
const ZERO = Math.floor(OPENED.getTime() / 3_600_000) * 60

let made = 0
const life = async (hostId = host, account: string | null = 'saltmarsh', openedAt = OPENED) => {
  const labels: Record<string, string> = account ? { [names.labelAccount]: account, [names.labelApp]: 'web' } : {}
  const epoch = await addEpoch(sql, hostId, `c-${made++}`, { labels, openedAt })
  await sql.begin((tx) => attributeEpochs(tx, names, [{ hostId, epoch }]))
  return { hostId, epoch }
}
type Life = Awaited<ReturnType<typeof life>>

/** What ingest does with readings: the greatest stays, the hour becomes due, the host's progress is known. */
const report = async ({ hostId, epoch }: Life, ...readings: [minute: number, total: number | Totals][]) => {
  for (const [minute, total] of readings) {
    const totals = typeof total === 'number' ? METERS.map((_, i) => BigInt(total) * BigInt(i + 1)) : total
    await sql.unsafe(
      `insert into usage_minute (host_id, epoch, minute, ${METER_COLUMNS.join(', ')})
       values ($1, $2, $3, ${totals.map((_, i) => `$${i + 4}`).join(', ')})
       on conflict (host_id, epoch, minute) do update set ${eachMeter('$ = greatest(usage_minute.$, excluded.$)')}`,
      [hostId, epoch, minute, ...totals.map(String)],
    )
    await sql`insert into hour_due (host_id, hour) values (${hostId}, ${Math.floor(minute / 60)})`
    await sql`insert into host_progress (host_id, last_minute) values (${hostId}, ${minute})
      on conflict (host_id) do update set last_minute = greatest(host_progress.last_minute, excluded.last_minute)`
  }
}

const hours = async ({ hostId, epoch }: Life) => {
  const rows = await sql<{ hour: number; cpuUs: bigint }[]>`select hour, cpu_us from usage_hour
    where host_id = ${hostId} and epoch = ${epoch} and cpu_us <> 0 order by hour`
  return rows.map((r) => [r.hour - ZERO / 60, Number(r.cpuUs)])
}

// Whatever a test did: what accounts are shown is what their epochs used, to the last unit.
afterEach(async () => {
  const text = eachMeter('sum($)::text as $')
  const [epochs] = await sql.unsafe(`select ${text} from usage_hour`)
  const [accounts] = await sql.unsafe(`select ${text} from account_hour`)
  expect(accounts).toEqual(epochs)
  const [days] = await sql.unsafe(`select ${text} from account_day`)
  expect(days).toEqual(epochs)
  const columns = eachMeter('$')
  const sums = eachMeter('sum($)::bigint as $')
  const apart = await sql.unsafe(`select host_id, epoch, day, ${columns} from usage_day
    except select host_id, epoch, hour / 24, ${sums} from usage_hour group by 1, 2, 3`)
  expect(apart).toEqual([])
  const [epochDays] = await sql.unsafe(`select ${text} from usage_day`)
  expect(epochDays).toEqual(epochs)
})

describe('rolling minutes into hours', () => {
  test('takes back what was shared out to an hour that a late reading shows empty', async () => {
    const one = await life(host, 'saltmarsh', new Date('2026-11-02T00:50:00Z'))
    const opened = ZERO + 24 * 60
    await report(one, [opened + 70, 30])
    await rollDue(ctx)
    expect(await hours(one)).toEqual([
      [24, 14],
      [25, 16],
    ])
    await report(one, [opened + 59, 0])
    await rollDue(ctx)
    expect(await hours(one)).toEqual([[25, 30]])
    const left =
      await sql`select hour, containers from account_hour where hour between ${opened / 60} and ${opened / 60 + 1}`
    expect(left).toEqual([{ hour: opened / 60 + 1, containers: 1 }])
  })

  test('gives each hour the difference of the totals at its edges', async () => {
    const one = await life()
    await report(one, [ZERO + 40, 10], [ZERO + 59, 30], [ZERO + 60, 31])
    await rollDue(ctx)
    expect(await hours(one)).toEqual([
      [0, 30],
      [1, 1],
    ])
    await report(one, [ZERO + 119, 90])
    await rollDue(ctx)
    expect(await hours(one)).toEqual([
      [0, 30],
      [1, 60],
    ])
    const [seen] = await sql`select last_minute from epoch where epoch = ${one.epoch}`
    expect(seen?.['lastMinute']).toBe(ZERO + 119)
    expect(await sql`select * from hour_due`).toEqual([])
  })

  test('a late report corrects the hours on both sides of an edge', async () => {
    const one = await life()
    await report(one, [ZERO + 49, 0], [ZERO + 69, 100])
    await rollDue(ctx)
    expect(await hours(one)).toEqual([
      [0, 50],
      [1, 50],
    ])
    await report(one, [ZERO + 59, 90])
    await rollDue(ctx)
    expect(await hours(one)).toEqual([
      [0, 90],
      [1, 10],
    ])
  })

  test('a gap of hours is split in proportion to time and mended when its minutes come', async () => {
    const one = await life()
    await report(one, [ZERO + 59, 100], [ZERO + 239, 400])
    await rollDue(ctx)
    expect(await hours(one)).toEqual([
      [0, 100],
      [1, 100],
      [2, 100],
      [3, 100],
    ])
    await report(one, [ZERO + 150, 400])
    await rollDue(ctx)
    expect(await hours(one)).toEqual([
      [0, 100],
      [1, 197],
      [2, 103],
    ])
  })

  test('minutes nobody can own are counted under account 0', async () => {
    const one = await life(host, null)
    await report(one, [ZERO + 45, 12])
    await rollDue(ctx)
    const [row] = await sql`select app, cpu_us from account_hour where account_id = 0 and hour = ${ZERO / 60}`
    expect(row).toEqual({ app: '', cpuUs: 12n })
  })

  test('several workers at once count nothing twice', async () => {
    const hosts = await Promise.all(Array.from({ length: 12 }, (_, i) => addHost(sql, cluster, `many-${i}`)))
    const lives = await Promise.all(hosts.map((id) => life(id)))
    for (const one of lives) await report(one, [ZERO + 59, 10], [ZERO + 100, 25])
    await Promise.all([rollDue(ctx), rollDue(ctx), rollDue(ctx)])
    await rollDue(ctx)
    for (const one of lives)
      expect(await hours(one)).toEqual([
        [0, 10],
        [1, 15],
      ])
  })

  test('tells who watches the account, the host and the fleet', async () => {
    const heard: string[] = []
    const subscription = await sql.listen('wharf', (topic) => heard.push(topic))
    await report(await life(), [ZERO + 59, 10])
    await rollDue(ctx)
    await expect.poll(() => heard).toEqual(expect.arrayContaining([`usage:${saltmarsh}`, `host:${host}`, 'fleet']))
    await subscription.unlisten()
  })
})

describe('after minutes were dropped', () => {
  const dropBefore = async (minute: number) =>
    await sql.begin(async (tx) => {
      const from = await closeMinutesBefore(tx, minute)
      await tx`delete from usage_minute where minute < ${from}`
      return from
    })
  afterEach(async () => void (await sql`delete from setting`))

  test('hours that still wait to be rolled keep their minutes', async () => {
    const one = await life()
    await report(one, [ZERO + 300, 1])
    expect(await dropBefore(ZERO + 600)).toBe(ZERO + 240)
    await rollDue(ctx)
    expect(await dropBefore(ZERO + 600)).toBe(ZERO + 600)
  })

  test('hours go on from what was counted', async () => {
    const one = await life()
    await report(one, [ZERO + 59, 100], [ZERO + 200, 400])
    await rollDue(ctx)
    await dropBefore(ZERO + 240)
    const before = await hours(one)
    await report(one, [ZERO + 299, 700], [ZERO + 250, 600])
    await rollDue(ctx)
    expect(await hours(one)).toEqual([...before, [4, 300]])
  })

  test('a late report of a closed hour that was already counted changes nothing', async () => {
    const one = await life()
    await report(one, [ZERO + 59, 100], [ZERO + 299, 400])
    await rollDue(ctx)
    await dropBefore(ZERO + 240)
    const before = await hours(one)
    await report(one, [ZERO + 150, 390], [ZERO + 62, 101])
    await rollDue(ctx)
    expect(await hours(one)).toEqual(before)
    await report(one, [ZERO + 310, 500])
    await rollDue(ctx)
    expect((await hours(one)).reduce((sum, [, used]) => sum + used!, 0)).toBe(500)
  })

  test('a late report that is the newest of its epoch adds its growth once', async () => {
    const one = await life()
    await report(one, [ZERO + 59, 100])
    await rollDue(ctx)
    await dropBefore(ZERO + 600)
    for (let again = 0; again < 2; again++) {
      await report(one, [ZERO + 130, 250], [ZERO + 125, 200])
      await rollDue(ctx)
      expect(await hours(one)).toEqual([
        [0, 100],
        [2, 150],
      ])
    }
    await report(one, [ZERO + 659, 300])
    await rollDue(ctx)
    expect((await hours(one)).reduce((sum, [, used]) => sum + used!, 0)).toBe(300)
  })
})

test('any order of reports and rolls gives the hours of the straight run', async () => {
  const steps = fc.array(
    fc.record({
      minutes: fc.integer({ min: 1, max: 150 }),
      used: fc.array(fc.bigInt(0n, 2n ** 40n), { minLength: 10, maxLength: 10 }),
    }),
    { minLength: 1, maxLength: 12 },
  )
  const openedAfterMs = fc.integer({ min: 0, max: 3_600_000 })
  const plan = fc.record({
    steps,
    openedAfterMs,
    order: fc.array(fc.nat(), { maxLength: 30 }),
    rollEvery: fc.integer({ min: 1, max: 5 }),
  })
  await fc.assert(
    fc.asyncProperty(plan, async ({ steps, openedAfterMs, order, rollEvery }) => {
      const openedAt = new Date(ZERO * 60_000 + openedAfterMs)
      const one = await life(host, 'saltmarsh', openedAt)
      let minute = Math.floor(openedAt.getTime() / 60_000) - 1
      let totals: Totals = NOTHING
      const readings = steps.map((step) => {
        totals = plus(totals, step.used)
        return { minute: (minute += step.minutes), totals }
      })
      const sent = [...order.map((n) => readings[n % readings.length]!), ...readings.toReversed()]
      for (const [i, reading] of sent.entries()) {
        await report(one, [reading.minute, reading.totals])
        if (i % rollEvery === 0) await rollDue(ctx)
      }
      await rollDue(ctx)
      const rows = await sql.unsafe<Record<string, number | bigint>[]>(
        `select hour, ${METER_COLUMNS.join(', ')} from usage_hour where host_id = $1 and epoch = $2`,
        [one.hostId, one.epoch],
      )
      const opening = { atMs: openedAt.getTime(), totals: NOTHING }
      const found = new Map(rows.map((row) => [row['hour'], METERS.map((meter) => row[meter])]))
      for (let hour = ZERO / 60; hour <= minute / 60; hour++) {
        expect(found.get(hour) ?? NOTHING).toEqual(usedInHour(opening, settled(readings), hour))
        found.delete(hour)
      }
      expect([...found.keys()]).toEqual([])
    }),
    { numRuns: 25, seed: 7 },
  )
})
