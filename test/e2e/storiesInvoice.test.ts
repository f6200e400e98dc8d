import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { epochId, type EpochDeclaration } from '#agents/protocol.ts'
import { addJob, type JobName } from '#server/jobs.ts'
import { page as openPage } from '../support/browser.ts'
import { startControlPlane, type ControlPlane } from '../support/controlPlane.ts'
import { mutate, signIn } from '../support/steps.ts'
import { linkFromOutbox, poll } from '../support/stories.ts'
import { addHost, container, report, sender, type TestHost, UPTIME_MS } from '../server/ingest/plane.ts'

// From readings that a host signed to an invoice that its customer can check without us: nothing here is by card.

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const CORES = 512
const iris = { name: 'Iris Malmgren', email: 'iris@driftwood.example', password: 'planks on a winter beach' }

let plane: ControlPlane
let ops: Page
let page: Page
let host: TestHost
let send: ReturnType<typeof sender>['send']
let number = ''
const folder = mkdtempSync(join(tmpdir(), 'wharf-invoice-'))

/** Everything is placed against one moment, so that an hour that turns meanwhile moves nothing. */
const BEGAN_MS = Date.now()
const HOUR_AT = Math.floor(BEGAN_MS / HOUR_MS) * HOUR_MS
const OPENED_AT = HOUR_AT - 2 * HOUR_MS
const mono = (ms: number) => Math.round(ms - (Date.now() - UPTIME_MS))

const job = async (name: JobName) => {
  const sql = plane.connect()
  try {
    await addJob(sql, name, {} as never)
  } finally {
    await sql.end()
  }
}

const identity = { ...container('mill-1'), startedAt: new Date(OPENED_AT).toISOString() }
const life = (): EpochDeclaration => ({
  ...identity,
  epoch: epochId(identity),
  openedMonoMs: mono(OPENED_AT),
  labels: { 'io.wharfinger.account': 'driftwood', 'io.wharfinger.app': 'mill' },
})

let seq = 0
/** Totals at a minute's end: 400 cores and 2 TiB all the time, 50 GB sent a minute. */
const read = async (edgeMs: number) => {
  const seconds = Math.round((edgeMs - OPENED_AT) / 1000)
  const totals = [seconds * 400_000_000, 0, seconds * 2_097_152, 0, 0, 0, 0, Math.round(seconds / 60) * 50e9, 0, 0]
  const more = {
    epochs: seq === 0 ? [life()] : [],
    minutes: [{ edgeMonoMs: mono(edgeMs), rows: [[life().epoch, ...totals]] }],
  }
  const answer = await send(host, report(++seq, more))
  expect(answer.body).toMatchObject({ status: 'stored', quarantined: [] })
}

beforeAll(async () => {
  plane = await startControlPlane({ env: { STRIPE_SECRET_KEY: '' } })
  ops = await openPage({ baseURL: plane.url })
  page = await openPage({ baseURL: plane.url })
  await signIn(ops, plane.url, plane.admin)
  await mutate(plane, 'accounts.createFor', {
    name: 'driftwood',
    displayName: 'Driftwood Mills',
    ownerEmail: iris.email,
  })
  await page.goto(await linkFromOutbox(ops, iris.email, /invit/i))
  await page.getByLabel('Your name').fill(iris.name)
  await page.getByLabel('Password', { exact: true }).fill(iris.password)
  await page.getByRole('button', { name: /^Join/ }).click()
  await page.waitForURL(/\/driftwood$/)

  const sql = plane.connect()
  host = await addHost(sql, { cores: CORES, memoryTotalMib: 4_194_304 })
  await sql.end()
  ;({ send } = sender(plane.url))
})

afterAll(async () => {
  await page?.context().close()
  await ops?.context().close()
  await plane?.remove()
  rmSync(folder, { recursive: true, force: true })
})

