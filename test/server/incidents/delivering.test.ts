import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { adapterOf } from '#server/incidents/channels/kinds.ts'
import { deliver } from '#server/incidents/deliver.ts'
import { openIncident, type NewIncident } from '#server/incidents/openIncident.ts'
import { postUpdate, type PostUpdate } from '#server/incidents/postUpdate.ts'
import { undoUpdate } from '#server/incidents/undoUpdate.ts'
import { keepChannel, startKits, type Kit } from '../../channels/channelKit.ts'
import { testDatabase } from '../../support/database.ts'
import { buildWharf } from './wharf.ts'

const { sql } = await testDatabase()
const { ctx, env } = await buildWharf(sql)
const kits = await startKits()
afterAll(() => Promise.all(kits.map(({ close }) => close())))
const channels = new Map<string, { id: bigint; kit: Kit }>()
for (const kit of kits) channels.set(kit.kind, { id: await keepChannel(sql, env.secret, kit), kit })
const { kit: slack, id: slackId } = channels.get('slack')!

let taps = 0
// Each test has an hour of its own, so that nothing of another is due in it.
let hour = 0
beforeEach(async () => {
  hour += 1
  for (const kit of kits) {
    kit.posts.length = 0
    kit.faults.length = 0
  }
  await sql`update delivery set state = 'skipped', next_at = null where state not in ('delivered', 'permanent')`
  await sql`update channel set wait_until = null, health = 'unknown'`
})
/** Seconds into this test's hour. */
const at = (seconds: number) => ctx(hour * 60 + seconds / 60)
const open = (of: Partial<NewIncident> = {}) =>
  sql.begin((tx) => openIncident(tx, at(0), { requestId: `open-${(taps += 1)}`, title: 'Pulls fail', ...of }))
const post = (seconds: number, incidentId: bigint, text: string, of: Partial<PostUpdate> = {}) =>
  postUpdate(at(seconds), {
    incidentId,
    requestId: `tap-${(taps += 1)}`,
    state: 'investigating',
    text,
    components: [],
    nextUpdateMinutes: 30,
    sawUpdate: 99,
    ...of,
  })
const send = (seconds: number) => deliver(at(seconds), { patienceMs: 0 })
const ledger = async (updateId: bigint, target?: string) =>
  Object.fromEntries(
    (
      await sql<{ target: string; state: string }[]>`
        select coalesce(c.kind, d.target) as target, d.state from delivery d left join channel c on c.id = d.channel_id
        where d.update_id = ${updateId}`
    )
      .filter((row) => target === undefined || row.target === target)
      .map((row) => [row.target, row.state]),
  )
const only = (kinds: string[]) =>
  [...channels].filter(([kind]) => !kinds.includes(kind)).map(([, { id }]) => String(id))
const tries = async (updateId: bigint) =>
  (
    await sql<{ outcome: string }[]>`select a.outcome from delivery_attempt a join delivery d on d.id = a.delivery_id
      where d.update_id = ${updateId} and d.channel_id is not null order by a.number`
  ).map(({ outcome }) => outcome)

test('an update reaches every channel once, with receipts, and only after the undo', async () => {
  const { id } = await open()
  const { updateId } = await post(0, id, 'We are looking into it.')
  await send(1)
  expect(kits.map(({ posts }) => posts.length)).toEqual(kits.map(() => 0))
  await Promise.all([send(6), send(6), send(6)])
  await send(7)
  expect(kits.map(({ kind, posts }) => [kind, posts.length])).toEqual(kits.map(({ kind }) => [kind, 1]))
  const states = await ledger(updateId)
  expect(states).toEqual({
    ...Object.fromEntries(kits.map(({ kind }) => [kind, 'delivered'])),
    banner: 'delivered',
    status: 'pending',
  })
  const receipts = await sql<{ receipt: { id: string } }[]>`select receipt from delivery
    where update_id = ${updateId} and state = 'delivered'`
  expect(receipts.every(({ receipt }) => receipt.id !== '')).toBe(true)
  await sql`update status_page set rendered_at = ${at(8).now}, rendered_revision = revision`
  await send(60)
  expect((await ledger(updateId))['status']).toBe('delivered')
})

test('what becomes due while the database is slow to say so is not forgotten', async () => {
  const { id } = await open()
  await post(0, id, 'The page is not rendered yet.', { skipped: only([]) })
  await sql`delete from graphile_worker._private_jobs`
  // It is looked at again after 250 ms: over by the time the question when is answered.
  const slow = new Proxy(sql, {
    apply: (target, self, args: [TemplateStringsArray]) => {
      const asks = Array.isArray(args[0]) && args[0].join('').includes('select min(')
      return asks ? sleep(400).then(() => Reflect.apply(target, self, args)) : Reflect.apply(target, self, args)
    },
  })
  await deliver({ ...at(5), sql: slow }, { patienceMs: 0 })
  const jobs = await sql`select key from graphile_worker._private_jobs`
  expect(jobs).toEqual([{ key: 'incidents.deliver:next' }])
})

