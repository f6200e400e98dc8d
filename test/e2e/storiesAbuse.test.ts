import type { Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { page as openPage } from '../support/browser.ts'
import { startControlPlane, type ControlPlane } from '../support/controlPlane.ts'
import { MINER, startOffenders } from '../support/offender.ts'
import { mutate, signIn } from '../support/steps.ts'
import { eventually, poll } from '../support/stories.ts'

// From findings of a host to what an owner and an admin see of them. The host speaks the real protocol; nobody acts but
// where a story says so. Days pass by moving what is due.

let plane: ControlPlane
let host: Awaited<ReturnType<typeof startOffenders>>
let operator: Page
let owner: Page
let fern: string
const password = 'a long enough password'

beforeAll(async () => {
  plane = await startControlPlane()
  host = await startOffenders(plane)
  fern = await host.customer('fern@quietfern.example', password)
  operator = await openPage({ baseURL: plane.url })
  owner = await openPage({ width: 390, baseURL: plane.url })
  await signIn(operator, plane.url, plane.admin)
  await signIn(owner, plane.url, { email: 'fern@quietfern.example', password })
})

afterAll(async () => {
  await Promise.all([operator, owner].map((page) => page?.context().close()))
  await host?.close()
  await plane?.remove()
})

const heading = (page: Page, name: RegExp | string) => page.getByRole('heading', { level: 1, name }).waitFor()

test('a stop is told to its owner by mail and page, and hostile text in what proves it is written out for admins', async () => {
  await host.finds(await host.start(fern, 'worker'))
  await owner.goto(`/${fern}/abuse`)
  await heading(owner, 'Abuse')
  await owner.getByRole('link', { name: 'AB-1', exact: true }).click()
  await heading(owner, 'Mining in worker')
  await owner.getByText('2344 MiB').first().waitFor()
  await owner.getByText('Strike 1', { exact: true }).waitFor()
  const told = await host.sql<{ subject: string }[]>`select subject from mail
    where recipient = 'fern@quietfern.example'`
  expect(told.filter(({ subject }) => subject.includes('strike 1 of 5'))).toHaveLength(1)

  await operator.goto('/ops/abuse/1')
  await heading(operator, `Mining in ${fern} / worker`)
  await operator.getByText('1 of 5 count').waitFor()
  await operator.getByText('\\u001b[31m').first().waitFor({ state: 'attached' })
})

test('a dispute clears what was busy for a day without proof, and one that proves itself again stands', async () => {
  const people = []
  for (const name of ['ada', 'tomasz']) {
    const email = `${name}@example.org`
    const account = await host.customer(email, password)
    await host.finds(await host.start(account, 'solver'), {
      executables: [
        {
          path: '/w',
          sha256: MINER.replace(/^./, name[0] === 'a' ? 'a' : 'b'),
          deleted: false,
          memfd: false,
          busyPercent: 97,
        },
      ],
      observations: [
        { signal: 'memory.randomx_geometry', value: 2344, heldS: 3 },
        { signal: 'memory.stratum_words', value: 4, heldS: 0 },
      ],
    })
    people.push({ email, account, sha256: MINER.replace(/^./, name[0] === 'a' ? 'a' : 'b') })
  }
  for (const { email, account, sha256 } of people) {
    const page = await openPage({ baseURL: plane.url })
    await signIn(page, plane.url, { email, password })
    await page.goto(`/${account}/abuse`)
    await page.getByRole('link', { name: /^AB-/ }).click()
    await heading(page, 'Mining in solver')
    await page.getByLabel(/What it does/).fill('A solver of equations.')
    await page.getByRole('button', { name: 'Dispute the strike' }).click()
    await page.getByText('runs at a tenth of a core and is looked at closely').waitFor()
    const busy = { path: '/w', sha256, deleted: false, memfd: false, busyPercent: 95 }
    const again = await host.start(account, 'solver')
    const isHonest = email.startsWith('ada')
    await host.finds(again, {
      action: 'captured',
      executables: [busy],
      busyS: 4_000,
      ...(isHonest ? { observations: [] } : {}),
    })
    await host.sql`update abuse_dispute set due_at = now() - interval '1 second' where owner = ${account}`
    await host.tick()
    const words = isHonest ? 'Cleared: the same executable was busy for 67 min without a proof' : 'The strike stands'
    await eventually(async () => {
      await page.reload()
      expect(await page.getByText(words).count()).toBeGreaterThan(0)
    })
    await page.context().close()
  }
  const strikes = await host.sql`select erased_at is not null as erased from abuse_strike
    where owner = any(${people.map(({ account }) => account)}) order by id`
  expect(strikes).toEqual([{ erased: true }, { erased: false }])
})

test('a rule is previewed, saved, runs dry for a day and is armed', async () => {
  const account = await host.customer('lena@example.org', password)
  const life = await host.start(account, 'feeds')
  const observations = [{ signal: 'net.scan_fanout' as const, value: 90, heldS: 60 }]
  await host.finds(life, { action: 'watched', observations })
  await operator.goto('/ops/abuse/rules')
  await heading(operator, 'Rules')
  const editor = operator.getByLabel('Rules, as JSON')
  const rules = JSON.parse(await editor.inputValue()) as { id: string; value: unknown }[]
  const changed = rules.map((rule) => (rule.id === 'scanner.fanout' ? { ...rule, value: 60 } : rule))
  await editor.fill(JSON.stringify(changed, null, 2))
  await operator.getByRole('button', { name: 'Preview against the last 24 h' }).click()
  await operator.getByText('slowed 1 container of 1 account').waitFor()
  await operator.getByText(/feeds-1: none becomes throttle/).waitFor()
  await operator.getByLabel('Why it changes').fill('Scanners go slower now')
  await operator.getByRole('button', { name: /^Save as version/ }).click()
  await operator.getByText('1 in dry-run').waitFor()
  await host.finds(life, { action: 'watched', observations })
  const commands = () => host.sql`select 1 from command where container_id = ${life.containerId} and kind = 'throttle'`
  expect(await commands()).toHaveLength(0)
  await poll(async () => (await host.rules()).policy.dryRun).toEqual(['scanner.fanout'])

  await host.sql`update abuse_rule_state set arms_at = now() - interval '1 second' where rule_id = 'scanner.fanout'`
  await host.tick()
  await eventually(async () => {
    await operator.reload()
    expect(await operator.getByText('0 in dry-run').count()).toBe(1)
  })
  await host.finds(life, { action: 'watched', observations })
  await poll(async () => (await commands()).length).toBe(1)
})

test('a rule that stops too many accounts trips its breaker, pages, and is armed again by hand', async () => {
  // What the stories before this one stopped is over an hour ago.
  await host.sql`update abuse_sighting set seen_at = seen_at - interval '2 hours'`
  for (let i = 0; i < 6; i++) await host.finds(await host.start(`crowd-${i}`, 'web'))
  await operator.goto('/ops/abuse/rules')
  await heading(operator, 'Rules')
  await operator
    .getByText(/Breaker: it stopped 6 accounts within 10 minutes/)
    .first()
    .waitFor()
  await poll(async () => (await host.sql`select 1 from page where key like 'abuse:breaker:%'`).length).toBeGreaterThan(
    0,
  )
  const spared = await host.start('crowd-7', 'web')
  await host.finds(spared, { action: 'watched' })
  expect(await host.sql`select 1 from command where container_id = ${spared.containerId}`).toHaveLength(0)

  await operator.getByRole('button', { name: 'Arm miner.randomx-dataset' }).click()
  await operator.getByLabel('Reason', { exact: true }).fill('All six were miners')
  await operator.getByRole('button', { name: 'Arm the rule' }).click()
  await operator.getByText('miner.randomx-dataset is armed').waitFor()
  await mutate(plane, 'abuse.armRule', { rule: 'miner.stratum-memory', armed: true, reason: 'All six were miners' })
  await host.finds(spared, { action: 'watched' })
  await poll(
    async () => (await host.sql`select 1 from command where container_id = ${spared.containerId}`).length,
  ).toBe(1)
})