/** Lets hours pass since its plans began: an hour belongs to what held at its start, and the first was Free's. */
const age = async (hours: number) => {
  const sql = plane.connect()
  const by = `${hours} hours`
  await sql.begin(async (tx) => {
    const [{ id }] = await tx<[{ id: bigint }]>`select id from account where name = 'driftwood'`
    await tx`update subscription_term set from_at = from_at - ${by}::interval, until_at = until_at - ${by}::interval
      where account_id = ${id}`
    await tx`update subscription set started_at = started_at - ${by}::interval, anchor_at = anchor_at - ${by}::interval,
      period_start = period_start - ${by}::interval, period_end = period_end - ${by}::interval,
      paid_from = paid_from - ${by}::interval, paid_until = paid_until - ${by}::interval,
      canceled_at = canceled_at - ${by}::interval where account_id = ${id}`
  })
  await sql.end()
}

const button = (name: string | RegExp, on: Page | Locator = page) =>
  on.getByRole('button', { name, exact: typeof name === 'string' })

test('who starts Cloud without a card owes nothing then, and is told what readings come to so far', async () => {
  await page.goto('/driftwood/plan')
  await button('Start Cloud').click()
  await button('Start Cloud', page.getByRole('dialog')).click()
  await page.getByRole('heading', { name: 'Your plan: Cloud' }).waitFor()
  await age(3)

  await read(OPENED_AT + MINUTE_MS)
  await read(HOUR_AT - MINUTE_MS)
  await read(Math.ceil(BEGAN_MS / MINUTE_MS) * MINUTE_MS)
  await job('usage.roll')
  await poll(async () => {
    await page.goto('/driftwood/spend')
    return amountOf(/^Spent so far/)
  }).toBeGreaterThan(0)
  expect(await amountOf(/^Forecast for/)).toBeGreaterThan(0)
  await page.getByRole('table').getByText('mill').first().waitFor()
})

/** The exact amount beside a figure's name. */
const amountOf = async (term: RegExp): Promise<number> => {
  const named = page.getByRole('term').filter({ hasText: term })
  await named.waitFor()
  const value = page.locator('dl > div', { has: named }).locator('dd.big data').first()
  return (await value.count()) === 0 ? 0 : Number(await value.getAttribute('value'))
}

test('canceled now, the invoice waits for the host’s next report and then stands', async () => {
  await page.goto('/driftwood/plan')
  await button('Pause or cancel').click()
  await page.getByRole('menuitem', { name: 'Cancel the plan…' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('radio', { name: /^Now/ }).check()
  await button('Cancel Cloud', dialog).click()
  await page.getByRole('heading', { name: 'Your plan: Free' }).waitFor()
  await job('billing.finalize_drafts')
  await page.goto('/driftwood/invoices')
  const rows = page.getByRole('row')
  await rows.filter({ hasText: 'Being made' }).waitFor()

  await read((Math.ceil(Date.now() / MINUTE_MS) + 1) * MINUTE_MS)
  await job('usage.roll')
  await poll(async () => {
    await job('billing.finalize_drafts')
    await page.reload()
    await rows.nth(1).waitFor()
    return rows.filter({ hasText: 'Being made' }).count()
  }).toBe(0)
  number = (await rows.getByRole('link').first().textContent()) ?? ''
  expect(number).toMatch(/\d$/)
})

test('a line leads down to the report that a host signed', async () => {
  await page.getByRole('link', { name: number, exact: true }).click()
  await page.getByRole('table', { name: 'Sums' }).getByText('Total, EUR').waitFor()
  await page.getByRole('group', { name: 'Lines' }).getByRole('link', { name: 'CPU' }).click()
  const proof = page.getByRole('complementary', { name: 'Evidence' })
  await poll(async () => {
    if ((await proof.getByText('Being sealed').count()) > 0) await page.reload()
    await proof.getByText('Invoice line').waitFor()
    return proof.getByText('Reconciles').count()
  }).toBe(1)
  const open = async (step: RegExp) => {
    await proof.getByRole('listitem').filter({ hasText: step }).getByRole('link').first().click()
  }
  await open(/hourly totals?/)
  await proof.getByRole('group', { name: 'Hourly totals' }).getByRole('row').nth(1).waitFor()
  await open(/life of containers/)
  const readings = proof.getByRole('group', { name: 'Signed readings' })
  await readings.getByText('mill-1').waitFor()
  await readings
    .getByRole('link', { name: /^report \d+$/ })
    .last()
    .click()
  const signed = proof.getByRole('region', { name: /^Report \d+$/ })
  await signed.getByText('Signature checks out').waitFor()
  expect(await signed.getByLabel('Rows of this container in the report').textContent()).toContain(String(life().epoch))
})

/** What a link gives as a file. */
const fileOf = async (name: string) => {
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name, exact: true }).first().click(),
  ])
  const path = join(folder, file.suggestedFilename())
  await file.saveAs(path)
  return path
}

