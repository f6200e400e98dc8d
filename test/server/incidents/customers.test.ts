import { simpleParser } from 'mailparser'
import { afterAll, beforeEach, expect, test } from 'vitest'
import type { Context } from '#server/context.ts'
import { customerMail } from '#server/incidents/customers/customerMail.ts'
import { readLedger } from '#server/incidents/ledgerSql.ts'
import { openIncident } from '#server/incidents/openIncident.ts'
import { postUpdate, type PostUpdate } from '#server/incidents/postUpdate.ts'
import { previewChannels } from '#server/incidents/previewChannels.ts'
import { scheduleMaintenance } from '#server/incidents/maintenance.ts'
import { retryFailed } from '#server/incidents/retryFailed.ts'
import { tellSubscribers } from '#server/incidents/subscribers/tellSubscribers.ts'
import { undoUpdate } from '#server/incidents/undoUpdate.ts'
import { startMailServer } from '../../channels/mailServer.ts'
import { testDatabase } from '../../support/database.ts'
import { buildWharf } from './wharf.ts'

const { sql } = await testDatabase()
const wharf = await buildWharf(sql)
const mail = await startMailServer()
afterAll(() => mail.close())
const env = { ...wharf.env, SMTP_URL: mail.url }
const at = (minutes: number): Context => ({ ...wharf.ctx(minutes), env })

for (const name of ['ada', 'ben', 'cleo', 'dora', 'emil']) {
  await sql`insert into auth_user (id, name, email) values (${name}, ${name}, ${`${name}@example.com`})`
}
const join = async (accountId: bigint, userId: string, role: string) => {
  await sql`insert into account_member (account_id, user_id, role) values (${accountId}, ${userId}, ${role})`
}
await join(wharf.saltmarsh, 'ada', 'owner')
await join(wharf.saltmarsh, 'ben', 'admin')
await join(wharf.saltmarsh, 'cleo', 'member')
await join(wharf.saltmarsh, 'dora', 'billing')
await join(wharf.tidepool, 'ben', 'owner')
await join(wharf.tidepool, 'emil', 'owner')

let hour = 0
let taps = 0
beforeEach(async () => {
  hour += 60
  await sql`update delivery set state = 'skipped', next_at = null where state not in ('delivered', 'permanent')`
  mail.mails.length = 0
  mail.refuse = () => null
})
const open = async (audience: 'everybody' | 'affected' = 'affected') => {
  const of = { requestId: `open-c${(taps += 1)}`, title: 'Disk trouble', audience }
  return (await sql.begin((tx) => openIncident(tx, at(hour), of))).id
}
const post = (
  minutes: number,
  incidentId: bigint,
  text: string,
  of: Partial<PostUpdate> = {},
  ctx = at(hour + minutes),
) =>
  postUpdate(ctx, {
    incidentId,
    requestId: `tap-c${(taps += 1)}`,
    state: 'investigating',
    text,
    components: [],
    hosts: [wharf.one],
    nextUpdateMinutes: 30,
    sawUpdate: 99,
    ...of,
  })
const tell = (minutes: number) => tellSubscribers(at(hour + minutes))
const states = async (updateId: bigint) =>
  Object.fromEntries(
    (
      await sql<{ recipient: string; state: string }[]>`select recipient, state from delivery
        where update_id = ${updateId} and recipient is not null order by recipient`
    ).map(({ recipient, state }) => [recipient.replace('@example.com', ''), state]),
  )
const bodyOf = async (to: string) => {
  const found = mail.mails.findLast((one) => one.to === `${to}@example.com`)
  return await simpleParser(found!.raw)
}

test('owners and admins of the affected customers get one mail, which names their apps, and a receipt is kept', async () => {
  const id = await open()
  const { updateId } = await post(0, id, 'A disk of yours is slow. <b>Not bold</b>')
  expect(await states(updateId)).toEqual({ ada: 'pending', ben: 'pending' })
  await tell(0)
  expect(mail.mails).toEqual([])
  await Promise.all([tell(1), tell(1)])
  expect(await states(updateId)).toEqual({ ada: 'delivered', ben: 'delivered' })
  expect(mail.mails.map(({ to }) => to).toSorted()).toEqual(['ada@example.com', 'ben@example.com'])
  const read = await bodyOf('ada')
  expect(read.subject).toBe(`Investigating: Disk trouble (INC-${id})`)
  expect(read.text).toContain('<b>Not bold</b>')
  expect(read.text).toContain('Your apps on affected hosts:\n- saltmarsh: web (2 containers)')
  expect(read.text).toContain('https://wharf.example/saltmarsh')
  // Neither a host's name, nor another customer's, nor a way out of what is about one's own apps.
  expect(read.text).not.toMatch(/ams1-c|tidepool/)
  expect(read.headers.has('list')).toBe(false)
  const [part] = await readLedger(sql, id)
  expect(part!.crowds).toEqual([{ of: 'customers', states: [{ state: 'delivered', count: 2 }], failures: [] }])
  expect(part!.rows.map(({ name }) => name)).toEqual(['banner'])
  const [kept] = await sql<{ receipt: { response: string } }[]>`select receipt from delivery
    where update_id = ${updateId} and recipient = 'ada@example.com'`
  expect(kept!.receipt.response).toMatch(/^250/)
})

