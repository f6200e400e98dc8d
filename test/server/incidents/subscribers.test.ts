import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { simpleParser } from 'mailparser'
import { afterAll, beforeEach, expect, test } from 'vitest'
import type { Context } from '#server/context.ts'
import { findRoute, ipOf, runRoute } from '#server/http.ts'
import { openIncident } from '#server/incidents/openIncident.ts'
import { postUpdate, type PostUpdate } from '#server/incidents/postUpdate.ts'
import { readLedger } from '#server/incidents/ledgerSql.ts'
import { retryFailed } from '#server/incidents/retryFailed.ts'
import { mailAddress, slackChannel, slackHook } from '#server/incidents/subscribers/address.ts'
import { askSubscriber } from '#server/incidents/subscribers/askSubscriber.ts'
import { noteBounce, release, unsubscribe } from '#server/incidents/subscribers/changeSubscription.ts'
import { readKey, subscriberKey, subscriberLink } from '#server/incidents/subscribers/links.ts'
import { subscribe, type Subscription } from '#server/incidents/subscribers/subscribe.ts'
import { subscribeRoutes } from '#server/incidents/subscribers/subscribeRoutes.ts'
import { exportSubscribers, importSubscribers } from '#server/incidents/subscribers/subscriberFile.ts'
import { tellAlone } from '#server/incidents/subscribers/tellAlone.ts'
import { tellSubscribers } from '#server/incidents/subscribers/tellSubscribers.ts'
import { tidySubscribers } from '#server/incidents/subscribers/tidySubscribers.ts'
import { Webhook } from 'standardwebhooks'
import { startApi } from '../../channels/api.ts'
import { startMailServer } from '../../channels/mailServer.ts'
import { startSlack } from '../../channels/slackApi.ts'
import { testDatabase } from '../../support/database.ts'
import { buildWharf } from './wharf.ts'

const { sql } = await testDatabase()
const wharf = await buildWharf(sql)
const mail = await startMailServer()
const hooks = await startApi(() => ({ status: 204 }))
const slack = await startSlack()
afterAll(() => Promise.all([mail.close(), hooks.close(), slack.close()]))
const env = { ...wharf.env, SMTP_URL: mail.url, WHARF_ALLOW_PRIVATE_WEBHOOKS: true }
const at = (minutes: number): Context => ({ ...wharf.ctx(minutes), env })

let hour = 0
let taps = 0
beforeEach(async () => {
  hour += 60
  mail.mails.length = 0
  hooks.log.length = 0
  slack.posts.length = 0
  await sql`update subscriber set unsubscribed_at = now() where unsubscribed_at is null`
  await sql`update delivery set state = 'skipped', next_at = null where state not in ('delivered', 'permanent')`
})
const mailTo = (address: string) =>
  ({ kind: 'email', to: { address: mailAddress(address), settings: {}, secret: null } }) as const
const add = (of: Partial<Subscription> & Pick<Subscription, 'kind' | 'to'>) =>
  subscribe(at(hour), { components: null, agreed: true, ...of })
const open = () =>
  sql.begin((tx) => openIncident(tx, at(hour), { requestId: `open-s${(taps += 1)}`, title: 'Pulls fail' }))
const post = (minutes: number, incidentId: bigint, text: string, of: Partial<PostUpdate> = {}) =>
  postUpdate(at(hour + minutes), {
    incidentId,
    requestId: `tap-s${(taps += 1)}`,
    state: 'investigating',
    text,
    components: [{ componentId: wharf.registry, status: 'partial_outage' }],
    nextUpdateMinutes: 30,
    sawUpdate: 99,
    ...of,
  })
const tell = (minutes: number, of: Partial<typeof env> = {}) =>
  tellSubscribers({ ...at(hour + minutes), env: { ...env, ...of } })
const states = async (updateId: bigint) =>
  Object.fromEntries(
    (
      await sql<{ address: string; state: string }[]>`select s.address, d.state from delivery d
        join subscriber s on s.id = d.subscriber_id where d.update_id = ${updateId} order by s.id`
    ).map(({ address, state }) => [address, state]),
  )

