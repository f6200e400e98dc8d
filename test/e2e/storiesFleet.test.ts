import type { Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DEMO_OPERATOR, DEMO_PASSWORD } from '#server/demo/people.ts'
import { addJob } from '#server/jobs.ts'
import { page as openPage } from '../support/browser.ts'
import type { ControlPlane } from '../support/controlPlane.ts'
import { figuresOf, mutate, signIn } from '../support/steps.ts'
import { downloaded, eventually, poll, startDemoPlane } from '../support/stories.ts'

// What operators do with a fleet that works and has its troubles: find, decide, act, and see that it happened.

const OSKAR = { email: 'oskar@greyheron.example', password: DEMO_PASSWORD }
const REASON = 'unpaid since September, case 4711'

let plane: ControlPlane
let operator: Page
let customer: Page

beforeAll(async () => {
  plane = await startDemoPlane()
  // Crossed at the next judgement, which is now: a violation of one container.
  await mutate(plane, 'usage.quotas.set', {
    owner: { account: 'quietfern', app: 'blog' },
    scope: 'container',
    meter: 'memory',
    soft: '0',
    hard: null,
    graceSeconds: 0,
    action: 'notice',
  })
  const sql = plane.connect()
  await addJob(sql, 'usage.judge_quotas', {})
  await sql.end()
  operator = await openPage({ baseURL: plane.url })
  customer = await openPage({ baseURL: plane.url })
  await signIn(operator, plane.url, { email: DEMO_OPERATOR, password: DEMO_PASSWORD })
  await signIn(customer, plane.url, OSKAR)
})

afterAll(async () => {
  await operator?.context().close()
  await customer?.context().close()
  await plane?.remove()
})

const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { level: 1, name }).waitFor()

test('Ctrl K finds a host by its name and goes there', async () => {
  await operator.goto('/ops')
  await heading(operator, 'Fleet')
  await operator.keyboard.press('Control+k')
  const palette = operator.getByRole('dialog', { name: 'Search or run a command' })
  await palette.getByRole('combobox').fill('hel1-c03')
  await palette.getByRole('option', { name: 'hel1-c03' }).waitFor()
  await operator.keyboard.press('Enter')
  await operator.waitForURL(/\/ops\/hosts\/\d+$/)
  await heading(operator, /hel1-c03/)
  expect(await palette.count()).toBe(0)
})

test('keys go to places, put the cursor into the filter and list themselves', async () => {
  await operator.keyboard.press('g')
  await operator.keyboard.press('h')
  await operator.waitForURL(/\/ops\/hosts$/)
  await heading(operator, 'Hosts')
  const table = operator.getByRole('table')
  await table.getByRole('link', { name: 'ams1-c01', exact: true }).waitFor()
  await operator.keyboard.press('/')
  // Slowly, so that the list is filtered between the letters.
  await operator.keyboard.type('fra2-c02', { delay: 400 })
  await operator.waitForURL(/q=fra2-c02$/)
  await eventually(async () =>
    expect(await table.getByRole('link', { name: /-c\d\d$/ }).allInnerTexts()).toEqual(['fra2-c02']),
  )
  expect(await operator.getByRole('searchbox').inputValue()).toBe('fra2-c02')
  await operator.keyboard.type('9')
  await operator.getByText('No host matches.').waitFor()
  await operator.getByRole('link', { name: 'Clear filters' }).click()
  await table.getByRole('link', { name: 'ams1-c01', exact: true }).waitFor()
  expect(await operator.getByRole('searchbox').inputValue()).toBe('')
  await operator.keyboard.press('?')
  const keys = operator.getByRole('dialog', { name: 'Keys' })
  await keys.getByText('Go to Hosts').waitFor()
  await operator.keyboard.press('Escape')
  await keys.waitFor({ state: 'hidden' })
  await operator.keyboard.press('g')
  await operator.keyboard.press('q')
  await heading(operator, 'Quotas')
})

test('violations are acknowledged together', async () => {
  await operator.goto('/ops/quotas')
  const open = operator.getByRole('row').filter({ hasText: 'Over soft limit' }).filter({ hasNotText: 'greyheron' })
  await open.nth(1).waitFor()
  const names = await Promise.all([0, 1].map((at) => open.nth(at).getByRole('link').first().innerText()))
  expect(new Set(names).size).toBe(2)
  const rows = names.map((name) =>
    operator.getByRole('row').filter({ has: operator.getByRole('link', { name, exact: true }) }),
  )
  const [before = Number.NaN] = await figuresOf(operator, 'Acknowledged')
  for (const row of rows) {
    await row.getByRole('checkbox').check()
  }
  const bar = operator.getByRole('region', { name: 'Selected rows' })
  await bar.getByText('2 selected').waitFor()
  await bar.getByRole('button', { name: 'Acknowledge' }).click()
  await operator.getByText('2 acknowledged').waitFor()
  for (const row of rows) await row.getByText('Acknowledged').waitFor()
  await bar.waitFor({ state: 'hidden' })
  await poll(() => figuresOf(operator, 'Acknowledged')).toEqual([before + 2])
})

