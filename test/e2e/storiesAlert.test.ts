import type { Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readEnv } from '#server/env.ts'
import { startApi } from '../channels/api.ts'
import { keepChannel, startKits, type Kit } from '../channels/channelKit.ts'
import { buildWharf } from '../server/incidents/wharf.ts'
import { page as openPage } from '../support/browser.ts'
import { startControlPlane, type ControlPlane } from '../support/controlPlane.ts'
import { hasNgircd, ircReader, startNgircd, type Ngircd } from '../support/ngircd.ts'
import { hasMonitoring, startMonitoring, type Monitoring } from '../support/prometheus.ts'
import { mutate, signIn } from '../support/steps.ts'
import { eventually, poll } from '../support/stories.ts'

// From an alert that a real Prometheus fires to an update on every channel, on a phone, and all that can follow it.
// The stories go on from one to the next.

const canRun = (await hasMonitoring()) && (await hasNgircd())

let plane: ControlPlane
let monitoring: Monitoring
let kits: Kit[] = []
let phone: Page
let pager: Awaited<ReturnType<typeof startApi>>
let ngircd: Ngircd
let crowd: Awaited<ReturnType<typeof ircReader>>

const startAll = async () => {
  plane = await startControlPlane({ env: { WHARF_ALLOW_PRIVATE_WEBHOOKS: '1' } })
  pager = await startApi(() => ({ status: 200, json: {} }))
  kits = await startKits()
  const sql = plane.connect()
  await buildWharf(sql)
  const { secret } = readEnv({ WHARF_DATA: plane.dataDir })
  for (const kit of kits) await keepChannel(sql, secret, kit)
  ngircd = await startNgircd()
  crowd = await ircReader(ngircd.port)
  const place = { server: '127.0.0.1', port: ngircd.port, tls: false, nick: 'wharf', channel: '#status', account: '' }
  await keepChannel(sql, secret, { ...kits[0]!, kind: 'irc', settings: place, secret: {} })
  await sql.end()
  phone = await openPage({ width: 390, baseURL: plane.url })
  await signIn(phone, plane.url, plane.admin)
  const contact = { kind: 'webhook', fields: { url: `${pager.url}/me` } }
  expect((await phone.request.post('/trpc/incidents.onCall.addContact', { data: contact })).status()).toBe(200)
  const { token } = await mutate<{ token: string }>(plane, 'incidents.alerts.addSource', { name: 'prometheus' })
  monitoring = await startMonitoring({ url: plane.url, token })
}
beforeAll(async () => {
  if (canRun) await startAll()
})

afterAll(async () => {
  await phone?.context().close()
  await monitoring?.stop()
  await Promise.all([pager, ...kits].map((one) => one?.close()))
  await plane?.remove()
  crowd?.close()
  await ngircd?.remove()
})

/** The ledger's rows of the newest update: what is sent and what came of it. */
const delivered = async (update: number) => {
  const sql = plane.connect()
  const rows = await sql<{ target: string; state: string }[]>`select coalesce(c.kind, d.target) as target, d.state
    from delivery d join incident_update u on u.id = d.update_id left join channel c on c.id = d.channel_id
    where u.number = ${update} order by 1`
  await sql.end()
  return rows.map(({ target, state }) => `${target} ${state}`)
}
const green = () =>
  [...kits.map(({ kind }) => kind), 'irc', 'banner', 'status'].toSorted().map((kind) => `${kind} delivered`)

