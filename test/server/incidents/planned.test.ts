import { expect, test } from 'vitest'
import { backfillIncident } from '#server/incidents/backfill.ts'
import { discardIncident } from '#server/incidents/editIncident.ts'
import { readIncident } from '#server/incidents/incidentSql.ts'
import { keepMaintenances, moveMaintenance, scheduleMaintenance } from '#server/incidents/maintenance.ts'
import { openIncident } from '#server/incidents/openIncident.ts'
import { prefillPostmortem } from '#server/incidents/postmortem.ts'
import { testDatabase } from '../../support/database.ts'
import { buildWharf, minuteAt } from './wharf.ts'

const { sql } = await testDatabase()
const wharf = await buildWharf(sql)
const { ctx } = wharf
const DAY = 1_440

const plan = async (requestId: string, from: number, until: number) => {
  await scheduleMaintenance(ctx(0), {
    title: 'New switches',
    text: 'We replace two switches.',
    componentIds: [wharf.running],
    hosts: [],
    scheduledFor: minuteAt(from),
    scheduledUntil: minuteAt(until),
    audience: 'everybody',
    isDrill: false,
    requestId,
  })
  const [row] = await sql<{ id: bigint }[]>`select id from incident where request_id = ${requestId}`
  return row!.id
}
const statusOf = async () =>
  (await sql<{ status: string }[]>`select status from component where id = ${wharf.running}`)[0]?.status
const said = async (id: bigint) =>
  (await readIncident(sql, id))?.said.map(({ kind, state }) => `${kind} ${state}`).toReversed()

test('a maintenance reminds, starts, holds its components and ends, each once, by the clock alone', async () => {
  const id = await plan('switches', 2 * DAY, 2 * DAY + 60)
  expect(await statusOf()).toBe('operational')
  for (const at of [DAY, DAY, 2 * DAY - 60, 2 * DAY - 59]) await keepMaintenances(ctx(at))
  expect(await said(id)).toEqual(['update scheduled', 'reminder scheduled', 'reminder scheduled'])
  await Promise.all([keepMaintenances(ctx(2 * DAY + 1)), keepMaintenances(ctx(2 * DAY + 1))])
  expect(await statusOf()).toBe('under_maintenance')
  await keepMaintenances(ctx(2 * DAY + 61))
  await keepMaintenances(ctx(2 * DAY + 62))
  expect(await statusOf()).toBe('operational')
  expect((await said(id))?.slice(3)).toEqual(['update in_progress', 'update completed'])
  const spans = await sql<{ fromAt: Date; untilAt: Date }[]>`select from_at, until_at from component_status
    where component_id = ${wharf.running} and status = 'under_maintenance'`
  expect(spans).toEqual([{ fromAt: minuteAt(2 * DAY), untilAt: minuteAt(2 * DAY + 60) }])
})

test('a maintenance that is moved starts by its new time, and one that is extended ends by its new end', async () => {
  const id = await plan('moved', 3 * DAY, 3 * DAY + 60)
  const move = (at: number, from: number, until: number) =>
    moveMaintenance(ctx(at), {
      incidentId: id,
      scheduledFor: minuteAt(from),
      scheduledUntil: minuteAt(until),
      text: 'It takes place later.',
      requestId: `move-${at}`,
    })
  await move(2 * DAY, 3 * DAY + 30, 3 * DAY + 90)
  await keepMaintenances(ctx(3 * DAY + 1))
  expect((await readIncident(sql, id))?.state).toBe('scheduled')
  await keepMaintenances(ctx(3 * DAY + 30))
  await move(3 * DAY + 80, 3 * DAY + 30, 3 * DAY + 120)
  await keepMaintenances(ctx(3 * DAY + 91))
  expect((await readIncident(sql, id))?.state).toBe('in_progress')
  await keepMaintenances(ctx(3 * DAY + 121))
  expect((await readIncident(sql, id))?.state).toBe('completed')
  await expect(move(3 * DAY + 130, 4 * DAY, 5 * DAY)).rejects.toThrow('no maintenance that is still to come')
})

test('a maintenance cannot end before it starts, or start in the past', async () => {
  await expect(plan('backwards', 60, 60)).rejects.toThrow('end after it starts')
  await expect(plan('past', -60, 60)).rejects.toThrow('that start has passed')
})

test('a past incident is written into history and told to nobody', async () => {
  const deliveries = async () => (await sql`select 1 from delivery`).length
  const before = await deliveries()
  const past = {
    title: 'Slow pulls',
    text: 'Pulls were slow.',
    resolvedText: 'A proxy was replaced.',
    startedAt: minuteAt(-600),
    resolvedAt: minuteAt(-540),
    components: [{ componentId: wharf.registry, status: 'partial_outage' as const }],
    hosts: [wharf.one],
    requestId: 'past-pulls',
  }
  const { incident } = await backfillIncident(ctx(0), past)
  expect(await backfillIncident(ctx(1), past)).toEqual({ incident })
  const found = await readIncident(sql, BigInt(incident.slice(4)))
  expect(found).toMatchObject({
    state: 'resolved',
    impact: 'major',
    resolvedAt: minuteAt(-540),
    accounts: 1,
    updates: 2,
  })
  const spans = await sql`select status, from_at, until_at from component_status
    where component_id = ${wharf.registry} order by from_at`
  expect(spans.map((row) => [row['status'], row['fromAt'], row['untilAt']])).toEqual([
    ['operational', minuteAt(-10_000), minuteAt(-600)],
    ['partial_outage', minuteAt(-600), minuteAt(-540)],
    ['operational', minuteAt(-540), null],
  ])
  expect(await deliveries()).toBe(before)
})

test('a draft that nothing was said of can be thrown away', async () => {
  const draft = await sql.begin((tx) => openIncident(tx, ctx(0), { requestId: 'nothing', hosts: [wharf.one] }))
  await discardIncident(ctx(1), draft.id)
  expect(await readIncident(sql, draft.id)).toBeUndefined()
})

test('a postmortem begins with the times, what was hit and all that was said', () => {
  const text = prefillPostmortem({
    incident: 'INC-7',
    title: 'Pulls fail',
    startedAt: minuteAt(0),
    detectedAt: minuteAt(4),
    acknowledgedAt: minuteAt(6),
    resolvedAt: minuteAt(50),
    impact: 'major',
    components: ['Image registry, ams1'],
    hosts: 1,
    accounts: 2,
    updates: [{ displayAt: minuteAt(7), state: 'identified', text: 'A proxy\nis out.' }],
  })
  expect(text).toContain('# INC-7: Pulls fail')
  expect(text).toContain('- major, 50 min from start to end')
  expect(text).toContain('- 1 host, 2 customers')
  expect(text).toContain('- Detected after 4 min, acknowledged after 6 min')
  expect(text).toContain('- 2026-11-21 03:07 UTC (identified): A proxy is out.')
})
