import { expect, test } from 'vitest'
import { affectedBy, componentsOn, hostsUnder } from '#server/incidents/affected.ts'
import { readDraft, saveDraft } from '#server/incidents/draft.ts'
import { editIncident } from '#server/incidents/editIncident.ts'
import { readBanners, readIncident } from '#server/incidents/incidentSql.ts'
import { openIncident, type NewIncident } from '#server/incidents/openIncident.ts'
import { postUpdate, type PostUpdate } from '#server/incidents/postUpdate.ts'
import { pagePromises } from '#server/incidents/promises.ts'
import { settleIncident } from '#server/incidents/settle.ts'
import { undoUpdate } from '#server/incidents/undoUpdate.ts'
import { testDatabase } from '../../support/database.ts'
import { buildWharf, minuteAt } from './wharf.ts'

const { sql } = await testDatabase()
const wharf = await buildWharf(sql)
const { ctx } = wharf

let taps = 0
const open = (minutes: number, of: Partial<NewIncident> = {}) =>
  sql.begin((tx) => openIncident(tx, ctx(minutes), { requestId: `tap-${(taps += 1)}`, title: 'Pulls fail', ...of }))
const post = (minutes: number, incidentId: bigint, of: Partial<PostUpdate> = {}) =>
  postUpdate(ctx(minutes), {
    incidentId,
    requestId: `post-${(taps += 1)}`,
    state: 'investigating',
    text: 'We are looking into it.',
    components: [],
    nextUpdateMinutes: 30,
    sawUpdate: 99,
    ...of,
  })
const statusOf = async (id: bigint) =>
  (await sql<{ status: string }[]>`select status from component where id = ${id}`)[0]?.status
const history = async (id: bigint) =>
  (
    await sql<{ status: string; fromAt: Date; untilAt: Date | null }[]>`select status, from_at, until_at
      from component_status where component_id = ${id} order by from_at`
  ).map(({ status, fromAt, untilAt }) => [status, fromAt, untilAt])
const jobs = async (task: string) =>
  (
    await sql<{ payload: Record<string, unknown> }[]>`select j.payload from graphile_worker._private_jobs j
      join graphile_worker._private_tasks t on t.id = j.task_id where t.identifier = ${task} order by j.id`
  ).map(({ payload }) => payload)

test('components stand on hosts by cluster and by name, and so on customers', async () => {
  expect(await hostsUnder(sql, [wharf.running])).toEqual([wharf.one, wharf.two])
  expect(await hostsUnder(sql, [wharf.registry])).toEqual([wharf.one])
  expect((await componentsOn(sql, [wharf.two])).map(({ id }) => id)).toEqual([wharf.running])
  expect(await affectedBy(sql, [wharf.one, wharf.two], minuteAt(0))).toEqual([
    { accountId: wharf.saltmarsh, account: 'saltmarsh', apps: [{ app: 'web', containers: 2 }] },
    { accountId: wharf.tidepool, account: 'tidepool', apps: [{ app: 'site', containers: 1 }] },
  ])
  expect(await affectedBy(sql, [wharf.one], new Date('2026-10-31T00:00:00Z'))).toEqual([])
})

test('a draft is told to nobody, infers its components from hosts, and is one however often it is asked for', async () => {
  const first = await open(0, { requestId: 'alert:1', hosts: [wharf.one] })
  const again = await open(1, { requestId: 'alert:1', hosts: [wharf.one] })
  expect(again).toEqual({ ...first, isNew: false })
  const draft = await readDraft(sql, first.id, 'oncall@wharf.example')
  expect(draft?.isOwn).toBe(false)
  expect(draft?.content.components.map(({ componentId }) => BigInt(componentId)).toSorted()).toEqual([
    wharf.running,
    wharf.registry,
  ])
  expect(await statusOf(wharf.running)).toBe('operational')
  await saveDraft(ctx(2), first.id, { ...draft!.content, text: 'mine' })
  await saveDraft(ctx(1), first.id, { ...draft!.content, text: 'from a phone that was offline' })
  expect((await readDraft(sql, first.id, 'oncall@wharf.example'))?.content.text).toBe('mine')
})

