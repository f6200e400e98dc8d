import fc from 'fast-check'
import { expect, test } from 'vitest'
import { analyse, medianOf, monthsOf, type Recorded } from '#server/incidents/analytics/analyse.ts'
import { analyticsFile } from '#server/incidents/analytics/analyticsFile.ts'
import { readRecorded } from '#server/incidents/analytics/recordSql.ts'
import { deliver } from '#server/incidents/deliver.ts'
import { backfillIncident } from '#server/incidents/backfill.ts'
import { openIncident, type NewIncident } from '#server/incidents/openIncident.ts'
import { postUpdate, type PostUpdate } from '#server/incidents/postUpdate.ts'
import { STATUSES, type ComponentStatus } from '#server/incidents/impact.ts'
import { undoUpdate } from '#server/incidents/undoUpdate.ts'
import { testDatabase } from '../../support/database.ts'
import { buildWharf, minuteAt } from './wharf.ts'

const MINUTE = 60_000
const at = (minute: number) => new Date(minute * MINUTE)
const nothing: Recorded = { outages: [], components: [], hosts: [], customers: [], promises: [], deliveries: [] }

/** Whole minutes, some of them without an end. */
const span = fc
  .tuple(fc.integer({ min: -50, max: 150 }), fc.option(fc.integer({ min: 0, max: 80 }), { nil: null }))
  .map(([from, length]) => ({ fromAt: at(from), untilAt: length === null ? null : at(from + length) }))
const covers = ({ fromAt, untilAt }: { fromAt: Date; untilAt: Date | null }, minute: number) =>
  fromAt <= at(minute) && (untilAt === null || untilAt > at(minute))
const minutes = Array.from({ length: 100 }, (_, n) => n)
const window = { from: 0, until: 100 * MINUTE }

test('time out a host and minutes of customers are those that a count minute by minute gives', () => {
  const hit = fc.record({ id: fc.integer({ min: 1, max: 4 }), incidentId: fc.integer({ min: 1, max: 3 }), span })
  fc.assert(
    fc.property(fc.array(hit, { maxLength: 12 }), (rows) => {
      const recorded = {
        ...nothing,
        hosts: rows.map(({ id, incidentId, span: of }) => ({ host: `h${id}`, incidentId: BigInt(incidentId), ...of })),
        customers: rows.map(({ id, incidentId, span: of }) => ({
          accountId: BigInt(id),
          incidentId: BigInt(incidentId),
          ...of,
        })),
      }
      const found = analyse(recorded, window, at(100))
      const naive = (id: number) =>
        minutes.filter((minute) => rows.some((row) => row.id === id && covers(row.span, minute))).length
      expect(found.customerMs / MINUTE).toBe([1, 2, 3, 4].reduce((sum, id) => sum + naive(id), 0))
      expect(Object.fromEntries(found.hosts.map(({ host, outMs }) => [host, outMs / MINUTE]))).toEqual(
        Object.fromEntries([1, 2, 3, 4].filter((id) => naive(id) > 0).map((id) => [`h${id}`, naive(id)])),
      )
      for (const { host, outages } of found.hosts) {
        const own = rows.filter((row) => `h${row.id}` === host && minutes.some((minute) => covers(row.span, minute)))
        expect(outages).toBe(new Set(own.map(({ incidentId }) => incidentId)).size)
      }
    }),
  )
})

test('a component’s downtime by status and its uptime are those of its minutes', () => {
  const status = fc.constantFrom(...STATUSES)
  fc.assert(
    fc.property(
      fc.array(fc.tuple(status, fc.integer({ min: 1, max: 60 })), { minLength: 1, maxLength: 8 }),
      (parts) => {
        let from = -20
        const spans = parts.map(([of, length], n) => {
          const untilAt = n === parts.length - 1 ? null : at(from + length)
          const made = { status: of, fromAt: at(from), untilAt, incidentId: of === 'operational' ? null : BigInt(n) }
          from += length
          return made
        })
        const [found] = analyse(
          { ...nothing, components: [{ id: 1n, name: 'web', spans }] },
          window,
          at(100),
        ).components
        const counted = (of: ComponentStatus) =>
          minutes.filter((minute) => spans.some((one) => one.status === of && covers(one, minute))).length
        expect([found!.degradedMs, found!.partialMs, found!.majorMs].map((ms) => ms / MINUTE)).toEqual([
          counted('degraded_performance'),
          counted('partial_outage'),
          counted('major_outage'),
        ])
        const known =
          counted('operational') + counted('degraded_performance') + counted('partial_outage') + counted('major_outage')
        if (known === 0) expect(found!.uptime).toBeNull()
        else expect(found!.uptime).toBeCloseTo(1 - (counted('major_outage') + counted('partial_outage') / 2) / known, 9)
      },
    ),
  )
})

test('what months hold of customers’ minutes is together what the window holds', () => {
  const days = (n: number) => new Date(Date.UTC(2026, 0, 1 + n))
  const hit = fc.record({
    accountId: fc.bigInt(1n, 3n),
    from: fc.integer({ min: 0, max: 180 }),
    length: fc.integer({ min: 0, max: 70 }),
  })
  fc.assert(
    fc.property(fc.array(hit, { maxLength: 8 }), (rows) => {
      const customers = rows.map(({ accountId, from, length }) => ({
        accountId,
        incidentId: 1n,
        fromAt: days(from),
        untilAt: days(from + length),
      }))
      const within = { from: days(17).getTime(), until: days(140).getTime() }
      const found = analyse({ ...nothing, customers }, within, days(140))
      expect(found.months.map(({ customerMs }) => customerMs).reduce((sum, ms) => sum + ms, 0)).toBe(found.customerMs)
    }),
  )
})