test('who was affected is frozen with the update: what changes after it changes neither whom nor what it tells', async () => {
  const id = await open()
  const { updateId } = await post(0, id, 'Both hosts are out.', { hosts: [wharf.one, wharf.two] })
  const [before] = await sql<{ body: { text: string } }[]>`select body from delivery
    where update_id = ${updateId} and recipient = 'ben@example.com'`
  await sql`update auth_user set email = 'elsewhere@example.com' where id = 'emil'`
  await sql`update epoch set ended_at = ${at(hour).now} where name = 'web-2'`
  await tell(1)
  expect(await states(updateId)).toEqual({ ada: 'delivered', ben: 'delivered', emil: 'delivered' })
  const [after] = await sql<{ body: { text: string } }[]>`select body from delivery
    where update_id = ${updateId} and recipient = 'ben@example.com'`
  expect(after).toEqual(before)
  // One mail for a person of two customers.
  expect((await bodyOf('ben')).text).toContain('- saltmarsh: web (2 containers)\n- tidepool: site (1 container)')
  await sql`update epoch set ended_at = null where name = 'web-2'`
  await sql`update auth_user set email = 'emil@example.com' where id = 'emil'`
})

test('its end is told to everybody who heard of it and still answers for that customer, whoever it is for by then', async () => {
  const id = await open()
  await post(0, id, 'Both are out.', { hosts: [wharf.one, wharf.two] })
  await tell(1)
  const narrowed = await post(2, id, 'Only one is.', { state: 'identified', hosts: [wharf.one] })
  expect(Object.keys(await states(narrowed.updateId))).toEqual(['ada', 'ben', 'emil'])
  await tell(3)
  await sql`delete from account_member where user_id = 'emil'`
  const end = await post(4, id, 'All is well.', { state: 'resolved', hosts: undefined, audience: 'everybody' })
  expect(Object.keys(await states(end.updateId))).toEqual(['ada', 'ben'])
  await tell(5)
  expect((await bodyOf('ada')).text).toContain('Your apps that were on these hosts:\n- saltmarsh: web (2 containers)')
  const retracted = await post(6, id, 'It was no outage.', {
    kind: 'retraction',
    aboutId: end.updateId,
    state: 'resolved',
    hosts: undefined,
  })
  expect(Object.keys(await states(retracted.updateId))).toEqual(['ada', 'ben'])
  await join(wharf.tidepool, 'emil', 'owner')
})

test('what is for everybody, undone, left out, a drill or without a mail server mails no customer', async () => {
  const all = await post(0, await open('everybody'), 'For everybody.')
  expect(await states(all.updateId)).toEqual({})
  const undone = await post(0, await open(), 'Oops.')
  await undoUpdate({ ...at(hour), now: new Date(at(hour).now.getTime() + 2_000) }, undone.updateId)
  const left = await post(0, await open(), 'By banner alone.', { skipped: ['customers'] })
  const drill = await sql.begin((tx) =>
    openIncident(tx, at(hour), { requestId: `drill-c${hour}`, title: 'Fire', audience: 'affected', isDrill: true }),
  )
  const drilled = await post(0, drill.id, 'Not real.')
  const mute = await post(0, await open(), 'No mail.', {}, wharf.ctx(hour))
  await tell(1)
  for (const { updateId } of [undone, left, drilled, mute])
    expect(await states(updateId)).toEqual({ ada: 'skipped', ben: 'skipped' })
  expect(mail.mails).toEqual([])
})

