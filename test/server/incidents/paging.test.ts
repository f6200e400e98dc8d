import { afterAll, expect, test } from 'vitest'
import { parseAlertmanager } from '#server/incidents/alerts/parseAlerts.ts'
import { receiveAlerts } from '#server/incidents/alerts/receiveAlerts.ts'
import { acknowledgeIncident } from '#server/incidents/editIncident.ts'
import { readAckToken } from '#server/incidents/onCall/ackLink.ts'
import { acknowledgeByLink, pageByLink } from '#server/incidents/onCall/acknowledgePage.ts'
import { addContact, removeContact, testContact } from '#server/incidents/onCall/changeContact.ts'
import { savePolicy } from '#server/incidents/onCall/changePolicy.ts'
import { addOverride, removeSchedule, saveSchedule } from '#server/incidents/onCall/changeSchedule.ts'
import { escalate } from '#server/incidents/onCall/escalate.ts'
import { listPages } from '#server/incidents/onCall/onCallSql.ts'
import { pageFor } from '#server/incidents/onCall/openPage.ts'
import { postUpdate } from '#server/incidents/postUpdate.ts'
import { pagePromises } from '#server/incidents/promises.ts'
import type { Context } from '#server/context.ts'
import { startApi } from '../../channels/api.ts'
import { startSlack } from '../../channels/slackApi.ts'
import { startTelegram } from '../../channels/telegramApi.ts'
import { testDatabase } from '../../support/database.ts'
import { buildWharf, minuteAt } from './wharf.ts'

const { sql } = await testDatabase()
const wharf = await buildWharf(sql)
const pager = await startApi(() => ({ status: 200, json: {} }))
const [slack, telegram] = await Promise.all([startSlack(), startTelegram()])
afterAll(() => Promise.all([pager.close(), slack.close(), telegram.close()]))

const env = { ...wharf.env, WHARF_ALLOW_PRIVATE_WEBHOOKS: true }
const ctx = (minutes: number): Context => ({ ...wharf.ctx(minutes), env })
const person = async (id: string) => {
  await sql`insert into auth_user (id, name, email) values (${id}, ${id}, ${`${id}@wharf.example`})`
  await sql`insert into platform_role (user_id, role) values (${id}, 'operator')`
  await addContact(ctx(0), id, { kind: 'webhook', fields: { url: `${pager.url}/${id}` } })
}
for (const id of ['ada', 'ben', 'cleo']) await person(id)
await sql`insert into auth_user (id, name, email) values ('stranger', 'stranger', 'stranger@wharf.example')`

const schedule = await saveSchedule(ctx(0), null, {
  name: 'primary',
  timeZone: 'Europe/Amsterdam',
  layers: [
    {
      name: 'turns',
      users: ['ada', 'ben'],
      unit: 'week',
      every: 1,
      startsOn: '2026-11-16',
      handoverAt: '09:00',
      hours: [],
    },
  ],
})
await savePolicy(ctx(0), null, {
  name: 'usual',
  steps: [
    { afterMinutes: 0, targets: [{ schedule: String(schedule) }] },
    { afterMinutes: 5, targets: [{ user: 'cleo' }] },
  ],
  repeatMinutes: 10,
  matchers: [],
  position: 1,
})

const alert = (print: string, minutes: number, host = 'ams1-c1') =>
  receiveAlerts(
    ctx(minutes),
    'prometheus',
    parseAlertmanager(
      Buffer.from(
        JSON.stringify({
          version: '4',
          groupKey: print,
          alerts: [
            {
              status: 'firing',
              labels: { alertname: 'HostDown', host, severity: 'critical' },
              annotations: { summary: `${print} is down` },
              startsAt: minuteAt(minutes).toISOString(),
              endsAt: '0001-01-01T00:00:00Z',
              fingerprint: print,
            },
          ],
        }),
      ),
      minuteAt(minutes),
    ),
  )
type Message = { data: { title: string; acknowledge: string; acknowledgeNow: string; round: number } }
const messages = () => pager.log.map(({ path, json }) => ({ to: path.slice(1), ...(json as Message).data }))
const tokenOf = (url: string) => url.slice(url.lastIndexOf('/') + 1)
const whoWas = (from: number) =>
  messages()
    .slice(from)
    .map(({ to }) => to)

test('whoever is on call is paged at once, the second person when the first does not acknowledge, and it repeats', async () => {
  await alert('one', 10)
  await escalate(ctx(10))
  expect(whoWas(0)).toEqual(['ada'])
  await escalate(ctx(14))
  expect(whoWas(0)).toEqual(['ada'])
  await escalate(ctx(15))
  expect(whoWas(0)).toEqual(['ada', 'cleo'])
  await escalate(ctx(25))
  await escalate(ctx(35))
  expect(whoWas(0)).toEqual(['ada', 'cleo', 'cleo', 'cleo'])
  expect(messages().map(({ round }) => round)).toEqual([0, 1, 2, 3])
})