test('from the first post to the resolution: states, intervals, customers, and billing hears of it once', async () => {
  const { id, incident } = await open(10)
  await post(10, id, {
    components: [{ componentId: wharf.running, status: 'partial_outage' }],
    hosts: [wharf.one],
  })
  expect(await statusOf(wharf.running)).toBe('partial_outage')
  const going = await readIncident(sql, id)
  expect(going).toMatchObject({
    state: 'investigating',
    impact: 'major',
    nextUpdateDue: minuteAt(40),
    hosts: 1,
    accounts: 1,
  })
  expect(going?.customers).toEqual([
    { account: 'saltmarsh', app: 'web', containers: 2, fromAt: minuteAt(10), untilAt: null },
  ])
  await settleIncident(ctx(11), { incidentId: String(id) })
  expect(await jobs('billing.credit_outage')).toEqual([])
  await post(30, id, {
    state: 'resolved',
    text: 'It works again.',
    sawUpdate: 1,
    components: [{ componentId: wharf.running, status: 'partial_outage' }],
  })
  expect((await readIncident(sql, id))?.said[0]?.components).toMatchObject([
    { oldStatus: 'partial_outage', newStatus: 'operational' },
  ])
  expect(await statusOf(wharf.running)).toBe('operational')
  const [, outage, after] = await history(wharf.running)
  expect(outage).toEqual(['partial_outage', minuteAt(10), minuteAt(30)])
  expect(after).toEqual(['operational', minuteAt(30), null])
  await settleIncident(ctx(31), { incidentId: String(id) })
  expect(await jobs('billing.credit_outage')).toEqual([
    {
      accountId: String(wharf.saltmarsh),
      app: 'web',
      incident,
      start: minuteAt(10).toISOString(),
      end: minuteAt(30).toISOString(),
    },
  ])
})

test('a correction shortens what was recorded, a retraction takes all of it back, and the credit with it', async () => {
  const { id, incident } = await open(100)
  const first = await post(100, id, {
    components: [{ componentId: wharf.registry, status: 'major_outage' }],
    hosts: [wharf.two],
  })
  await post(110, id, {
    kind: 'correction',
    aboutId: first.updateId,
    text: 'It was slow, not out.',
    components: [{ componentId: wharf.registry, status: 'degraded_performance' }],
  })
  expect((await readIncident(sql, id))?.impact).toBe('minor')
  expect((await history(wharf.registry)).at(-1)).toEqual(['degraded_performance', minuteAt(100), null])
  await post(120, id, {
    kind: 'retraction',
    aboutId: first.updateId,
    text: 'This was a false alarm.',
    state: 'resolved',
  })
  const gone = await readIncident(sql, id)
  expect(gone).toMatchObject({ state: 'resolved', impact: 'none', hosts: 0, accounts: 0 })
  expect(gone?.said.at(-1)).toMatchObject({ retractedBy: 3, correctedBy: 2 })
  expect(await history(wharf.registry)).toHaveLength(1)
  await settleIncident(ctx(121), { incidentId: String(id) })
  const told = (await jobs('billing.credit_outage')).filter((job) => job['incident'] === incident)
  expect(told).toEqual([expect.objectContaining({ app: 'site', start: told[0]?.['end'] })])
  await expect(post(130, id, { kind: 'retraction', aboutId: first.updateId })).rejects.toThrow('retracted already')
})

test('undo restores everything as it was and leaves the words in the record', async () => {
  const { id } = await open(200)
  await post(200, id, { components: [{ componentId: wharf.registry, status: 'degraded_performance' }] })
  const before = await history(wharf.registry)
  const worse = await post(205, id, {
    state: 'identified',
    components: [{ componentId: wharf.registry, status: 'major_outage' }],
    hosts: [wharf.one],
  })
  await undoUpdate(ctx(205), worse.updateId)
  await undoUpdate(ctx(205), worse.updateId)
  expect(await history(wharf.registry)).toEqual(before)
  const now = await readIncident(sql, id)
  expect(now).toMatchObject({ state: 'investigating', impact: 'minor', updates: 1, hosts: 0 })
  expect(now?.said[0]).toMatchObject({ number: 2, undoneAt: minuteAt(205) })
  const third = await post(206, id)
  expect(third.number).toBe(3)
  await expect(undoUpdate(ctx(207), third.updateId)).rejects.toThrow('being sent already')
  await post(208, id, { state: 'resolved', text: 'Over.' })
})

test('the same tap sent twice is one update; two people at once are told of each other', async () => {
  const { id } = await open(300)
  const first = await post(300, id, { requestId: 'tap-of-ada', text: 'Ada was here.', sawUpdate: 0 })
  expect(await post(301, id, { requestId: 'tap-of-ada', text: 'Ada was here.', sawUpdate: 0 })).toEqual({
    ...first,
    isNew: false,
  })
  await expect(post(302, id, { text: 'Bo was here too.', sawUpdate: 0 })).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining('Ada was here.'),
  })
  expect((await post(303, id, { text: 'Bo was here too.', sawUpdate: 1 })).number).toBe(2)
  const both = await Promise.allSettled([post(304, id, { sawUpdate: 2 }), post(304, id, { sawUpdate: 2 })])
  expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  await post(305, id, { state: 'resolved', text: 'Over.' })
})