// The routes as the web server runs them.
const routes = subscribeRoutes({ sql, env })
const web = createServer((req, res) => {
  const url = new URL(req.url!, 'http://x')
  const route = findRoute(routes, req.method!, url.pathname)!
  void runRoute(route, { req, res, url, requestId: 'test-request', ip: ipOf(req) })
}).listen(0, '127.0.0.1')
await once(web, 'listening')
afterAll(() => void web.close())
const base = `http://127.0.0.1:${(web.address() as AddressInfo).port}`
const submit = async (path: string, form: Record<string, string>, ip: string) => {
  const answer = await fetch(`${base}${path}`, {
    method: 'POST',
    body: new URLSearchParams(form),
    headers: { 'x-forwarded-for': ip },
  })
  return { status: answer.status, text: await answer.text() }
}
/** Runs the jobs that ask people, and gives the mails they would get. */
const asked = async () => {
  const rows = await sql<{ id: bigint }[]>`select (payload ->> 'subscriberId')::bigint as id
    from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id
    where t.identifier = 'incidents.ask_subscriber' order by j.id`
  await sql`delete from graphile_worker._private_jobs`
  for (const { id } of rows) await askSubscriber(at(hour), { subscriberId: String(id) })
  const mails = await sql<{ payload: { to: string; subject: string; text: string } }[]>`select payload
    from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id
    where t.identifier = 'notices.mail' order by j.id`
  await sql`delete from graphile_worker._private_jobs`
  return mails.map(({ payload }) => payload)
}
const linkIn = (text: string) => /https:\/\/wharf\.example(\/status\/subscription\/\S+)/u.exec(text)![1]!

test('who subscribes is told nothing before they confirm, and everything after, until one click ends it', async () => {
  await sql`delete from graphile_worker._private_jobs`
  const form = { kind: 'email', address: 'Ada@Example.COM' }
  expect(await submit('/status/subscribe', form, '1.0.0.1')).toMatchObject({ status: 200 })
  const [question] = await asked()
  expect(question).toMatchObject({ to: 'Ada@example.com', subject: 'Confirm that you want status updates' })
  const path = linkIn(question!.text)
  const { id } = await open()
  const before = await post(0, id, 'Nobody hears it yet.')
  expect(await states(before.updateId)).toEqual({})
  // Programs that look at links before people do must not confirm: that takes a button.
  expect(await (await fetch(`${base}${path}`)).text()).toContain('Shall status updates be sent to Ada@example.com?')
  expect((await submit(path, { act: 'confirm' }, '1.0.0.1')).text).toContain('from now on')
  const after = await post(1, id, 'Pulls fail in ams1. <b>Not bold</b> שלום')
  await tell(2)
  expect(await states(after.updateId)).toEqual({ 'Ada@example.com': 'delivered' })
  expect(mail.mails).toHaveLength(1)
  const read = await simpleParser(mail.mails[0]!.raw)
  expect(read.subject).toBe('Investigating: Pulls fail (INC-1)')
  expect(read.html).toBe(false)
  expect(read.text).toContain('<b>Not bold</b> שלום')
  const list = read.headers.get('list') as unknown as {
    unsubscribe: { url: string }
    'unsubscribe-post': { name: string }
  }
  expect(list['unsubscribe-post'].name).toBe('List-Unsubscribe=One-Click')
  const out = linkIn(list.unsubscribe.url)
  expect((await submit(out, { 'List-Unsubscribe': 'One-Click' }, '1.0.0.2')).status).toBe(200)
  const last = await post(3, id, 'They left.', { state: 'identified' })
  expect(await states(last.updateId)).toEqual({})
  expect((await fetch(`${base}${out}`)).status).toBe(404)
})

