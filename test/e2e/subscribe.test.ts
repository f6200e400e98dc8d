import { AxeBuilder } from '@axe-core/playwright'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright'
import { afterAll, describe, expect, test } from 'vitest'
import { findRoute, ipOf, runRoute, type Route } from '#server/http.ts'
import { renderStatus } from '#server/incidents/renderStatus.ts'
import { statusRoutes } from '#server/incidents/statusRoutes.ts'
import { subscriberLink } from '#server/incidents/subscribers/links.ts'
import { subscribeRoutes } from '#server/incidents/subscribers/subscribeRoutes.ts'
import { buildStory } from '../server/incidents/statusStory.ts'
import { browser, page as openPage } from '../support/browser.ts'
import { testDatabase } from '../support/database.ts'

// The status page and its forms as the control plane serves them, with their content policy.

const { sql } = await testDatabase()
const dataDir = mkdtempSync(join(tmpdir(), 'wharf-subscribe-'))
const story = await buildStory(sql)
let routes: Route[] = []
const web = createServer((req, res) => {
  const url = new URL(req.url!, 'http://x')
  const route = findRoute(routes, req.method!, url.pathname)
  if (route) void runRoute(route, { req, res, url, requestId: 'test-request', ip: ipOf(req) })
  else res.writeHead(404).end()
}).listen(0, '127.0.0.1')
await once(web, 'listening')
const publicUrl = `http://127.0.0.1:${(web.address() as AddressInfo).port}`
const env = { ...story.env, dataDir, publicUrl }
routes = [...subscribeRoutes({ sql, env }), ...statusRoutes({ env })]
await renderStatus({ ...story.ctx(0), env })
const pages: Page[] = []
afterAll(async () => {
  for (const page of pages) await page.context().close()
  web.closeAllConnections()
  web.close()
  rmSync(dataDir, { recursive: true, force: true })
})

const linkOf = async (address: string) => {
  const [row] = await sql<
    { id: bigint }[]
  >`select id from subscriber where address = ${address} order by id desc limit 1`
  return subscriberLink(env, row!.id)
}
const headline = (page: Page) => page.locator('h1').textContent()

test('without scripts somebody subscribes on the status page, confirms, chooses and leaves', async () => {
  const context = await (
    await browser()
  ).newContext({ javaScriptEnabled: false, viewport: { width: 390, height: 844 } })
  const page = await context.newPage()
  pages.push(page)
  await page.goto(`${publicUrl}/status/`)
  await page.getByLabel('E-mail address').fill('ada@example.com')
  await page.getByRole('button', { name: 'Subscribe' }).click()
  expect(await headline(page)).toBe('Almost there')
  await page.goto(await linkOf('ada@example.com'))
  await page.getByRole('button', { name: 'Confirm' }).click()
  expect(await headline(page)).toBe('Confirmed')
  await page.goto(await linkOf('ada@example.com'))
  await page.getByLabel('Image registry').check()
  await page.getByRole('button', { name: 'Save the services' }).click()
  expect(await page.getByRole('status').last().textContent()).toBe('Saved')
  expect(await page.getByLabel('Image registry').isChecked()).toBe(true)
  expect(await page.getByLabel('Running services').isChecked()).toBe(false)
  await page.getByRole('button', { name: 'Unsubscribe' }).click()
  expect(await headline(page)).toBe('Unsubscribed')
  await page.getByRole('link', { name: 'Current status' }).click()
  expect(await headline(page)).toBe('Partial outage')
})

describe.each([
  { width: 1440, theme: 'light' as const },
  { width: 390, theme: 'dark' as const },
])('at $width px, $theme', ({ width, theme }) => {
  test('the forms can be read by everybody, also with a fault in them', async () => {
    const page = await openPage({ width, theme })
    pages.push(page)
    const errors: string[] = []
    page.on(
      'console',
      (message) => message.type() === 'error' && !message.text().includes('400') && errors.push(message.text()),
    )
    const look = async (what: string) => {
      const found = await new AxeBuilder({ page })
        .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
        .analyze()
      const faults = found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' ')}`.slice(0, 300))
      const sideways = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      )
      expect({ what, faults, sideways }).toEqual({ what, faults: [], sideways: 0 })
    }
    await page.goto(`${publicUrl}/status/subscribe`)
    await look('the form')
    await page.getByLabel('By webhook').check()
    await page.getByLabel('E-mail address, or the URL of the webhook').fill('not a url')
    await page.getByRole('button', { name: 'Subscribe' }).click()
    expect(await page.getByRole('alert').textContent()).toContain('a URL such as')
    expect(await page.getByLabel('By webhook').isChecked()).toBe(true)
    await look('the form with a fault')
    const address = `grace${width}@example.com`
    await page.getByLabel('By e-mail').check()
    await page.getByLabel('E-mail address, or the URL of the webhook').fill(address)
    await page.getByRole('button', { name: 'Subscribe' }).click()
    expect(await headline(page)).toBe('Almost there')
    await page.goto(await linkOf(address))
    await look('the question')
    await page.getByRole('button', { name: 'Confirm' }).click()
    await page.goto(await linkOf(address))
    await look('the subscription')
    expect(errors).toEqual([])
  })
})