test('two workers at once send each message once', async () => {
  const before = pager.log.length
  await alert('two', 40, 'ams1-c2')
  await Promise.all([escalate(ctx(40)), escalate(ctx(40)), escalate(ctx(40))])
  expect(whoWas(before)).toEqual(['ada'])
})

test('the link in a message acknowledges, once, for its page alone, and says whose it was', async () => {
  const before = pager.log.length
  const second = messages().at(-1)!
  const first = tokenOf(messages()[0]!.acknowledge)
  expect(await pageByLink(ctx(41), first)).toMatchObject({ title: 'one is down', state: 'open', incident: 'INC-1' })
  await acknowledgeByLink(ctx(41), first)
  await acknowledgeByLink(ctx(43), tokenOf(messages()[1]!.acknowledge))
  expect(await pageByLink(ctx(44), first)).toMatchObject({
    state: 'acknowledged',
    acknowledgedAt: minuteAt(41),
    acknowledgedBy: 'ada@wharf.example by the link in a message',
  })
  expect((await sql`select acknowledged_at from incident where id = 1`)[0]).toEqual({ acknowledgedAt: minuteAt(41) })
  await escalate(ctx(44))
  expect(whoWas(before)).toEqual([])
  await escalate(ctx(45))
  expect(
    messages()
      .slice(before)
      .map(({ title }) => title),
  ).toEqual([second.title])
})