test('what was undone, left out, a drill or only for those affected reaches no channel', async () => {
  const { id } = await open()
  const undone = await post(0, id, 'Oops')
  await undoUpdate(at(2), undone.updateId)
  const { id: drill } = await open({ isDrill: true })
  const drilled = await post(0, drill, 'Not real')
  const { id: few } = await open({ audience: 'affected' })
  const quiet = await post(0, few, 'For some')
  const { id: left } = await open()
  const leftOut = await post(0, left, 'For Slack alone', { skipped: only(['slack']) })
  await send(10)
  expect(kits.filter(({ posts }) => posts.length > 0).map(({ kind }) => kind)).toEqual(['slack'])
  expect(slack.posts[0]!.text).toContain('For Slack alone')
  expect(new Set(Object.values(await ledger(undone.updateId)))).toEqual(new Set(['skipped']))
  expect(new Set(Object.values(await ledger(drilled.updateId)))).toEqual(new Set(['skipped']))
  expect(await ledger(quiet.updateId)).toEqual({ banner: 'delivered' })
  expect((await ledger(leftOut.updateId))['x']).toBe('skipped')
})

test('an answer that was lost is looked up, and sent again only where it did not land', async () => {
  const { id } = await open()
  for (const kit of kits) kit.faults.push('answer lost')
  const landed = await post(0, id, 'The answer is lost')
  await send(6)
  await send(20)
  await send(40)
  expect(kits.map(({ kind, posts }) => [kind, posts.length])).toEqual(kits.map(({ kind }) => [kind, 1]))
  const unknown = { discord: 'unknown', telegram: 'unknown', teams: 'unknown' }
  expect(await ledger(landed.updateId)).toMatchObject({
    slack: 'delivered',
    mastodon: 'delivered',
    x: 'delivered',
    bluesky: 'delivered',
    pagerduty: 'delivered',
    ...unknown,
  })

  for (const kit of kits) kit.posts.length = 0
  for (const kit of kits) kit.faults.push('broken before')
  const { id: other } = await open()
  const lost = await post(60, other, 'The request is lost')
  await send(66)
  await send(80)
  await send(100)
  expect(kits.map(({ kind, posts }) => [kind, posts.length])).toEqual(
    kits.map(({ kind }) => [kind, kind in unknown ? 0 : 1]),
  )
  expect(await ledger(lost.updateId)).toMatchObject({
    slack: 'delivered',
    x: 'delivered',
    bluesky: 'delivered',
    ...unknown,
  })
})

test('a worker that died in the midst leaves an unknown, which is looked up', async () => {
  const { id } = await open()
  const { updateId } = await post(0, id, 'Cut short', { skipped: only(['slack', 'teams']) })
  await sql`update delivery set state = 'sending', taken_at = ${at(6).now}, attempts = 1
    where update_id = ${updateId} and channel_id is not null and state = 'pending'`
  await send(30)
  expect(await ledger(updateId, 'slack')).toEqual({ slack: 'sending' })
  await send(70)
  await send(90)
  expect(await ledger(updateId)).toMatchObject({ slack: 'delivered', teams: 'unknown' })
  expect(slack.posts).toHaveLength(1)
  expect(channels.get('teams')!.kit.posts).toHaveLength(0)
})

test('a channel that never answers is unknown when its time is over, and holds up no other', async () => {
  const { id } = await open()
  const { updateId } = await post(0, id, 'Is anybody there?', { skipped: only(['discord', 'teams']) })
  const adapter = adapterOf('discord')!
  const { timeoutMs } = adapter
  const { kit } = channels.get('discord')!
  kit.stops.handled = () => new Promise(() => {})
  Object.assign(adapter, { timeoutMs: 150 })
  try {
    await send(6)
  } finally {
    Object.assign(adapter, { timeoutMs })
    kit.stops.handled = async () => {}
  }
  expect(await ledger(updateId)).toMatchObject({ discord: 'unknown', teams: 'delivered' })
  const [tried] = await sql`select last_error from delivery where update_id = ${updateId} and state = 'unknown'`
  expect(tried).toEqual({ lastError: 'no answer in time' })
})