test.skipIf(!canRun)(
  'an alert fires, somebody is paged, and three taps later every channel has the update',
  async () => {
    monitoring.say('ams1-c1', false)
    await poll(() => pager.log.length).toBe(1)
    const { data } = pager.log[0]!.json as { data: { title: string; acknowledge: string; incident: string } }
    expect(data).toMatchObject({ title: 'ams1-c1 is down', incident: 'INC-1' })

    await phone.goto(data.acknowledge)
    await phone.getByRole('heading', { level: 1, name: 'ams1-c1 is down' }).waitFor()
    await phone.getByRole('button', { name: 'Acknowledge' }).tap()
    await phone.getByText('Nobody else is woken for this page.').waitFor()
    await phone.getByRole('link', { name: 'Draft update' }).tap()
    const text = phone.getByRole('textbox', { name: /^Text/ })
    await text.waitFor()
    expect(await text.inputValue()).toBe('Some apps in ams1 cannot be reached. We are looking into it.')
    expect(await phone.getByRole('radio', { name: 'Investigating' }).isChecked()).toBe(true)
    for (const service of ['Running services', 'Image registry']) await phone.getByText(service).first().waitFor()
    await phone.getByText('Fits every channel').waitFor()
    await phone.getByText('1 customer on 1 host').waitFor()
    await phone.getByRole('button', { name: `Post update to ${kits.length + 1} channels` }).tap()

    await phone.waitForURL(/\/ops\/incidents\/INC-1$/)
    await eventually(async () => expect(await delivered(1)).toEqual(green()), 40_000)
    await phone.getByText(`${green().length} of ${green().length} deliveries`).first().waitFor()
    for (const { kind, posts } of kits)
      expect([kind, posts.length, posts[0]!.text.includes('ams1-c1')]).toEqual([kind, 1, false])
    expect(crowd.said()).toEqual([expect.stringContaining('Some apps in ams1 cannot be reached.')])
    const ledger = phone.getByLabel('Deliveries of update 1').first()
    await poll(() => ledger.getByText('Delivered', { exact: true }).count()).toBe(green().length)
  },
)

/** Posts what the composer holds and waits until it is sent. */
const postAs = async (button: RegExp, update: number, states: readonly string[]) => {
  await phone.getByText('Fits every channel').waitFor()
  await phone.getByRole('button', { name: button }).tap()
  await phone.waitForURL(/\/ops\/incidents\/INC-1$/)
  await eventually(async () => expect(await delivered(update)).toEqual(states), 40_000)
}

test.skipIf(!canRun)('the alert ends by itself, and a person resolves: everybody who was told is told', async () => {
  monitoring.say('ams1-c1', true)
  await phone.getByRole('link', { name: 'Post update' }).first().tap()
  await phone.getByText('Resolved', { exact: true }).tap()
  const text = phone.getByRole('textbox', { name: /^Text/ })
  await poll(() => text.inputValue()).toBe('All apps in ams1 can be reached again.')
  await phone.getByText('1 customer on 1 host, 2 containers, as recorded.').waitFor()
  await phone.getByText('Fits every channel').waitFor()
  // The signal is lost as it is posted: it goes out when the signal is back.
  await phone.context().setOffline(true)
  await phone.getByRole('button', { name: /^Post update to/ }).tap()
  await phone.getByText('No connection. It is posted as soon as there is one').waitFor()
  await phone.context().setOffline(false)
  await phone.waitForURL(/\/ops\/incidents\/INC-1$/)
  await eventually(async () => expect(await delivered(2)).toEqual(green()), 40_000)
  await phone.getByText('Operational').first().waitFor()
  expect(kits.map(({ posts }) => posts.length)).toEqual(kits.map(({ kind }) => (kind === 'pagerduty' ? 1 : 2)))
  await eventually(async () => {
    const sql = plane.connect()
    const [row] = await sql`select p.state, a.ends_at is not null as over from page p join alert a on a.id = p.alert_id`
    await sql.end()
    expect(row).toEqual({ state: 'resolved', over: true })
  })
})

test.skipIf(!canRun)(
  'what was said wrong is corrected on every channel, and can be taken back in the first seconds',
  async () => {
    await phone.getByRole('link', { name: 'Correct' }).last().tap()
    const text = phone.getByRole('textbox', { name: /^Text/ })
    await poll(() => text.inputValue()).toBe('Some apps in ams1 cannot be reached. We are looking into it.')
    await text.fill('Half of the apps in ams1 could not be reached.')
    await phone.getByText('Fits every channel').waitFor()
    await phone.getByRole('button', { name: /^Post correction/ }).tap()
    await phone.getByRole('button', { name: 'Undo, do not send' }).tap()
    await poll(() => text.inputValue()).toBe('Half of the apps in ams1 could not be reached.')
    await postAs(/^Post correction/, 4, green())
    await phone.getByText('Correction of update 1').first().waitFor()
    // PagerDuty's alert is resolved: nothing is said to whoever is not woken any more.
    for (const { kind, posts } of kits.filter((kit) => kit.kind !== 'pagerduty'))
      expect([kind, posts.some(({ text: said }) => said.includes('Half of the apps'))]).toEqual([kind, true])
  },
)

