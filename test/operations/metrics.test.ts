import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { testDatabase } from '../support/database.ts'
import { addHost, container, edgeAgo, report, row, sender, startPlane } from '../server/ingest/plane.ts'
import { startWorker } from '#server/worker.ts'

const { sql, url } = await testDatabase({ max: 8 })
const plane = await startPlane(sql, url)
const { send } = sender(plane.url)
const file = (name: string) => readFileSync(join(import.meta.dirname, '../../docs/operations', name), 'utf8')

const scrape = async () => {
  const text = await (await fetch(`${plane.url}/metrics`)).text()
  const value = (series: string) => {
    const line = text.split('\n').find((l) => l.startsWith(`${series} `))
    return line === undefined ? undefined : Number(line.slice(series.length + 1))
  }
  const names = new Set(
    text
      .split('\n')
      .filter((line) => line.startsWith('# TYPE '))
      .flatMap((line) => {
        const [, , name = '', type] = line.split(' ')
        return type === 'histogram' ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : [name]
      }),
  )
  return { text, value, names }
}

test.each(['wharfinger.rules.yml', 'grafana.json', 'README.md'])(
  'every metric that %s names is one we have',
  async (name) => {
    const { names } = await scrape()
    const named = [...new Set(file(name).match(/wharf_[a-z0-9_]+/g))]
    expect(named.length).toBeGreaterThan(0)
    expect(named.filter((metric) => !names.has(metric) && !names.has(`${metric}_bucket`))).toEqual([])
  },
)

test('what happens to reports is counted', async () => {
  const host = await addHost(sql)
  const web = container('web')
  const rows = (cpu: number) => [{ edgeMonoMs: edgeAgo(4), rows: [row(web.epoch, cpu)] }]
  const before = await scrape()
  const first = report(1, { epochs: [web], minutes: rows(1_000) })
  await send(host, first)
  await send(host, first)
  await send(host, { ...first, minutes: rows(2_000) })
  await send(host, report(2, { minutes: [{ edgeMonoMs: edgeAgo(3), rows: [row(web.epoch, 1)] }] }))
  await send({ ...host, keyId: 0 }, report(3))
  const after = await scrape()
  const grown = (series: string) => (after.value(series) ?? 0) - (before.value(series) ?? 0)
  const reports = (outcome: string) => grown(`wharf_ingest_reports_total{outcome="${outcome}"}`)
  expect(['stored', 'duplicate', 'CONFLICT', 'UNAUTHENTICATED'].map(reports)).toEqual([2, 1, 1, 1])
  expect(grown('wharf_ingest_samples_total')).toBe(1)
  expect(grown('wharf_ingest_quarantined_total')).toBe(1)
  expect(grown('wharf_ingest_acknowledge_seconds_count')).toBe(5)
  expect(after.value('wharf_ingest_backlog')).toBe(0)
  expect(after.value('wharf_ingest_threads')).toBe(1)
  expect(after.value('wharf_quarantine_open{kind="row"}')).toBe(1)
  expect(after.value('wharf_quarantine_open{kind="conflict"}')).toBe(1)
  expect(after.value('wharf_usage_hours_due')).toBeGreaterThan(0)
})

test('the database, its connections and the jobs in it are seen', async () => {
  const worker = await startWorker(sql, plane.env, url)
  const { value, text } = await scrape()
  await worker.stop()
  expect(value('wharf_database_up')).toBe(1)
  expect(value('wharf_database_connections_limit')).toBeGreaterThan(10)
  expect(text).toMatch(/wharf_database_connections\{pool="wharfinger ingest",state="idle"\} \d/)
  expect(text).toMatch(/wharf_database_connections\{pool="wharfinger worker",state="\w+"\} \d/)
  expect(value('wharf_jobs_oldest_due_seconds')).toBeGreaterThanOrEqual(0)
})

test('requests are measured by route, never by path', async () => {
  for (const id of ['1', '2', '3']) await fetch(`${plane.url}/ops/hosts/${id}`)
  await fetch(`${plane.url}/made/up/${Math.random()}`)
  await fetch(`${plane.url}/healthz`)
  const { text } = await scrape()
  const routes = new Set(
    [...text.matchAll(/wharf_http_request_duration_seconds_count\{route="([^"]+)"/g)].map(([, r]) => r),
  )
  expect(routes.has('/healthz')).toBe(true)
  expect([...routes].filter((route) => /\d/.test(route ?? '') && !/\/v1\//.test(route ?? ''))).toEqual([])
})