test('months are UTC months, whole or begun, over the turn of a year', () => {
  const of = (from: string, until: string) =>
    monthsOf({ from: Date.parse(from), until: Date.parse(until) }).map((month) => month.toISOString().slice(0, 7))
  expect(of('2026-11-01', '2027-01-01')).toEqual(['2026-11', '2026-12'])
  expect(of('2026-11-01', '2027-01-01T00:00:01Z')).toEqual(['2026-11', '2026-12', '2027-01'])
  expect([medianOf([]), medianOf([3, 1, 2]), medianOf([4, 1, 2, 3])]).toEqual([null, 2, 2.5])
})

test('the record counts what was told of: no drill, no maintenance, nothing undone or retracted', async () => {
  const { sql } = await testDatabase()
  const { ctx, one, registry } = await buildWharf(sql)
  let taps = 0
  const open = (minute: number, of: Partial<NewIncident> = {}) =>
    sql.begin((tx) =>
      openIncident(tx, ctx(minute), { requestId: `open-${(taps += 1)}`, title: 'Pulls fail', hosts: [one], ...of }),
    )
  const post = (minute: number, incidentId: bigint, of: Partial<PostUpdate> = {}) =>
    postUpdate(ctx(minute), {
      incidentId,
      requestId: `post-${(taps += 1)}`,
      state: 'investigating',
      text: `At ${minute}.`,
      components: [{ componentId: registry, status: 'major_outage' }],
      hosts: [one],
      nextUpdateMinutes: 30,
      sawUpdate: 99,
      undoMs: 0,
      ...of,
    })
  const end = { state: 'resolved', nextUpdateMinutes: null } as const
  const real = await open(0, { startedAt: minuteAt(-10), detectedAt: minuteAt(-4) })
  await post(2, real.id)
  await post(32, real.id, { state: 'identified', nextUpdateMinutes: 20 })
  await post(60, real.id, end)
  const drill = await open(0, { isDrill: true })
  await post(1, drill.id)
  await post(9, drill.id, end)
  const taken = await open(100)
  const said = await post(100, taken.id)
  await post(104, taken.id, { kind: 'retraction', aboutId: said.updateId, components: [] })
  await post(115, (await open(115, { hosts: [] })).id, { components: [], hosts: [] })
  const undone = await open(110)
  const { updateId } = await post(110, undone.id, { undoMs: 5_000 })
  await undoUpdate(ctx(110), updateId)
  const past = {
    title: 'A switch',
    text: 'It broke.',
    resolvedText: 'It was replaced.',
    hosts: [],
    requestId: 'past-0001',
  }
  await backfillIncident(ctx(120), {
    ...past,
    startedAt: minuteAt(-600),
    resolvedAt: minuteAt(-540),
    components: [{ componentId: registry, status: 'partial_outage' }],
  })
  await sql`update status_page set rendered_at = ${minuteAt(119)}, rendered_revision = 1 where id = 1`
  await deliver(ctx(120), { patienceMs: 0 })

  const [from, now] = [minuteAt(-3_000), minuteAt(120)]
  const stretch = { from: from.getTime(), until: now.getTime() }
  const recorded = await readRecorded(sql, from, now)
  const found = analyse(recorded, stretch, now)
  expect(recorded.outages.map(({ title }) => title)).toEqual(['Pulls fail', 'Pulls fail', 'A switch'])
  expect(found).toMatchObject({ outages: 3, open: 1, promises: { kept: 2, missed: 1, waiting: 1 }, customers: 1 })
  expect(
    [found.detect, found.acknowledge, found.firstUpdate, found.resolve].map(({ count, meanMs }) => [
      count,
      meanMs! / MINUTE,
    ]),
  ).toEqual([
    [2, 3],
    [2, 3],
    [2, 3],
    [2, 65],
  ])
  expect(found.hosts).toEqual([{ host: 'ams1-c1', outages: 1, outMs: 70 * MINUTE, longestMs: 70 * MINUTE }])
  expect(found.customerMs).toBe(130 * MINUTE)
  expect(found.components.find(({ id }) => id === registry)).toMatchObject({
    outages: 2,
    majorMs: 70 * MINUTE,
    partialMs: 60 * MINUTE,
  })
  expect(found.months.map(({ byImpact }) => byImpact)).toEqual([{ none: 1, minor: 0, major: 1, critical: 1 }])
  expect(found.channels.map(({ name, delivered, share }) => [name, delivered, share])).toEqual([
    ['Banner', 6, 1],
    ['Status', 6, 1],
  ])
  const lines = analyticsFile('outages', recorded, found, stretch).trim().split('\r\n')
  expect(lines).toHaveLength(4)
  expect(lines[2]).toMatch(/^INC-\d+,Pulls fail,critical,2026-11-21T02:50:00\.000Z,.*,360,360,360,4200,1,1,70$/)
  for (const what of ['components', 'hosts', 'channels'] as const)
    expect(analyticsFile(what, recorded, found, stretch).split('\r\n')[1]?.split(',').length).toBeGreaterThan(3)
})