test('rows are walked, selected and opened by keys alone', async () => {
  const first = await operator.getByRole('row').nth(1).getByRole('link').first().innerText()
  await operator.keyboard.press('j')
  await operator.keyboard.press('j')
  await operator.keyboard.press('x')
  await operator.keyboard.press('k')
  await operator.keyboard.press('x')
  await operator.getByRole('region', { name: 'Selected rows' }).getByText('2 selected').waitFor()
  await operator.keyboard.press('x')
  await operator.getByRole('region', { name: 'Selected rows' }).getByText('1 selected').waitFor()
  await operator.keyboard.press('Enter')
  await operator.waitForURL(/\/ops\/quotas\/\d+$/)
  await heading(operator, /./)
  const about = await operator.getByRole('region', { name: 'What it is about' }).innerText()
  for (const name of first.split(' of ')[1]?.split(' / ') ?? [first]) expect(about).toContain(name)
  await operator.goBack()
  await heading(operator, 'Quotas')
})

test('what somebody else changes appears without a reload', async () => {
  await operator.evaluate(() => Object.assign(window, { isTheSamePage: true }))
  const row = operator.getByRole('row', { name: 'Egress this month of greyheron / api' })
  await row.getByText('Over soft limit').waitFor()
  const id = /\/ops\/quotas\/(\d+)/.exec((await row.getByRole('link').first().getAttribute('href')) ?? '')?.[1]
  await mutate(plane, 'usage.violations.acknowledge', { ids: [id], note: 'seen from elsewhere' })
  await row.getByText('Acknowledged').waitFor()
  expect(await operator.evaluate(() => 'isTheSamePage' in window)).toBe(true)
})

test('an operator maps what nobody owns to an account, and it is nobody’s no longer', async () => {
  await operator.goto('/ops/unattributed')
  await operator.getByRole('button', { name: 'Map left-behind to an account' }).click()
  const dialog = operator.getByRole('dialog', { name: 'Map left-behind' })
  await dialog.getByRole('button', { name: 'Map to the account' }).click()
  await dialog.getByRole('alert').filter({ hasText: 'Choose the account it belongs to.' }).waitFor()
  await dialog.getByRole('button', { name: 'Account: Choose an account' }).click()
  await operator.getByRole('dialog', { name: 'Account', exact: true }).getByRole('combobox').fill('halyard')
  await operator.getByRole('option', { name: /^halyard/ }).click()
  await dialog.getByRole('button', { name: 'Map to halyard' }).click()
  await operator.getByText('Every container has an owner.').waitFor()
  await operator.getByRole('link', { name: 'Label rules' }).click()
  await operator.getByRole('row', { name: /left-behind.*halyard/ }).waitFor()
  // With what it has used so far.
  await eventually(async () => {
    await operator.goto('/halyard/usage?window=24h&app=left-behind')
    await operator.getByRole('region', { name: 'Used in the window' }).waitFor()
    expect((await figuresOf(operator, 'CPU'))[0]).toBeGreaterThan(0)
  }, 60_000)
})

test('a suspended account reads why and all its figures, changes nothing, and works again once the hold is lifted', async () => {
  await customer.goto('/greyheron/settings')
  await customer.getByRole('button', { name: 'Change the name' }).waitFor()
  const beside = await customer.context().newPage()
  await beside.goto(`${plane.url}/greyheron`)
  await beside
    .getByText(/^Live, /)
    .first()
    .waitFor()

  await operator.goto('/ops/accounts/greyheron')
  await operator.getByRole('button', { name: 'Place a hold' }).click()
  const choose = operator.getByRole('dialog', { name: 'Place a hold on greyheron' })
  await choose.getByRole('radio', { name: /Billing/ }).check()
  await choose.getByRole('textbox', { name: 'Reason' }).fill(REASON)
  await choose.getByRole('button', { name: 'Go on' }).click()
  const confirm = operator.getByRole('alertdialog', { name: 'Suspend greyheron?' })
  await confirm.getByRole('button', { name: 'Suspend greyheron' }).click()
  await confirm.getByRole('alert').filter({ hasText: 'Type greyheron exactly.' }).waitFor()
  await confirm.getByRole('textbox').fill('greyheron')
  await confirm.getByRole('button', { name: 'Suspend greyheron' }).click()
  await operator.getByRole('row', { name: /billing.*On/ }).waitFor()

  await beside.getByText('greyheron is suspended').waitFor()
  await beside.close()
  // The form that was open before is refused, and says why.
  await customer.getByLabel('Name people read').fill('Grey Heron Pictures')
  await customer.getByRole('button', { name: 'Change the name' }).click()
  await customer.getByRole('alert').filter({ hasText: REASON }).waitFor()
  await customer.goto('/greyheron/usage')
  await customer.getByText('greyheron is suspended').waitFor()
  await customer.getByText(REASON).waitFor()
  await customer.getByRole('table').getByRole('link', { name: 'api', exact: true }).waitFor()
  await customer.goto('/greyheron/settings')
  await customer.getByLabel('Name people read').waitFor()
  expect(await customer.getByLabel('Name people read').isDisabled()).toBe(true)
  for (const name of ['Change the name', 'Make a token', 'Close greyheron']) {
    expect(await customer.getByRole('button', { name }).count()).toBe(0)
  }
  const tried = await customer.request.post('/trpc/accounts.rename', {
    data: { account: 'greyheron', displayName: 'Anything' },
    headers: { origin: plane.url },
  })
  expect(tried.status()).toBe(403)

  await operator.getByRole('button', { name: 'Lift the billing hold' }).click()
  const lift = operator.getByRole('dialog', { name: 'Lift the billing hold on greyheron' })
  await lift.getByLabel('Why it is lifted').fill('paid today')
  await lift.getByRole('button', { name: 'Lift the billing hold' }).click()
  await operator.getByRole('row', { name: /billing.*Lifted/ }).waitFor()
  await customer.reload()
  await customer.getByLabel('Name people read').fill('Grey Heron Pictures')
  await customer.getByRole('button', { name: 'Change the name' }).click()
  await customer.getByText('Name changed.').waitFor()
  expect(await customer.getByText('greyheron is suspended').count()).toBe(0)
})

