import type { Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DEMO_CUSTOMER, DEMO_PASSWORD } from '#server/demo/people.ts'
import { page as openPage } from '../support/browser.ts'
import type { ControlPlane } from '../support/controlPlane.ts'
import { figuresOf, signIn } from '../support/steps.ts'
import { cellsOf, downloaded, poll, startDemoPlane } from '../support/stories.ts'

// What a customer does with a month of usage: look at any window of it, compare, take it along, and trust that
// page, chart, table and files say the same.

const DAY_MS = 86_400_000

let plane: ControlPlane
let page: Page
/** Two whole days of the past, whose usage does not change any more, and how the page is asked for them. */
const days = { first: '', last: '', query: '' }

beforeAll(async () => {
  plane = await startDemoPlane()
  page = await openPage({ baseURL: plane.url })
  await signIn(page, plane.url, { email: DEMO_CUSTOMER, password: DEMO_PASSWORD })
  const day = (ago: number) => new Date(Date.now() - ago * DAY_MS).toISOString().slice(0, 10)
  Object.assign(days, { first: day(5), last: day(4), query: `window=custom&from=${day(5)}&to=${day(4)}` })
})

afterAll(async () => {
  await page?.context().close()
  await plane?.remove()
})

const sum = (amounts: readonly string[]) => amounts.reduce((total, amount) => total + BigInt(amount), 0n)
const figure = async (label: string) => BigInt((await figuresOf(page, label))[0] ?? Number.NaN)
const openUsage = async (query = days.query) => {
  await page.goto(`/saltmarsh/usage?${query}`)
  await page.getByRole('region', { name: 'Used in the window' }).waitFor()
}

test('after signing in a customer is at their own account', async () => {
  await page.waitForURL(/\/saltmarsh$/)
  await page.getByRole('heading', { level: 1, name: 'Saltmarsh Analytics' }).waitFor()
  expect(await figure('Running containers')).toBeGreaterThan(0n)
})

test('usage can be seen of any window, each with its own address', async () => {
  await page.getByRole('link', { name: 'Usage', exact: true }).click()
  await page.waitForURL(/\/saltmarsh\/usage$/)
  const windows = page.getByRole('navigation', { name: 'Window' })
  await windows.getByRole('link', { name: '7 d' }).click()
  await page.waitForURL(/window=7d/)
  await page.getByText('The last 7 days.').waitFor()
  const week = await figure('CPU')
  await windows.getByRole('link', { name: '24 h' }).click()
  await page.getByText('The last 24 hours.').waitFor()
  const day = await figure('CPU')
  expect(day).toBeGreaterThan(0n)
  expect(week).toBeGreaterThan(day)
  await page.goBack()
  await page.getByText('The last 7 days.').waitFor()

  await page.getByRole('button', { name: 'Other days' }).click()
  const form = page.getByRole('dialog', { name: 'Days, UTC' })
  await form.getByLabel('First day').fill(days.first)
  await form.getByLabel('Last day').fill(days.last)
  await form.getByRole('button', { name: 'Show these days' }).click()
  await page.waitForURL(
    (url) => url.searchParams.get('from') === days.first && url.searchParams.get('to') === days.last,
  )
  await page.getByRole('region', { name: 'Used in the window' }).waitFor()
  const both = await figure('CPU')
  await openUsage(`window=custom&from=${days.first}&to=${days.first}`)
  const first = await figure('CPU')
  await openUsage(`window=custom&from=${days.last}&to=${days.last}`)
  expect(first + (await figure('CPU'))).toBe(both)
})

test('a window is compared with as many days before it', async () => {
  const before = (text: string) => new Date(Date.parse(text) - 2 * DAY_MS).toISOString().slice(0, 10)
  await openUsage(`window=custom&from=${before(days.first)}&to=${before(days.last)}`)
  const earlier = Number(await figure('CPU'))
  await openUsage()
  const change = ((Number(await figure('CPU')) - earlier) / earlier) * 100
  const note = await page
    .getByRole('definition')
    .filter({ hasText: / % on / })
    .first()
    .innerText()
  const told = Number(/([+−]?[\d.,]+) %/.exec(note)?.[1]?.replace('−', '-').replace(',', ''))
  expect(Math.abs(told - change)).toBeLessThanOrEqual(0.51)
})

test('the rows of the table add up to the figures above it', async () => {
  await openUsage()
  const table = page.getByRole('group', { name: 'Usage by app' })
  const cells = await table
    .getByRole('row')
    .filter({ has: page.getByRole('link') })
    .evaluateAll((rows) => rows.flatMap((row) => row.querySelector('data')?.getAttribute('value') ?? []))
  // The heads are links too, without an amount.
  expect(cells.length).toBeGreaterThan(2)
  expect(sum(cells)).toBe(await figure('CPU'))
})