/** The command line with nothing but a file: no control plane answers where it would ask. */
const verify = (path: string) =>
  new Promise<{ code: number | null; out: string; err: string }>((resolve, reject) => {
    const child = spawn(process.execPath, [join(import.meta.dirname, '../../cli/bin.mjs'), 'invoice', 'verify', path], {
      cwd: folder,
      env: {
        NODE_ENV: 'test',
        PATH: process.env['PATH'],
        HOME: folder,
        WHARF_URL: 'http://127.0.0.1:1',
        WHARF_DATA: folder,
      },
    })
    let [out, err] = ['', '']
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, out, err }))
  })

type Loose = { reports: { body: string | null }[] }

test('the PDF and the bundle are files, and the bundle is verified by the command line alone', async () => {
  const pdf = readFileSync(await fileOf('PDF'))
  expect(pdf.subarray(0, 5).toString('latin1')).toBe('%PDF-')
  const text = readFileSync(await fileOf('Evidence, all lines'), 'utf8')
  const written = (name: string, content: string) => {
    const path = join(folder, name)
    writeFileSync(path, content)
    return path
  }
  const right = await verify(written('right.json', text))
  expect([right.err, right.code]).toEqual(['', 0])
  expect(right.out).toContain('agrees   each report is signed by its host')
  expect(right.out).toMatch(/agrees {3}line \d+, CPU, mill/)
  expect(right.out).not.toContain('DIFFERS')

  const changed = (change: (bundle: Loose) => void) => {
    const bundle = JSON.parse(text) as Loose
    change(bundle)
    return JSON.stringify(bundle)
  }
  const flipped = changed(({ reports }) => {
    const one = reports.find((report) => report.body !== null)!
    const bytes = Buffer.from(one.body!, 'base64')
    bytes[bytes.length >> 1]! ^= 1
    one.body = bytes.toString('base64')
  })
  const omitted = changed(({ reports }) => reports.splice(0, 1))
  const repriced = text.replace('"unitAmount":"0.0180"', '"unitAmount":"0.0181"')
  for (const [name, content] of Object.entries({ flipped, omitted, repriced })) {
    expect(content).not.toBe(text)
    const wrong = await verify(written(`${name}.json`, content))
    expect([name, wrong.code]).toEqual([name, 1])
    expect(wrong.err).toMatch(/does not verify: \d+ of \d+ checks differ/)
    expect(wrong.out).toContain('DIFFERS')
  }
}, 60_000)

test('what an admin records as received makes it paid, for the customer too', async () => {
  await ops.goto('/ops/billing/invoices')
  await ops.getByRole('link', { name: number, exact: true }).click()
  await button('Record a payment', ops).click()
  const dialog = ops.getByRole('dialog')
  await dialog.getByLabel('Reference').fill('statement 47, line 11')
  await button('Record the payment', dialog).click()
  await ops.getByText(`of ${number} is open`).first().waitFor()
  await page.goto(`/driftwood/invoices/${number}`)
  await page.getByRole('heading', { level: 1, name: /Paid/ }).waitFor()
  await page.getByText('statement 47, line 11').waitFor()
  expect(await page.getByRole('row', { name: /^Open/ }).textContent()).toContain('0.00')
})
