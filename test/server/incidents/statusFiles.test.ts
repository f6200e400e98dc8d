import { once } from 'node:events'
import { lstatSync, mkdtempSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { ipOf, findRoute, runRoute } from '#server/http.ts'
import { editStatusPage } from '#server/incidents/editStatusPage.ts'
import { renderStatus } from '#server/incidents/renderStatus.ts'
import { statusFiles } from '#server/incidents/statusPage/files.ts'
import { PAGE_BYTES } from '#server/incidents/statusPage/homePage.ts'
import { escapeText } from '#server/incidents/statusPage/markup.ts'
import { readRecord } from '#server/incidents/statusPage/record.ts'
import { settingsSchema } from '#server/incidents/statusPage/settings.ts'
import { readStatusPage } from '#server/incidents/statusPageSql.ts'
import { fileOf, statusRoutes } from '#server/incidents/statusRoutes.ts'
import { ADDRESSES, faultsOf } from '../../statuspage/schemas.ts'
import { testDatabase } from '../../support/database.ts'
import { buildStory, HOSTILE } from './statusStory.ts'
import { minuteAt } from './wharf.ts'

const { sql } = await testDatabase()
const dataDir = mkdtempSync(join(tmpdir(), 'wharf-status-'))
afterAll(() => rmSync(dataDir, { recursive: true, force: true }))

const empty = await readRecord(sql, 'https://wharf.example', minuteAt(-20_000))
const story = await buildStory(sql)
const env = { ...story.env, dataDir }
const at = (minutes: number) => ({ ...story.ctx(minutes), env })
await renderStatus(at(0))
const shown = (path: string) => readFileSync(join(dataDir, 'status', path), 'utf8')
const record = () => readRecord(sql, 'https://wharf.example', minuteAt(0))

type Named = { name: string; status: string }
type Summary = {
  status: unknown
  components: (Named & { id: string; updated_at: string })[]
  incidents: {
    status: string
    impact: string
    shortlink: string
    incident_updates: { status: string; affected_components: unknown }[]
  }[]
  scheduled_maintenances: (Named & { scheduled_for: string })[]
}

/** Each way of taking one field away from, or adding one to, what is within. */
const broken = (value: unknown): unknown[] => {
  if (Array.isArray(value)) return value.flatMap((one, n) => broken(one).map((other) => value.with(n, other)))
  if (typeof value !== 'object' || value === null) return []
  const entries = Object.entries(value)
  return [
    { ...value, besides: 1 },
    ...entries.map(([key]) => Object.fromEntries(entries.filter(([name]) => name !== key))),
    ...entries.flatMap(([key, one]) => broken(one).map((other) => ({ ...value, [key]: other }))),
  ]
}

test.each(ADDRESSES)("%s has Statuspage's shape, with incidents and without anything", (path) => {
  const answer = JSON.parse(shown(`api/v2/${path}`)) as unknown
  expect(faultsOf(path, answer)).toEqual([])
  expect(faultsOf(path, JSON.parse(statusFiles(empty).get(`api/v2/${path}`)!))).toEqual([])
  const others = broken(answer)
  expect(others.length).toBeGreaterThan(5)
  expect(others.filter((other) => faultsOf(path, other).length === 0)).toEqual([])
})

test('the summary says what is: one partial outage, one maintenance to come', () => {
  const summary = JSON.parse(shown('api/v2/summary.json')) as Summary
  expect(summary.status).toEqual({ indicator: 'major', description: 'Partial System Outage' })
  expect(summary.components.map((one) => [one.name, one.status])).toEqual([
    ['Running services', 'operational'],
    ['Image registry', 'partial_outage'],
  ])
  expect(summary.incidents.map((one) => [one.status, one.impact, one.shortlink])).toEqual([
    ['identified', 'major', `https://wharf.example/status/i/INC-${story.now}`],
  ])
  expect(summary.incidents[0]!.incident_updates.map((one) => [one.status, one.affected_components])).toEqual([
    ['identified', null],
    [
      'investigating',
      [
        {
          code: summary.components[1]!.id,
          name: 'Image registry',
          old_status: 'operational',
          new_status: 'partial_outage',
        },
      ],
    ],
  ])
  expect(summary.scheduled_maintenances.map((one) => [one.name, one.status, one.scheduled_for])).toEqual([
    ['Load balancer upgrade', 'scheduled', minuteAt(600).toISOString()],
  ])
  expect(summary.components[1]!.updated_at).toBe(minuteAt(-20).toISOString())
})

test('nobody outside hears of drafts, drills, or what is for affected customers only', async () => {
  const files = statusFiles(await record())
  for (const text of files.values()) expect(text).not.toContain('SECRET')
  expect(files.has(`i/INC-${story.drill}.html`)).toBe(false)
  const running = (await record()).components.find((one) => one.id === story.running)!
  expect(running.status).toBe('operational')
})

test('the history that bars are made of is that of the record, where the public was told everything', async () => {
  const registry = (await record()).components.find((one) => one.id === story.registry)!
  const rows = await sql`select status, from_at, until_at, incident_id from component_status
    where component_id = ${story.registry} order by from_at`
  expect(registry.spans).toEqual(rows.map((row) => ({ ...row })))
})

const whereItWouldShow = () => ['index.html', 'history.html', 'history.atom', 'api/v2/incidents.json'].map(shown)

test('what was retracted is not repeated', () => {
  const page = shown(`i/INC-${story.past}.html`)
  expect(page).toContain('This update was retracted.')
  expect(page).toContain('We take that back.')
  for (const text of whereItWouldShow()) expect(text).not.toContain('The wrong thing was said.')
})

test('an update that can still be undone is not shown, and then is', async () => {
  const story2 = await story.open(-1, { title: 'Undo me' })
  await story.post(0, story2, 'investigating', { text: 'Just tapped.' })
  await renderStatus(at(0))
  expect(shown('index.html')).not.toContain('Just tapped.')
  await renderStatus(at(1))
  expect(shown('index.html')).toContain('Just tapped.')
  await story.post(1, story2, 'resolved', { text: 'False alarm.' })
  await renderStatus(at(2))
})

test('words that people enter are shown and not obeyed', () => {
  for (const path of ['index.html', `i/INC-${story.now}.html`]) {
    expect(shown(path)).toContain(escapeText(HOSTILE))
    expect(shown(path)).not.toContain('<script>alert')
  }
  for (const path of ['history.atom', 'history.rss']) {
    expect(shown(path)).not.toContain('<script')
    expect(shown(path)).not.toContain('\u0007')
  }
})

test('an empty installation has a page that says so', () => {
  const files = statusFiles(empty)
  expect(files.get('index.html')).toContain('Nothing to show yet')
  expect(files.get('index.html')).not.toContain('All services operational')
  expect(files.get('badge.svg')).toContain('not known')
})

test('the first page stays under 50 KB, however much there is to tell', async () => {
  const now = await record()
  const [one] = now.components
  const long = { text: 'many words '.repeat(200) }
  const many = {
    ...now,
    components: Array.from({ length: 60 }, (_, n) => ({ ...one!, key: `c-${n}`, name: `Component ${n}` })),
    incidents: now.incidents.map((incident) => ({
      ...incident,
      updates: incident.updates.flatMap((told) => Array.from({ length: 15 }, () => ({ ...told, ...long }))),
    })),
  }
  expect(Buffer.byteLength(statusFiles(many).get('index.html')!)).toBeLessThan(PAGE_BYTES)
  expect(Buffer.byteLength(shown('index.html'))).toBeLessThan(PAGE_BYTES)
})

test('a revision is shown whole, and the row says which', async () => {
  const before = readlinkSync(join(dataDir, 'status'))
  expect(lstatSync(join(dataDir, 'status')).isSymbolicLink()).toBe(true)
  await renderStatus(at(3))
  expect(readlinkSync(join(dataDir, 'status'))).not.toBe(before)
  // Whoever still reads the one before can end.
  expect(readFileSync(join(dataDir, before, 'index.html'), 'utf8')).toContain('As of')
  const [row] = await sql`select revision = rendered_revision as is_shown, rendered_at, last_error from status_page`
  expect(row).toEqual({ isShown: true, renderedAt: minuteAt(3), lastError: null })
})

test('where it cannot be written the row says why, and what was shown stays', async () => {
  const nowhere = { ...at(4), env: { ...env, dataDir: '/dev/null/nowhere' } }
  await expect(renderStatus(nowhere)).rejects.toThrow(/ENOTDIR|not a directory/)
  const [row] = await sql`select last_error from status_page`
  expect(row!['lastError']).toMatch(/ENOTDIR|not a directory/)
  expect(shown('index.html')).toContain('As of')
  await renderStatus(at(4))
})

test('a name, a logo and a host name are on the page and in what links to it, and a job renders them', async () => {
  const settings = { name: 'Halyard & Co', logoUrl: 'https://cdn.example/logo.svg', domain: 'status.halyard.example' }
  await editStatusPage(at(5), settings)
  const [job] = await sql`select run_at <= now() as is_due from graphile_worker.jobs
    where task_identifier = 'incidents.render_status' order by id desc limit 1`
  expect(job).toEqual({ isDue: true })
  expect(await readStatusPage(sql, 'https://wharf.example')).toMatchObject({
    settings,
    url: 'https://status.halyard.example/',
    previewUrl: 'https://wharf.example/status/',
  })
  await renderStatus(at(5))
  expect(shown('index.html')).toContain('<img src="https://cdn.example/logo.svg" alt="">')
  expect(shown('index.html')).toContain('Halyard &amp; Co status')
  expect(shown('history.atom')).toContain(`href="https://status.halyard.example/i/INC-${story.now}.html"`)
  expect((JSON.parse(shown('summary.json')) as { page: unknown }).page).toMatchObject({
    name: 'Halyard & Co',
    url: 'https://status.halyard.example',
  })
  const [written] = await sql`select after from audit_event where action = 'incidents.status_page.edit'`
  expect(written!['after']).toEqual(settings)
})

test.each([
  { logoUrl: 'javascript:alert(1)' },
  { logoUrl: 'http://cdn.example/logo.svg' },
  { domain: 'status.example/path' },
  { domain: 'localhost' },
  { name: 'x'.repeat(61) },
])('the settings %o are refused', (settings) => {
  expect(settingsSchema.safeParse(settings).success).toBe(false)
})

test('paths that lead elsewhere are no files', () => {
  expect(['', 'history', 'i/INC-7', 'history.atom', 'api/v2/summary.json'].map(fileOf)).toEqual([
    'index.html',
    'history.html',
    'i/INC-7.html',
    'history.atom',
    'api/v2/summary.json',
  ])
  for (const path of ['../secret', 'i/../../secret', '%2e%2e/secret', '.env', 'i//x', '/etc/passwd', 'a/..'])
    expect(fileOf(path)).toBeUndefined()
})

test('the files are served without a database, with tags, caching and for other sites to read', async () => {
  const routes = statusRoutes({ env })
  const server = createServer((req, res) => {
    const url = new URL(req.url ?? '/', 'http://wharf')
    void runRoute(findRoute(routes, 'GET', url.pathname)!, { req, res, url, requestId: 'request-1', ip: ipOf(req) })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const ask = (path: string, headers: Record<string, string> = {}) =>
    fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, { headers })
  try {
    const first = await ask('/status')
    expect([first.status, new URL(first.url).pathname, first.headers.get('content-type')]).toEqual([
      200,
      '/status/',
      'text/html; charset=utf-8',
    ])
    expect(first.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(await first.text()).toBe(shown('index.html'))
    expect(await (await ask(`/status/i/INC-${story.now}`)).text()).toBe(shown(`i/INC-${story.now}.html`))
    const summary = await ask('/api/v2/summary.json')
    expect(summary.headers.get('access-control-allow-origin')).toBe('*')
    expect(summary.headers.get('cache-control')).toContain('max-age=10')
    const again = await ask('/api/v2/summary.json', { 'if-none-match': summary.headers.get('etag')! })
    expect([again.status, await again.text()]).toEqual([304, ''])
    expect((await ask('/status/history.atom')).headers.get('content-type')).toContain('application/atom+xml')
    expect((await ask('/status/history.rss')).headers.get('content-type')).toContain('application/rss+xml')
    expect((await ask('/status/badge.svg')).headers.get('content-type')).toContain('image/svg+xml')
    expect((await ask('/status/i/INC-99999')).status).toBe(404)
    expect((await ask('/status/..%2fsecret')).status).toBe(404)
  } finally {
    server.close()
  }
})