test.skipIf(!canRun)('what was said is retracted: deleted where that can be, else said', async () => {
  await phone.getByRole('link', { name: 'Retract' }).last().tap()
  await phone.getByRole('textbox', { name: /^Text/ }).fill('There was no outage; our monitoring was wrong.')
  await postAs(/^Retract/, 5, green())
  await phone.getByText('retracted by update 5').first().waitFor()
  const deleting = kits.filter(({ posts }) => posts.some(({ isGone }) => isGone)).map(({ kind }) => kind)
  expect(deleting).toEqual(expect.arrayContaining(['slack', 'discord', 'mastodon', 'bluesky']))
})

test.skipIf(!canRun)('words for next time, a silence and an outage of last week are kept from a phone', async () => {
  const dialog = phone.getByRole('dialog')
  await phone.goto('/ops/incidents/templates')
  await phone.getByRole('button', { name: 'Add a template' }).tap()
  await dialog.getByLabel('Name').fill('Slow pulls')
  await dialog.getByLabel('Title').fill('Pulls in {{region}} are slow')
  await dialog.getByLabel('Investigating').fill('Pulls of {{component}} take long.')
  await dialog.getByRole('button', { name: 'Add a template' }).tap()
  await dialog.waitFor({ state: 'detached' })
  await phone.goto('/ops/incidents/new')
  await phone.getByLabel('What is wrong').selectOption({ label: 'Slow pulls' })
  await phone.getByLabel('Image registry, ams1').check()
  await phone.getByLabel('This is a drill').check()
  await phone.getByRole('button', { name: 'Go on to the first update' }).tap()
  await poll(() => phone.getByRole('textbox', { name: /^Text/ }).inputValue()).toBe(
    'Pulls of Image registry take long.',
  )

  const { token } = await mutate<{ token: string }>(plane, 'incidents.alerts.addSource', { name: 'disks' })
  const fire = async (key: string, disk: string) => {
    const alert = { title: `${disk} wears out`, key, severity: 'critical', labels: { alertname: 'DiskWear', disk } }
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const sent = await fetch(`${plane.url}/v1/alerts/in`, { method: 'POST', headers, body: JSON.stringify(alert) })
    expect(sent.status).toBe(200)
  }
  const pages = pager.log.length
  await phone.goto('/ops/alerts')
  await phone.getByRole('button', { name: 'Add a silence' }).tap()
  await dialog.getByLabel('Label').fill('disk')
  await dialog.getByLabel('Value, * for anything').fill('nvme*')
  await dialog.getByRole('textbox', { name: 'Why' }).fill('They are being changed')
  await dialog.getByRole('button', { name: 'Silence them' }).tap()
  await phone.getByText('disk=nvme*').waitFor()
  await fire('a', 'nvme0')
  await phone.getByText('1 alert', { exact: true }).first().waitFor()
  await phone.getByRole('button', { name: 'Change' }).tap()
  await dialog.getByLabel('Value, * for anything').fill('nvme1')
  await dialog.getByRole('button', { name: 'Silence them' }).tap()
  await phone.getByText('disk=nvme1').waitFor()
  // What the first one kept silent and the second does not wakes somebody; nothing did before.
  await poll(() => pager.log.length).toBe(pages + 1)
  await phone.getByRole('button', { name: 'End the silence' }).tap()
  await phone.getByText('Nothing is silenced').waitFor()

  await phone.goto('/ops/incidents/past')
  await phone.getByLabel('Title').fill('Pulls failed last week')
  await phone.getByLabel('Status of Image registry, ams1').selectOption({ label: 'Partial outage' })
  const day = new Date(Date.now() - 7 * 86_400_000).toISOString().slice(0, 10)
  await phone.getByLabel('Started, UTC').fill(`${day}T03:00`)
  await phone.getByLabel('Ended, UTC').fill(`${day}T03:45`)
  await phone.getByLabel('What happened').fill('Pulls failed.')
  await phone.getByLabel('How it ended').fill('A disk was changed.')
  await phone.getByRole('button', { name: 'Write it down' }).tap()
  await phone.waitForURL(/\/ops\/incidents\/INC-\d+$/)
  await phone.getByText('45 min').first().waitFor()
  const history = async () => (await fetch(`${plane.url}/status/history`)).text()
  await eventually(async () => expect(await history()).toContain('Pulls failed last week'), 15_000)
})