test('two incidents on one component: the worst shows, and each ends for itself', async () => {
  const slow = await open(400)
  const dead = await open(401)
  await post(400, slow.id, { components: [{ componentId: wharf.registry, status: 'degraded_performance' }] })
  await post(401, dead.id, { components: [{ componentId: wharf.registry, status: 'major_outage' }] })
  expect(await statusOf(wharf.registry)).toBe('major_outage')
  await post(410, dead.id, { state: 'resolved', text: 'Back.' })
  expect(await statusOf(wharf.registry)).toBe('degraded_performance')
  await post(420, slow.id, { state: 'resolved', text: 'Fast again.' })
  expect((await history(wharf.registry)).slice(-4).map(([status]) => status)).toEqual([
    'degraded_performance',
    'major_outage',
    'degraded_performance',
    'operational',
  ])
})

test('a drill touches no component, no status page and no credit', async () => {
  const { id } = await open(500, { isDrill: true })
  const [before] = await sql`select revision from status_page where id = 1`
  await post(500, id, { components: [{ componentId: wharf.running, status: 'major_outage' }] })
  expect(await statusOf(wharf.running)).toBe('operational')
  expect((await sql`select revision from status_page where id = 1`)[0]).toEqual(before)
  expect(await readBanners(sql, wharf.saltmarsh, null, minuteAt(501))).toEqual([])
  await post(510, id, { state: 'resolved', text: 'Well done.' })
})

test('customers on the hosts see a banner once the undo has passed, others none', async () => {
  const { id } = await open(600)
  await post(600, id, { hosts: [wharf.two], components: [{ componentId: wharf.running, status: 'partial_outage' }] })
  expect(await readBanners(sql, wharf.tidepool, null, minuteAt(600))).toEqual([])
  expect(await readBanners(sql, wharf.tidepool, null, minuteAt(601))).toMatchObject([
    { apps: ['site'], impact: 'major' },
  ])
  expect(await readBanners(sql, wharf.saltmarsh, null, minuteAt(601))).toEqual([])
  await post(610, id, { state: 'resolved', text: 'Over.' })
})

test('a promise that is missed is told once, and the next promise anew', async () => {
  const { id } = await open(700)
  await post(700, id)
  const told = () =>
    sql`select severity, title from notice where kind = 'incident.promise' and key like ${`incident:${id}:%`} order by id`
  await pagePromises(ctx(729))
  expect(await told()).toEqual([])
  await pagePromises(ctx(730))
  await pagePromises(ctx(731))
  const clock = minuteAt(730).toISOString().slice(11, 16)
  expect(await told()).toEqual([
    { severity: 'critical', title: `INC-${id}: the update promised for ${clock} UTC is missing` },
  ])
  await post(732, id)
  await pagePromises(ctx(763))
  expect(await told()).toHaveLength(2)
  await post(764, id, { state: 'resolved', text: 'Over.' })
})

test('a start that was found out later moves the record back', async () => {
  const { id } = await open(800)
  await post(800, id, { hosts: [wharf.two], components: [{ componentId: wharf.registry, status: 'partial_outage' }] })
  await post(810, id, { state: 'resolved', text: 'Over.' })
  await editIncident(ctx(900), id, { startedAt: minuteAt(790) })
  expect((await history(wharf.registry)).at(-2)).toEqual(['partial_outage', minuteAt(790), minuteAt(810)])
  expect((await readIncident(sql, id))?.customers[0]?.fromAt).toEqual(minuteAt(790))
})

test('what does not fit is refused, and nothing of it is kept', async () => {
  const { id } = await open(1_000)
  await expect(post(1_000, id, { text: '  ' })).rejects.toThrow('the text is empty')
  await expect(post(1_000, id, { state: 'postmortem' })).rejects.toThrow('cannot become postmortem')
  await expect(post(1_000, id, { hosts: [424_242] })).rejects.toThrow('there is no host 424242')
  await expect(post(1_000, id, { components: [{ componentId: 9_999n, status: 'major_outage' }] })).rejects.toThrow(
    'there is no component 9999',
  )
  expect((await readIncident(sql, id))?.said).toEqual([])
})