test('nobody learns who is subscribed, and nobody else’s choice is changed', async () => {
  await add(mailTo('known@example.com'))
  await sql`delete from graphile_worker._private_jobs`
  const answers = []
  for (const address of ['known@example.com', 'fresh@example.com'])
    answers.push(
      await submit('/status/subscribe', { kind: 'email', address, component: 'running-services-ams1' }, '1.0.1.1'),
    )
  const shapes = answers.map(({ status, text }) => [status, text.replace(/\w+@example\.com/gu, 'X')])
  const noTime = (text: unknown) => String(text).replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z|\d\d:\d\d UTC/gu, 'T')
  expect(shapes.map(([status, text]) => [status, noTime(text)])[0]).toEqual(
    shapes.map(([status, text]) => [status, noTime(text)])[1],
  )
  expect((await asked()).map(({ to, subject }) => [to, subject])).toEqual([
    ['known@example.com', 'You are subscribed already'],
    ['fresh@example.com', 'Confirm that you want status updates'],
  ])
  const [known] =
    await sql`select components from subscriber where address = 'known@example.com' and unsubscribed_at is null`
  expect(known).toEqual({ components: null })
  // Again within minutes: no second mail.
  await submit('/status/subscribe', { kind: 'email', address: 'fresh@example.com' }, '1.0.1.1')
  expect(await asked()).toEqual([])
})

test('one address of the net cannot subscribe half the world, and nonsense is told where it was given', async () => {
  const tries = []
  for (let n = 0; n < 9; n += 1)
    tries.push(await submit('/status/subscribe', { kind: 'email', address: `n${n}@e.example` }, '1.0.2.1'))
  expect(tries.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200, 200, 200, 429])
  const wrong = await submit('/status/subscribe', { kind: 'email', address: '<script>alert(1)</script>' }, '1.0.2.2')
  expect(wrong.status).toBe(400)
  expect(wrong.text).toContain('an e-mail address such as')
  expect(wrong.text).not.toContain('<script>alert')
  expect((await submit('/status/subscribe', { kind: 'webhook', address: 'ftp://x' }, '1.0.2.2')).status).toBe(400)
})

test('a key that was not given out opens nothing', async () => {
  const { id } = await add(mailTo('key@example.com'))
  const key = subscriberKey(env, id)
  expect(readKey(env, key)).toBe(id)
  expect(readKey(env, `${id + 1n}${key.slice(String(id).length)}`)).toBeUndefined()
  expect(readKey({ secret: 'x'.repeat(32) }, key)).toBeUndefined()
  expect((await submit(`/status/subscription/${id}.${'a'.repeat(32)}`, { act: 'unsubscribe' }, '1.0.3.1')).status).toBe(
    404,
  )
})

test('only those are told who chose a service that is concerned, and who heard of the incident before', async () => {
  await add(mailTo('all@example.com'))
  await add({ ...mailTo('registry@example.com'), components: ['image-registry-ams1'] })
  await add({ ...mailTo('running@example.com'), components: ['running-services-ams1'] })
  const { id } = await open()
  const first = await post(0, id, 'Pulls fail.')
  expect(Object.keys(await states(first.updateId))).toEqual(['all@example.com', 'registry@example.com'])
  await tell(1)
  await sql`update subscriber set components = '{running-services-ams1}' where address = 'registry@example.com'`
  const end = await post(2, id, 'All is well.', { state: 'resolved', components: [] })
  expect(Object.keys(await states(end.updateId))).toEqual(['all@example.com', 'registry@example.com'])
  const some = await post(4, (await open()).id, 'For few.', { audience: 'affected' })
  expect(await states(some.updateId)).toEqual({})
  const drill = await sql.begin((tx) =>
    openIncident(tx, at(hour), { requestId: `drill-${taps}`, title: 'Fire', isDrill: true }),
  )
  const drilled = await post(5, drill.id, 'Nobody hears this.')
  expect(new Set(Object.values(await states(drilled.updateId)))).toEqual(new Set(['skipped']))
})