test('each server’s own wait is kept, and what fails for good says why', async () => {
  const { id } = await open()
  slack.faults.push({ status: 429, headers: { 'retry-after': '30' }, json: { ok: false, error: 'ratelimited' } })
  channels
    .get('discord')!
    .kit.faults.push({ status: 429, json: { message: 'You are being rate limited.', retry_after: 20.5 } })
  channels.get('telegram')!.kit.faults.push({ status: 429, json: { ok: false, parameters: { retry_after: 25 } } })
  const reset = String(Math.ceil(at(50).now.getTime() / 1_000))
  channels
    .get('x')!
    .kit.faults.push({ status: 429, headers: { 'x-rate-limit-reset': reset }, json: { title: 'Too Many Requests' } })
  channels.get('mastodon')!.kit.faults.push({ status: 401, json: { error: 'The access token is invalid' } })
  const { updateId } = await post(0, id, 'Busy everywhere')
  await send(6)
  const waits = await sql<
    { kind: string; s: number }[]
  >`select kind, round(extract(epoch from wait_until - ${at(6).now}))::int as s
    from channel where kind in ('slack', 'discord', 'telegram', 'x') order by kind`
  expect(Object.fromEntries(waits.map(({ kind, s }) => [kind, s]))).toEqual({
    discord: 21,
    slack: 30,
    telegram: 25,
    x: 44,
  })
  await send(20)
  expect(slack.posts).toHaveLength(0)
  await send(60)
  expect(await ledger(updateId)).toMatchObject({
    slack: 'delivered',
    discord: 'delivered',
    telegram: 'delivered',
    x: 'delivered',
    mastodon: 'permanent',
  })
  const [health] = await sql<{ health: string; healthDetail: string; enabled: boolean }[]>`
    select health, health_detail, enabled from channel where kind = 'mastodon'`
  expect(health).toEqual({ health: 'unauthorized', healthDetail: '401 The access token is invalid', enabled: true })
})

test('updates of an incident go out in order; what was not sent when a newer one is ready is superseded', async () => {
  const { id } = await open()
  const skipped = only(['slack'])
  slack.faults.push({ status: 503 })
  const first = await post(0, id, 'First', { skipped })
  await send(6)
  await sql`update delivery set next_at = ${at(3_000).now} where update_id = ${first.updateId} and state = 'retryable'`
  const second = await post(10, id, 'Second', { skipped, state: 'identified' })
  await send(16)
  expect(await ledger(first.updateId, 'slack')).toEqual({ slack: 'superseded' })
  expect(slack.posts.map(({ text }) => /First|Second/.exec(text)![0])).toEqual(['Second'])

  slack.faults.push({ status: 503 })
  const end = await post(20, id, 'It is over', { skipped, state: 'resolved' })
  await send(26)
  await sql`update delivery set next_at = ${at(200).now} where update_id = ${end.updateId} and state = 'retryable'`
  const later = await post(30, id, 'What happened', { skipped, state: 'postmortem' })
  await send(36)
  expect(await ledger(later.updateId, 'slack')).toEqual({ slack: 'pending' })
  await send(201)
  await send(203)
  expect(slack.posts.map(({ text }) => /Second|over|happened/.exec(text)![0])).toEqual(['Second', 'over', 'happened'])
  expect(slack.posts[1]!.replyTo).toBe(slack.posts[0]!.id)
  expect(await tries(end.updateId)).toEqual(['retryable', 'delivered'])
  expect(second.isNew).toBe(true)
})

test('a correction edits what was posted and a retraction deletes it, where the channel can', async () => {
  const { id } = await open()
  const wrong = await post(0, id, 'All of it is down')
  await send(6)
  await post(10, id, 'Half of it is down', { kind: 'correction', aboutId: wrong.updateId })
  await send(16)
  const edited = kits.filter(({ posts }) => posts[0]!.edits > 0 && posts.length === 1).map(({ kind }) => kind)
  expect(edited).toEqual(['slack', 'discord', 'telegram', 'mastodon', 'pagerduty'])
  expect(slack.posts[0]!.text).toContain('Correction (INC-')
  expect(channels.get('x')!.kit.posts[1]!.replyTo).toBe(channels.get('x')!.kit.posts[0]!.id)
  await post(20, id, 'None of it was', { kind: 'retraction', aboutId: wrong.updateId })
  await send(26)
  const gone = kits.filter(({ posts }) => posts[0]!.isGone).map(({ kind }) => kind)
  expect(gone).toEqual(['slack', 'discord', 'telegram', 'mastodon', 'x', 'bluesky'])
  expect(channels.get('teams')!.kit.posts).toHaveLength(3)
})

test('a text for one channel alone is sent as written; one too long is refused with its place', async () => {
  const { id } = await open()
  const skipped = only(['slack', 'x'])
  const x = channels.get('x')!
  await expect(post(0, id, 'Short', { skipped, overrides: { [String(x.id)]: 'long '.repeat(60) } })).rejects.toThrow(
    /299 of 280/,
  )
  await post(0, id, 'Short', { skipped, overrides: { [String(x.id)]: 'For X alone, 03:13 UTC' } })
  await send(6)
  expect(x.kit.posts.map(({ text }) => text)).toEqual(['For X alone, 03:13 UTC'])
  expect(slack.posts[0]!.text).toContain('Short')
  expect(slackId).toBeGreaterThan(0n)
})
