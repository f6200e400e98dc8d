import { AxeBuilder } from '@axe-core/playwright'
import { mkdtempSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Page } from 'playwright'
import { afterAll, describe, expect, test } from 'vitest'
import { renderStatus } from '#server/incidents/renderStatus.ts'
import { statusFiles } from '#server/incidents/statusPage/files.ts'
import { replaceFolder } from '#server/incidents/statusPage/folder.ts'
import { readRecord } from '#server/incidents/statusPage/record.ts'
import { buildStory, HOSTILE } from '../server/incidents/statusStory.ts'
import { minuteAt } from '../server/incidents/wharf.ts'
import { browser, page as openPage } from '../support/browser.ts'
import { testDatabase } from '../support/database.ts'

// The files as they lie on a disk, with no control plane and no database behind them.

const { sql, close } = await testDatabase()
const dataDir = mkdtempSync(join(tmpdir(), 'wharf-status-page-'))
const emptyDir = mkdtempSync(join(tmpdir(), 'wharf-status-empty-'))
await replaceFolder(emptyDir, statusFiles(await readRecord(sql, 'https://wharf.example', minuteAt(0))))
const story = await buildStory(sql)
await renderStatus({ ...story.ctx(0), env: { ...story.env, dataDir } })
await close()

const fileUrl = (path: string, folder = dataDir) => pathToFileURL(join(folder, 'status', path)).href
const paths = [
  'index.html',
  'history.html',
  `i/INC-${story.now}.html`,
  `i/INC-${story.past}.html`,
  'components/image-registry-ams1.html',
]
const opened: Page[] = []
afterAll(async () => {
  for (const page of opened) await page.context().close()
  for (const folder of [dataDir, emptyDir]) rmSync(folder, { recursive: true, force: true })
})

test('without scripts the page says what is, since when, as of when, and leads to the incident', async () => {
  const context = await (
    await browser()
  ).newContext({ javaScriptEnabled: false, viewport: { width: 390, height: 844 } })
  const page = await context.newPage()
  opened.push(page)
  await page.goto(fileUrl('index.html'))
  expect(await page.locator('h1').textContent()).toBe('Partial outage')
  expect(await page.locator('.hero p').textContent()).toBe(
    'Since 02:40 UTC, Sat 21 Nov 2026, 20 min. As of 03:00 UTC, Sat 21 Nov 2026.',
  )
  expect(await page.getByText('may be out of date').isVisible()).toBe(false)
  await page.getByRole('link', { name: 'Pulls fail' }).first().click()
  expect(await page.locator('h1').textContent()).toBe(`Pulls fail ${HOSTILE.replace('\u0007', '')}`)
  expect(await page.locator('.inc li').count()).toBe(2)
  await page.getByRole('link', { name: 'Current status' }).click()
  await page.getByRole('link', { name: 'All past incidents' }).click()
  expect(await page.locator('.past li').count()).toBe(1)
  expect(await page.locator('.past .dur').textContent()).toBe('30 min')
})

test('bars are as many as days, lead to their incident, and one a day of outage differs', async () => {
  const page = await openPage({ width: 1440 })
  opened.push(page)
  await page.goto(fileUrl('components/image-registry-ams1.html'))
  expect(await page.locator('.bars > *').count()).toBe(90)
  const last = page.locator('.bars > *').last()
  expect(await last.getAttribute('title')).toBe('21 Nov: partial outage, 20 min')
  expect(await last.getAttribute('href')).toBe(`../i/INC-${story.now}.html`)
})

test('with scripts a page that is old says that it may be out of date', async () => {
  const page = await openPage({ width: 390 })
  opened.push(page)
  await page.clock.setFixedTime(minuteAt(14))
  await page.goto(fileUrl('index.html'))
  expect(await page.locator('#stale').isVisible()).toBe(false)
  await page.clock.setFixedTime(minuteAt(16))
  await page.goto(fileUrl('index.html'))
  expect(await page.locator('#stale').isVisible()).toBe(true)
})

test.each(['history.atom', 'history.rss'])('%s is well-formed and tells of each incident', async (path) => {
  const page = await openPage()
  opened.push(page)
  const xml = await readFile(join(dataDir, 'status', path), 'utf8')
  const found = await page.evaluate((text) => {
    const feed = new DOMParser().parseFromString(text, 'application/xml')
    const entries = [...feed.querySelectorAll('entry, item')]
    return {
      error: feed.querySelector('parsererror')?.textContent ?? null,
      titles: entries.map((entry) => entry.querySelector('title')?.textContent),
      ids: new Set(entries.map((entry) => entry.querySelector('id, guid')?.textContent)).size,
      dates: entries.map((entry) => Date.parse(entry.querySelector('updated, pubDate')?.textContent ?? '')),
      // What a reader shows of it: markup of ours, in which theirs is text.
      scripts: entries.map((entry) => {
        const content = entry.querySelector('content, description')?.textContent ?? ''
        return new DOMParser().parseFromString(content, 'text/html').querySelectorAll('script').length
      }),
    }
  }, xml)
  expect(found.error).toBeNull()
  expect(found.titles).toEqual([
    'Load balancer upgrade',
    `Pulls fail ${HOSTILE.replace('\u0007', '')}`,
    'Slow dashboard',
  ])
  expect(found.ids).toBe(3)
  expect(found.dates).toEqual([minuteAt(-3), minuteAt(-5), minuteAt(-1_470)].map((at) => at.getTime()))
  expect(found.scripts).toEqual([0, 0, 0])
})

describe.each([
  { width: 1440, theme: 'light' as const },
  { width: 1440, theme: 'dark' as const },
  { width: 390, theme: 'light' as const },
  { width: 390, theme: 'dark' as const },
])('at $width px, $theme', ({ width, theme }) => {
  test('every page can be read by everybody, and none scrolls sideways', async () => {
    const page = await openPage({ width, theme })
    opened.push(page)
    const errors: string[] = []
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
    for (const url of [...paths.map((path) => fileUrl(path)), fileUrl('index.html', emptyDir)]) {
      await page.goto(url)
      const found = await new AxeBuilder({ page })
        .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'])
        .analyze()
      const faults = found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' ')}`.slice(0, 300))
      const sideways = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      )
      expect({ url, faults, sideways }).toEqual({ url, faults: [], sideways: 0 })
    }
    expect(errors).toEqual([])
  })
})