test('what comes back is quarantined; what is the server’s fault unsubscribes nobody and is sent later', async () => {
  mail.refuse = (to) =>
    to.startsWith('gone')
      ? [550, '5.1.1 no such user']
      : to.startsWith('full')
        ? [452, '4.2.2 mailbox full']
        : to.startsWith('policy')
          ? [550, '5.7.1 listed']
          : null
  for (const name of ['gone', 'full', 'policy', 'fine']) await add(mailTo(`${name}@example.com`))
  const { id } = await open()
  const first = await post(0, id, 'Pulls fail.')
  await tell(1)
  expect(await states(first.updateId)).toEqual({
    'gone@example.com': 'permanent',
    'full@example.com': 'retryable',
    'policy@example.com': 'permanent',
    'fine@example.com': 'delivered',
  })
  const quarantined =
    await sql`select address, quarantine_reason from subscriber where quarantined_at is not null and unsubscribed_at is null`
  expect(quarantined).toEqual([{ address: 'gone@example.com', quarantineReason: expect.stringContaining('5.1.1') }])
  mail.refuse = () => null
  const [part] = await readLedger(sql, id)
  expect(part!.crowds[0]!.failures.map(({ name, state }) => [name, state])).toEqual([
    ['gone@example.com', 'permanent'],
    ['policy@example.com', 'permanent'],
    ['full@example.com', 'retryable'],
  ])
  // Again for those who failed, not for those who have it nor where nobody lives.
  expect(await retryFailed(at(hour + 2), { updateId: first.updateId })).toBe(2)
  await tell(3)
  expect(mail.mails.map(({ to }) => to).toSorted()).toEqual([
    'fine@example.com',
    'full@example.com',
    'policy@example.com',
  ])

  const down = await post(10, id, 'Nobody answers.', { state: 'identified' })
  await tell(11, { SMTP_URL: 'smtp://127.0.0.1:9' })
  expect(await states(down.updateId)).toEqual({
    'full@example.com': 'retryable',
    'policy@example.com': 'retryable',
    'fine@example.com': 'retryable',
  })
  await tell(12)
  expect(new Set(Object.values(await states(down.updateId)))).toEqual(new Set(['delivered']))
  const ids = mail.mails.map(({ messageId }) => messageId)
  expect(new Set(ids).size).toBe(ids.length)
})

test('a bounce that comes later quarantines at once, a full mailbox the third time; an operator lets them back', async () => {
  const { id } = await add(mailTo('later@example.com'))
  const soft = { address: 'LATER@example.com', reason: 'mailbox full', isFinal: false }
  const isTold = async () =>
    (await sql`select 1 from subscriber where id = ${id} and quarantined_at is null`).length === 1
  for (const told of [true, true, false]) {
    expect(await noteBounce(at(hour), soft)).toBe(true)
    expect(await isTold()).toBe(told)
  }
  await release(at(hour), id)
  expect(await isTold()).toBe(true)
  await noteBounce(at(hour), { ...soft, isFinal: true })
  expect(await isTold()).toBe(false)
  expect(await noteBounce(at(hour), { ...soft, address: 'nobody@example.com' })).toBe(false)
})

test('an unsent mail gives way to a newer update, an end does not; who leaves meanwhile is sent nothing', async () => {
  await add(mailTo('order@example.com'))
  const leaver = await add(mailTo('leaver@example.com'))
  const { id } = await open()
  const first = await post(0, id, 'First.')
  const second = await post(1, id, 'Second.', { state: 'identified' })
  const end = await post(2, id, 'Over.', { state: 'resolved', components: [] })
  await unsubscribe(at(hour + 2), leaver.id)
  await tell(3)
  expect(await states(first.updateId)).toMatchObject({
    'order@example.com': 'superseded',
    'leaver@example.com': 'skipped',
  })
  expect(await states(second.updateId)).toMatchObject({ 'order@example.com': 'superseded' })
  expect(await states(end.updateId)).toMatchObject({ 'order@example.com': 'delivered' })
  const after = await post(5, id, 'What happened.', { state: 'postmortem', components: [] })
  await tell(6)
  expect(await states(after.updateId)).toEqual({ 'order@example.com': 'delivered' })
  expect(mail.mails.map(({ raw }) => /Over\.|happened/u.exec(raw)![0])).toEqual(['Over.', 'happened'])
})