test('a link that was changed, of another message or too old opens nothing', async () => {
  const token = tokenOf(messages().at(-1)!.acknowledge)
  const [id = '', signature = ''] = token.split('.')
  const forged = [
    `${Number(id) + 1}.${signature}`,
    `${id}.${'A'.repeat(43)}`,
    id,
    '',
    `${token}x`,
    '0.x',
    `${id}.${signature}é`,
  ]
  for (const one of forged) {
    expect(readAckToken(env.secret, one)).toBeUndefined()
    await expect(acknowledgeByLink(ctx(50), one)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  }
  await expect(acknowledgeByLink(ctx(50 + 8 * 1_440), token)).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

test('whoever acknowledges the incident or posts an update is on its pages too', async () => {
  await acknowledgeIncident(ctx(51), 2n)
  const states = async () =>
    (await sql<{ state: string }[]>`select state from page order by id`).map(({ state }) => state)
  expect(await states()).toEqual(['acknowledged', 'acknowledged'])
  await pageFor(ctx(52), { key: 'again', title: 'again', incidentId: '2' })
  await pageFor(ctx(52), { key: 'again', title: 'again', incidentId: '2' })
  expect(await states()).toEqual(['acknowledged', 'acknowledged', 'open'])
  await postUpdate(ctx(53), {
    incidentId: 2n,
    requestId: 'first-update',
    state: 'investigating',
    text: 'We look.',
    components: [],
    nextUpdateMinutes: 30,
    sawUpdate: 0,
  })
  expect(await states()).toEqual(['acknowledged', 'acknowledged', 'acknowledged'])
})

test('an update that was promised and did not come pages, once', async () => {
  const before = pager.log.length
  await pagePromises(ctx(84))
  await pagePromises(ctx(85))
  const jobs = await sql<{ payload: { key: string; title: string; incidentId: string } }[]>`
    select j.payload from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id
    where t.identifier = 'incidents.page'`
  expect(jobs.map(({ payload }) => payload.title)).toEqual(['INC-2: the update promised for 04:23 UTC is missing'])
  await pageFor(ctx(84), jobs[0]!.payload)
  await escalate(ctx(84))
  expect(whoWas(before)).toEqual(['ada'])
  await acknowledgeIncident(ctx(85), 2n)
})

test('an override is followed, and whoever is no operator any more is passed over', async () => {
  const before = pager.log.length
  await addOverride(ctx(100), { scheduleId: schedule, userId: 'ben', from: minuteAt(99), until: minuteAt(200) })
  await pageFor(ctx(101), { key: 'override', title: 'override' })
  await escalate(ctx(101))
  expect(whoWas(before)).toEqual(['ben'])
  await sql`delete from platform_role where user_id = 'ben'`
  await pageFor(ctx(102), { key: 'gone', title: 'gone' })
  // The step that reaches nobody is passed over at once.
  await escalate(ctx(102))
  expect(whoWas(before)).toEqual(['ben', 'cleo'])
  await sql`insert into platform_role (user_id, role) values ('ben', 'operator')`
  await sql`update page set state = 'resolved', next_at = null`
})

test('a destination that fails is tried again, and then said to have failed; the others are not kept waiting', async () => {
  pager.faults.push({ status: 503 }, 'answer lost')
  const before = pager.log.length
  await pageFor(ctx(300), { key: 'flaky', title: 'flaky' })
  await escalate(ctx(300))
  const state = async () => (await listPages(sql, 1))[0]!.messages.map((one) => `${one.person} ${one.state}`)
  expect(await state()).toEqual(['ada pending'])
  await escalate(ctx(301))
  expect(await state()).toEqual(['ada pending'])
  await escalate(ctx(302))
  expect(await state()).toEqual(['ada sent'])
  expect(whoWas(before)).toEqual(['ada', 'ada', 'ada'])
  pager.faults.push({ status: 404 })
  await pageFor(ctx(303), { key: 'away', title: 'away' })
  await escalate(ctx(303))
  expect((await listPages(sql, 1))[0]!.messages[0]).toMatchObject({ state: 'failed', detail: 'answered 404' })
  await sql`update page set state = 'resolved', next_at = null`
})

test('without a contact people are paged by mail, whose link is theirs', async () => {
  await sql`insert into auth_user (id, name, email) values ('dan', 'dan', 'dan@wharf.example')`
  await sql`insert into platform_role (user_id, role) values ('dan', 'admin')`
  await addOverride(ctx(400), { scheduleId: schedule, userId: 'dan', from: minuteAt(400), until: minuteAt(500) })
  await pageFor(ctx(401), { key: 'mail', title: 'hostile\r\nBcc: everybody@example.com', isDrill: true })
  await escalate(ctx(401))
  const [mail] = await sql<{ recipient: string; subject: string; body: string }[]>`
    select recipient, subject, body from mail where key like 'page-message-%'`
  expect(mail).toMatchObject({
    recipient: 'dan@wharf.example',
    subject: 'Page: DRILL: hostile Bcc: everybody@example.com',
  })
  const token = tokenOf(/\/ack\/(\S+)/.exec(mail!.body)![0])
  expect(await pageByLink(ctx(402), token)).toMatchObject({ isDrill: true, state: 'open' })
  expect((await listPages(sql, 1))[0]!.messages[0]).toMatchObject({ kind: 'email', state: 'waiting' })
})

test('Slack, Telegram, SMS and ntfy get the page with its link', async () => {
  const add = (kind: string, fields: Record<string, string>) => addContact(ctx(600), 'cleo', { kind, fields })
  await add('slack', { baseUrl: slack.url, channel: 'U1', token: 'xoxb-1' })
  await add('telegram', { baseUrl: telegram.url, chat: '77', token: '1:a' })
  await add('sms', { to: '+31612345678', url: `${pager.url}/gateway` })
  const ntfy = await add('ntfy', { baseUrl: pager.url, topic: 'wharf' })
  const before = pager.log.length
  await addOverride(ctx(600), { scheduleId: schedule, userId: 'cleo', from: minuteAt(600), until: minuteAt(700) })
  await pageFor(ctx(601), { key: 'all', title: `it is ${'very '.repeat(100)}long` })
  await escalate(ctx(601))
  expect(slack.posts[0]!.text).toContain('/ack/')
  expect(telegram.posts[0]!.text).toContain('/ack/')
  const sent = pager.log.slice(before)
  const sms = sent.find(({ path }) => path === '/gateway')!.json as { data: { to: string; short: string } }
  expect(sms.data.to).toBe('+31612345678')
  expect(sms.data.short.length).toBeLessThanOrEqual(160)
  expect(sms.data.short).toMatch(/\/ack\/\d+\.[\w-]{43}$/)
  const push = sent.find(({ path }) => path === '/')!.json as {
    topic: string
    actions: { url: string; method: string }[]
  }
  expect(push).toMatchObject({ topic: 'wharf', actions: [{ method: 'POST' }, {}] })
  expect((await testContact(ctx(602), 'cleo', ntfy)).kind).toBe('delivered')
  await expect(testContact(ctx(602), 'ada', ntfy)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  await removeContact(ctx(603), 'cleo', ntfy)
  const sealed = await sql`select sealed_secret from contact_method where id = ${ntfy}`
  expect(sealed[0]).toEqual({ sealedSecret: null })
})

test('what cannot be is refused with where it is wrong', async () => {
  const fields = { url: `${pager.url}/x` }
  await expect(addContact(ctx(0), 'ada', { kind: 'pigeon', fields })).rejects.toMatchObject({ path: 'kind' })
  await expect(addContact(ctx(0), 'ada', { kind: 'sms', fields })).rejects.toMatchObject({ path: 'fields.to' })
  await expect(
    addContact(ctx(0), 'ada', { kind: 'webhook', fields: { url: `${pager.url}/ada` } }),
  ).rejects.toMatchObject({
    code: 'CONFLICT',
  })
  await expect(
    addOverride(ctx(0), { scheduleId: schedule, userId: 'stranger', from: minuteAt(1), until: minuteAt(2) }),
  ).rejects.toMatchObject({ path: 'userId' })
  await expect(removeSchedule(ctx(0), schedule)).rejects.toMatchObject({ code: 'CONFLICT' })
  // Private addresses are refused unless that is allowed.
  const bare = { ...ctx(0), env: wharf.env }
  const id = await addContact(bare, 'ben', { kind: 'webhook', fields: { url: `${pager.url}/private` } })
  expect(await testContact(bare, 'ben', id)).toMatchObject({ kind: 'permanent' })
})