test('a container over its limit is restarted with one click: one command, with its reason in the history', async () => {
  await operator.goto('/ops/quotas')
  const row = operator.getByRole('row', { name: 'Memory of quietfern / blog / blog-' }).first()
  await row.waitFor({ timeout: 70_000 })
  await row.getByRole('button', { name: 'Restart' }).click()
  await operator.getByText('Restart: sent to 1').waitFor()
  await row.getByRole('link').first().click()
  await heading(operator, /blog/)
  const history = operator.getByRole('group', { name: 'History' })
  // Soon it is done; when is up to the simulated network, which loses packets.
  await history.getByRole('row', { name: /Acted (pending|done) restart blog-/ }).waitFor()
  expect(await history.getByRole('row', { name: /Acted/ }).count()).toBe(1)
})

test('the audit log has what was just done, by whom; the filter narrows it and the export has the same rows', async () => {
  await operator.goto('/ops/audit')
  const table = operator.getByRole('group', { name: 'Audit log' })
  const filter = async (action: string) => {
    await operator.getByRole('combobox', { name: 'Action' }).selectOption(action)
    await operator.waitForURL((url) => url.searchParams.get('action') === action)
    const others = table.getByRole('row').filter({ hasNotText: action })
    // The head is left.
    await eventually(async () => expect(await others.count()).toBe(1))
    await table
      .getByRole('row', { name: `${DEMO_OPERATOR} ${action}` })
      .first()
      .waitFor()
  }
  for (const action of ['usage.violation.acknowledge', 'usage.label_rule.add', 'hosts.command.issue'])
    await filter(action)
  await filter('accounts.hold.place')
  await eventually(async () => expect(await table.getByRole('row').count()).toBe(2))
  await table
    .getByRole('row', { name: /accounts\.hold\.place.*greyheron/ })
    .getByText(REASON)
    .first()
    .waitFor()
  await operator.getByRole('button', { name: 'Export' }).click()
  const csv = await downloaded(operator, operator.getByRole('menuitem', { name: 'As CSV' }))
  expect(csv.name).toMatch(/\.csv$/)
  const lines = csv.text.trimEnd().split('\r\n')
  expect(lines).toHaveLength(2)
  expect(lines[1]).toContain(REASON)
  await operator.getByRole('button', { name: 'Export' }).click()
  const json = await downloaded(operator, operator.getByRole('menuitem', { name: 'As JSON' }))
  expect(JSON.parse(json.text)).toMatchObject([{ action: 'accounts.hold.place', actorLabel: DEMO_OPERATOR }])
  await operator.getByRole('link', { name: 'Clear filters' }).click()
  await operator.waitForURL(/\/ops\/audit$/)
})

test('what fails says so with an id, the rest of the page works, and Retry brings it back', async () => {
  const sql = plane.connect()
  try {
    await sql`alter table notice rename to notice_away`
    await customer.goto('/greyheron')
    await customer.getByText('Notices cannot be shown').waitFor()
    await customer.getByRole('group', { name: 'Apps' }).getByRole('link', { name: 'api', exact: true }).waitFor()
    await sql`alter table notice_away rename to notice`
    await sql`alter table label_rule rename to label_rule_away`
    await operator.goto('/ops/unattributed/rules')
    await heading(operator, 'This page did not load')
    await operator.getByText(/^err \S+/).waitFor()
    await operator.getByRole('navigation', { name: 'Operations' }).getByRole('link', { name: 'Hosts' }).waitFor()
    await sql`alter table label_rule_away rename to label_rule`
    await operator.getByRole('button', { name: 'Retry' }).click()
    await operator.getByRole('row', { name: /left-behind.*halyard/ }).waitFor()
    expect(await operator.getByRole('heading', { level: 1 }).allInnerTexts()).not.toContain('This page did not load')
  } finally {
    await sql`alter table if exists notice_away rename to notice`
    await sql`alter table if exists label_rule_away rename to label_rule`
    await sql.end()
  }
})