test('a chart’s table and CSV have the figures of the page', async () => {
  await openUsage()
  await page.getByRole('button', { name: 'Table of CPU in all' }).click()
  const table = page.getByRole('group', { name: 'CPU in all' })
  await table.getByRole('row').nth(48).waitFor()
  expect(await table.getByRole('row').count()).toBe(1 + 48)
  const file = await downloaded(page, page.getByRole('button', { name: 'CSV' }))
  expect(file.name).toMatch(/^saltmarsh-.*\.csv$/)
  const [head, ...rows] = cellsOf(file.text)
  expect(head?.[1]).toMatch(/CPU µs/)
  expect(rows).toHaveLength(48)
  expect(sum(rows.map((row) => row[1] ?? ''))).toBe(await figure('CPU'))
  const newest = (await table.getByRole('row').nth(1).getByRole('cell').nth(1).innerText()).replaceAll(',', '')
  expect(BigInt(Math.round(Number.parseFloat(newest) * 1e6)).toString()).toBe(rows.at(-1)?.[1])
})

test('the arrow keys read exact values from a chart', async () => {
  await openUsage()
  await page.getByRole('button', { name: 'Table of CPU in all' }).click()
  const file = await downloaded(page, page.getByRole('button', { name: 'CSV' }))
  const [, ...rows] = cellsOf(file.text)
  expect(rows).toHaveLength(48)
  await page.getByRole('button', { name: 'Chart of CPU in all' }).click()
  const chart = page.getByRole('group', { name: 'CPU in all' })
  await chart.focus()
  const seconds = (row: number) => {
    const us = BigInt(rows[row]?.[1] ?? '0')
    const whole = (us / 1_000_000n).toString().replaceAll(/\B(?=(\d{3})+$)/g, ',')
    return `${whole}.${(us % 1_000_000n).toString().padStart(6, '0')} vCPU-s`
  }
  const reads = (row: number) => poll(() => chart.getByRole('status').textContent()).toContain(seconds(row))
  await page.keyboard.press('Home')
  await reads(0)
  await page.keyboard.press('ArrowRight')
  await reads(1)
  await page.keyboard.press('Shift+ArrowRight')
  await reads(11)
  await page.keyboard.press('End')
  await reads(47)
  await page.keyboard.press('Escape')
  await poll(() => chart.getByRole('status').textContent()).toBe('')
})

test('the export has every app and hour, and adds up to the figures of the page', async () => {
  await openUsage()
  const take = async (name: string) => {
    await page.getByRole('button', { name: 'Export' }).click()
    return downloaded(page, page.getByRole('menuitem', { name }))
  }
  const csv = await take('CSV by app and hour')
  expect(csv.name).toBe(`saltmarsh-usage-${days.first}-to-${days.last}.csv`)
  const [head = [], ...rows] = cellsOf(csv.text)
  const column = (name: string) => rows.map((row) => row[head.indexOf(name)] ?? '')
  expect(new Set(column('start')).size).toBe(48)
  expect(sum(column('cpu_us'))).toBe(await figure('CPU'))
  expect(sum(column('rx_bytes'))).toBe(await figure('Ingress'))

  const byContainer = JSON.parse((await take('JSON by container and hour')).text) as { rows: Record<string, string>[] }
  const total = (meter: string) => sum(byContainer.rows.map((row) => row[meter] ?? ''))
  expect(total('cpuUs')).toBe(await figure('CPU'))
  expect(total('txBytes')).toBe(await figure('Egress'))
  expect(total('memoryMibS')).toBe(await figure('Memory'))
})

test('a customer who opens Operations reads which role it takes and who can grant it', async () => {
  const response = await page.goto('/ops')
  expect(response?.status()).toBe(403)
  await page.getByText('Pages under Operations need the role operator; a platform admin can grant it.').waitFor()
  expect(await page.getByRole('navigation', { name: 'Operations' }).count()).toBe(0)
})

test('to who is no member another account does not exist', async () => {
  for (const path of ['/oxbow', '/oxbow/usage', '/oxbow/settings', '/no-such-account']) {
    const response = await page.goto(path)
    expect(response?.status()).toBe(404)
    await page.getByRole('heading', { name: 'Nothing is at this address' }).waitFor()
    expect(await page.getByText('Oxbow Research').count()).toBe(0)
  }
})

test('while the server is away the page says since when, keeps its figures, and catches up by itself', async () => {
  await page.goto('/saltmarsh')
  await page
    .getByText(/^Live, /)
    .first()
    .waitFor()
  await plane.stop()
  await page.getByText(/Offline since \d\d:\d\d UTC/).waitFor({ timeout: 30_000 })
  expect(await figure('Running containers')).toBeGreaterThan(0n)
  await plane.start()
  await page.getByText(/Offline since/).waitFor({ state: 'hidden', timeout: 60_000 })
  await page
    .getByText(/^Live, /)
    .first()
    .waitFor()
  await page.getByRole('link', { name: 'Apps', exact: true }).click()
  await page.getByRole('heading', { level: 1, name: 'Apps' }).waitFor()
})