test('an address that is refused is told of in the ledger and tried again by hand; newer words overtake what waits', async () => {
  mail.refuse = (to) =>
    to.startsWith('ada') ? [550, '5.1.1 no such user'] : to.startsWith('ben') ? [451, 'later'] : null
  const id = await open()
  const first = await post(0, id, 'It is slow.')
  await tell(1)
  expect(await states(first.updateId)).toEqual({ ada: 'permanent', ben: 'retryable' })
  const [part] = await readLedger(sql, id)
  expect(part!.crowds[0]!.failures).toMatchObject([
    { kind: 'email', name: 'ada@example.com', state: 'permanent', canRetry: true },
    { kind: 'email', name: 'ben@example.com', state: 'retryable', canRetry: true },
  ])
  mail.refuse = () => null
  expect(await retryFailed(at(hour + 2), { updateId: first.updateId })).toBe(2)
  await tell(2)
  expect(await states(first.updateId)).toEqual({ ada: 'delivered', ben: 'delivered' })
  mail.refuse = () => [451, 'later']
  const second = await post(3, id, 'Still slow.', { state: 'identified' })
  await tell(4)
  const third = await post(5, id, 'Faster.', { state: 'monitoring' })
  mail.refuse = () => null
  await tell(30)
  expect(await states(second.updateId)).toEqual({ ada: 'superseded', ben: 'superseded' })
  expect(await states(third.updateId)).toEqual({ ada: 'delivered', ben: 'delivered' })
})

test('a worker that died in the midst of a mail is followed by one that sends it again under the same id', async () => {
  const { updateId } = await post(0, await open(), 'Cut short.')
  await sql`update delivery set state = 'sending', taken_at = ${at(hour + 1).now}, attempts = 1
    where update_id = ${updateId} and recipient is not null`
  await tell(2)
  expect(mail.mails).toEqual([])
  await tell(5)
  expect(await states(updateId)).toEqual({ ada: 'delivered', ben: 'delivered' })
  expect(new Set(mail.mails.map(({ messageId }) => messageId)).size).toBe(2)
})

test('of a maintenance that is only announced those are told whose apps are on its hosts now', async () => {
  const { updateId } = await scheduleMaintenance(at(hour), {
    title: 'New disks',
    text: 'Your apps are restarted.',
    componentIds: [wharf.registry],
    hosts: [],
    scheduledFor: at(hour + 120).now,
    scheduledUntil: at(hour + 180).now,
    audience: 'affected',
    isDrill: false,
    requestId: `plan-c${hour}`,
  })
  await tell(1)
  expect(await states(updateId)).toEqual({ ada: 'delivered', ben: 'delivered' })
  expect((await bodyOf('ada')).text).toContain('Your apps on affected hosts:\n- saltmarsh: web (2 containers)')
  expect(
    await sql`select 1 from incident_host h join incident_update u on u.incident_id = h.incident_id
    where u.id = ${updateId}`,
  ).toEqual([])
})

test('the composer shows how many are mailed, and what they read, only where it is for those affected', async () => {
  const id = await open()
  const said = {
    kind: 'update',
    text: 'It is slow.',
    state: 'investigating',
    components: [],
    hosts: [wharf.one],
    overrides: {},
    nextUpdateMinutes: 30,
  } as const
  const [row] = await previewChannels(at(hour), id, {
    ...said,
    components: [],
    hosts: [wharf.one],
    audience: 'affected',
  })
  expect(row).toMatchObject({ channelId: 'customers', kind: '2 by e-mail: owners and admins', trouble: null })
  expect(row!.text).toContain('- saltmarsh: web (2 containers)')
  const everybody = { ...said, components: [], hosts: [wharf.one], audience: 'everybody' } as const
  expect(await previewChannels(at(hour), id, { ...everybody, components: [], hosts: [wharf.one] })).toEqual([])
})

test('a customer of a thousand apps with hostile names gets a mail of bounded length in one line an account', async () => {
  const apps = Array.from({ length: 1_000 }, (_, n) => ({
    app: `app\r\nBcc: x\u2028${n}`.padEnd(900, 'y'),
    containers: 1,
  }))
  const view = {
    incident: 'INC-1',
    title: 'Slow\r\nBcc: everybody@example.com',
    state: 'investigating',
    impact: 'minor',
    number: 1,
    kind: 'update',
    text: 'x',
    components: [],
    at: at(0).now,
    nextUpdateAt: null,
    link: '',
    isDrill: false,
  } as const
  const { text, subject } = customerMail(view, [{ accountId: 1n, account: 'big', apps }], 'https://wharf.example')
  expect(subject).not.toMatch(/[\r\n]/)
  expect(text.length).toBeLessThan(10_000)
  expect(text).not.toMatch(/^Bcc/m)
  expect(text).toContain(', 970 more')
})