test('a webhook confirms by what it was sent, gets signed updates, and fails by redirects and private addresses', async () => {
  await sql`delete from graphile_worker._private_jobs`
  await submit('/status/subscribe', { kind: 'webhook', address: `${hooks.url}/in` }, '1.0.5.1')
  await asked()
  const question = hooks.log[0]!
  const { data } = question.json as { data: { link: string; signingSecret: string } }
  const verify = (of: typeof question) =>
    new Webhook(data.signingSecret).verify(of.text, of.headers as Record<string, string>)
  const [row] = await sql<
    { id: bigint; askedAt: Date }[]
  >`select id, asked_at from subscriber where kind = 'webhook' and unsubscribed_at is null`
  expect(data.link).toBe(subscriberLink(env, row!.id))
  await submit(linkIn(data.link), { act: 'confirm' }, '1.0.5.1')
  const { id } = await open()
  hooks.faults.push({ status: 302, headers: { location: `${hooks.url}/else` } }, { status: 500 })
  const { updateId } = await post(0, id, 'Pulls fail.')
  const now = Date.now()
  const real = (minutes: number) => ({ ...at(0), now: new Date(now + minutes * 60_000) })
  await sql`update delivery set next_at = ${new Date(now)}, created_at = ${new Date(now)} where update_id = ${updateId}`
  await tellSubscribers(real(0))
  expect(Object.values(await states(updateId))).toEqual(['retryable'])
  await tellSubscribers(real(1))
  await tellSubscribers(real(12))
  expect(Object.values(await states(updateId))).toEqual(['delivered'])
  const tries = hooks.log.slice(1)
  expect(tries.map(({ path }) => path)).toEqual(['/in', '/in', '/in'])
  expect(new Set(tries.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
  expect(new Set(tries.map(({ text }) => text)).size).toBe(1)
  expect(verify({ ...tries[0]!, headers: { ...tries[0]!.headers } })).toMatchObject({ type: 'incident.updated' })

  const hostile = await post(20, id, 'Where is it?', { state: 'identified' })
  await tell(21, { WHARF_ALLOW_PRIVATE_WEBHOOKS: false })
  expect(Object.values(await states(hostile.updateId))).toEqual(['retryable'])
  const [failed] =
    await sql`select last_error from delivery where update_id = ${hostile.updateId} and subscriber_id is not null`
  expect(failed!['lastError']).toContain('not on the public internet')
  hooks.faults.push({ status: 410 })
  await sql`update delivery set next_at = ${at(hour + 30).now} where update_id = ${hostile.updateId} and state = 'retryable'`
  await tell(30)
  expect(Object.values(await states(hostile.updateId))).toEqual(['permanent'])
  expect(
    await sql`select 1 from subscriber where kind = 'webhook' and quarantined_at is not null and unsubscribed_at is null`,
  ).toHaveLength(1)
})

test('Slack is told by a webhook, where a lost answer stays unknown, or by a token, where it is looked up', async () => {
  const hook = slackHook(`${hooks.url}/services/T1/B1/secret`)
  expect(hook.address).not.toContain('secret')
  await add({ kind: 'slack', to: hook })
  await add({ kind: 'slack', to: slackChannel('C1', 'xoxb-1', slack.url) })
  const kept = await sql<{ text: string }[]>`select to_jsonb(s)::text as text from subscriber s where kind = 'slack'`
  for (const { text } of kept) expect(text).not.toMatch(/secret\b(?!")|xoxb/u)
  hooks.faults.push('answer lost')
  slack.faults.push('answer lost')
  const { id } = await open()
  const { updateId } = await post(0, id, 'Pulls fail.')
  await tell(1)
  expect(Object.values(await states(updateId))).toEqual(['unknown', 'unknown'])
  await tell(2)
  expect(Object.values(await states(updateId))).toEqual(['unknown', 'delivered'])
  expect(hooks.log).toHaveLength(1)
  expect(slack.posts).toHaveLength(1)
})

test('a mail that was interrupted is sent again under the same Message-ID; without a mail server none waits', async () => {
  await add(mailTo('cut@example.com'))
  const { id } = await open()
  const { updateId } = await post(0, id, 'Cut short.')
  await sql`update delivery set state = 'sending', attempts = 1, taken_at = ${at(hour + 1).now} where update_id = ${updateId}
    and subscriber_id is not null`
  await tell(2)
  expect(mail.mails).toHaveLength(0)
  await tell(4)
  expect(await states(updateId)).toEqual({ 'cut@example.com': 'delivered' })
  const outcomes = await sql<
    { outcome: string }[]
  >`select a.outcome from delivery_attempt a join delivery d on d.id = a.delivery_id
    where d.update_id = ${updateId} and d.subscriber_id is not null order by a.number`
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(['unknown', 'delivered'])

  const without = { ...at(hour + 10), env: { ...env, SMTP_URL: undefined } }
  const { incident: _, ...sent } = await postUpdate(without, {
    incidentId: id,
    requestId: 'no-server',
    state: 'identified',
    text: 'Nobody can be mailed.',
    components: [],
    nextUpdateMinutes: null,
    sawUpdate: 99,
  })
  expect(await states(sent.updateId)).toEqual({ 'cut@example.com': 'skipped' })
})

test('a file is taken and given; who left stays away, faults are told by their line', async () => {
  const left = await add(mailTo('left@example.com'))
  await unsubscribe(at(hour), left.id)
  const text =
    'Email,Components\r\none@example.com,image-registry-ams1\r\nleft@example.com,\r\nnonsense,\r\n"two@example.com",\r\none@example.com,\r\n'
  expect(await importSubscribers(at(hour), { text, agreed: true })).toEqual({
    added: 2,
    known: 1,
    left: 1,
    faults: [{ line: 4, message: 'an e-mail address such as name@example.com' }],
  })
  const file = await exportSubscribers(at(hour))
  const lines = file.text.trim().split('\r\n')
  expect(lines[0]).toBe('kind,address,components,since,state')
  expect(lines.slice(1).map((line) => line.split(',').toSpliced(3, 1).join(','))).toEqual([
    'email,one@example.com,image-registry-ams1,told',
    'email,two@example.com,,told',
  ])
  // What was given is taken again.
  expect(await importSubscribers(at(hour), { text: file.text, agreed: true })).toMatchObject({ added: 0, known: 2 })
})

test('who never confirms is forgotten after a week', async () => {
  await subscribe(at(hour), { ...mailTo('never@example.com'), components: null })
  await add(mailTo('always@example.com'))
  await tidySubscribers(at(hour + 60 * 24 * 6))
  const left = () => sql`select address from subscriber where unsubscribed_at is null order by id`
  expect(await left()).toHaveLength(2)
  await tidySubscribers(at(hour + 60 * 24 * 8))
  expect(await left()).toEqual([{ address: 'always@example.com' }])
})

test('one run tells subscribers at a time, and who meets it comes again', async () => {
  await add(mailTo('reader@example.com'))
  const { id } = await open()
  const { updateId } = await post(0, id, 'Pulls fail.')
  await sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(hashtext('incidents.tell_subscribers'))`
    await tellAlone(at(hour + 1))
  })
  expect(await states(updateId)).toEqual({ 'reader@example.com': 'pending' })
  expect(await sql`select 1 from graphile_worker.jobs where key = 'incidents.tell_subscribers:next'`).toHaveLength(1)
  await tellAlone(at(hour + 1))
  expect(await states(updateId)).toEqual({ 'reader@example.com': 'delivered' })
})
