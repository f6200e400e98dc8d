import { expect, test } from 'vitest'
import { createCaller } from '#server/router.ts'
import { minuteOf } from '#server/time.ts'
import { testDatabase } from '../../support/database.ts'
import { startControl } from './control.ts'

const { sql } = await testDatabase()
const control = await startControl(sql)
const now = new Date('2026-11-21T12:00:30Z')
const thisMinute = minuteOf(now)
const api = createCaller(control.context(now))

const host = async (name: string, report: { agoSeconds: number; cpuPercent: number } | null) => {
  const { hostId } = await control.enrolled(name)
  await sql`update host set facts = '{"cores": 4, "memoryTotalMib": 8000, "engine": "docker"}' where id = ${hostId}`
  if (!report) return hostId
  const last = minuteOf(now.getTime() - report.agoSeconds * 1000) - 1
  for (const [minute, minutesUp] of [
    [last - 1, 100],
    [last, 101],
  ] as const) {
    await sql`insert into host_minute (host_id, minute, cpu_us, memory_used_mib, load1_centi, rx_bytes, tx_bytes, file_systems)
      values (${hostId}, ${minute}, ${minutesUp * 4 * 600_000 * report.cpuPercent}, 2000, 150, ${minutesUp * 6_000}, 0, '[]')`
  }
  await sql`update host_progress set last_report_at = ${new Date(now.getTime() - report.agoSeconds * 1000)},
    last_minute = ${last}, contiguous_seq = 7, max_seq = 7 where host_id = ${hostId}`
  return hostId
}

const [busy, idle, silent, never] = [
  await host('busy', { agoSeconds: 20, cpuPercent: 80 }),
  await host('idle', { agoSeconds: 40, cpuPercent: 10 }),
  await host('silent', { agoSeconds: 600, cpuPercent: 50 }),
  await host('never', null),
]

const life = async (hostId: number, epoch: number, kind: 'container' | 'layer' | 'log', openedAt: Date) => {
  await sql`insert into epoch (host_id, epoch, kind, boot_id, object_id, container_id, started_at, segment, opened_at,
      witnessed, name, image, labels, size_bytes, size_at)
    values (${hostId}, ${epoch}, ${kind}, 'b', 'web-1', 'web-1', ${String(epoch)}, 0, ${openedAt}, true, 'web', 'nginx', '{}',
      ${kind === 'container' ? null : 4096}, now())`
}
const totals = (
  hostId: number,
  epoch: number,
  minute: number,
  cpuUs: number,
  memoryMibS: number,
  diskMibS: number,
) => sql`
  insert into usage_minute (host_id, minute, epoch, cpu_us, throttled_us, memory_mib_s, disk_mib_s, volumes_mib_s, logs_mib_s,
    rx_bytes, tx_bytes, block_read_bytes, block_write_bytes)
  values (${hostId}, ${minute}, ${epoch}, ${cpuUs}, 0, ${memoryMibS}, ${diskMibS}, 0, 0, 0, 0, 0, 0)`

test('states, loads and their order come from reports alone', async () => {
  const list = await api.hosts.list({ sort: 'state' })
  expect(list.rows.map(({ name, state }) => `${name} ${state}`)).toEqual([
    'silent stale',
    'never never',
    'busy reporting',
    'idle reporting',
  ])
  expect(list.counts).toEqual({ reporting: 2, stale: 1, never: 1, revoked: 0 })
  const found = new Map(list.rows.map((row) => [row.id, row]))
  expect(found.get(busy)?.cpuPercent).toBeCloseTo(80, 6)
  expect(found.get(idle)?.memoryPercent).toBe(25)
  expect(found.get(silent)?.cpuPercent).toBeNull()
  expect(found.get(never)?.lastReportAt).toBeNull()
})

test('pages of a list follow each other without a gap, in every order', async () => {
  for (const sort of ['state', 'name', 'cpu', 'memory', 'lastReport'] as const) {
    const whole = (await api.hosts.list({ sort })).rows.map(({ id }) => id)
    const paged: number[] = []
    for (let cursor: number | undefined; ;) {
      const page = await api.hosts.list({ sort, limit: 1, ...(cursor === undefined ? {} : { cursor }) })
      paged.push(...page.rows.map(({ id }) => id))
      if (page.nextCursor === null) break
      cursor = page.nextCursor
    }
    expect(paged).toEqual(whole)
  }
})

test('a filter by text takes no wildcard for one', async () => {
  expect((await api.hosts.list({ sort: 'name', text: '%' })).total).toBe(0)
  expect((await api.hosts.list({ sort: 'name', text: 'US' })).rows.map(({ name }) => name)).toEqual(['busy'])
})

test('the fleet counts what reports, and asks about what does not', async () => {
  const fleet = await api.hosts.fleet()
  expect(fleet.figures).toMatchObject({ hosts: 4, reporting: 2, stale: 1, never: 1, reportsLastMinute: 2 })
  expect(fleet.figures.cpuP95).toBeCloseTo(80, 6)
  expect(fleet.decisions.map(({ title }) => title)).toEqual(['silent is silent'])
})

test('a missing report makes its host’s usage pending since the one before it', async () => {
  const receivedAt = new Date('2026-11-21T11:40:00Z')
  await sql`update host_progress set contiguous_seq = 7, max_seq = 10 where host_id = ${idle}`
  for (const seq of [7, 9, 10]) {
    await sql`insert into report_key (host_id, seq, digest) values (${idle}, ${seq}, '\\x00')`
    await sql`insert into report_body (host_id, key_id, seq, received_at, sent_ms, mono_ms, boot_id, signature, body)
      values (${idle}, 1, ${seq}, ${receivedAt}, 0, 0, 'b', '\\x00', '\\x00')`
  }
  const { pending } = await api.hosts.get({ hostId: idle })
  expect(pending).toMatchObject({ missing: 1, sinceAt: receivedAt })
  expect((await api.hosts.ingest()).pending).toHaveLength(1)
})

test('a container shows its own meters and the sizes of its storage', async () => {
  const openedAt = new Date((thisMinute - 3) * 60_000)
  await life(busy, 900, 'container', openedAt)
  await life(busy, 901, 'layer', openedAt)
  const last = thisMinute - 1
  await totals(busy, 900, last - 2, 30_000_000, 6_000, 0)
  await totals(busy, 900, last - 1, 60_000_000, 12_000, 0)
  await totals(busy, 900, last, 120_000_000, 24_000, 0)
  await totals(busy, 901, last - 1, 0, 0, 600)
  await totals(busy, 901, last, 0, 0, 1_200)
  const { container, objects, lives } = await api.hosts.containers.get({ hostId: busy, epoch: 900 })
  expect(container).toMatchObject({ cpuCores: 1, memoryMib: 200, layerBytes: 4096, logBytes: null, account: null })
  expect([objects.length, lives.length]).toEqual([1, 1])
  const series = await api.hosts.containers.series({ hostId: busy, epoch: 900, window: '1h' })
  expect(series.cpuCores.slice(-3)).toEqual([0.5, 0.5, 1])
  expect(series.diskMib.slice(-1)).toEqual([10])
  expect(series.cpuCores.slice(0, -3).every((value) => value === null)).toBe(true)
  expect((await api.hosts.containers.list({ hostId: busy })).rows).toHaveLength(1)
})

test('a host’s series are rates of its counters and gauges as they stood', async () => {
  const series = await api.hosts.series({ hostId: busy, window: '1h' })
  expect(series.cpuPercent.at(-1)).toBeCloseTo(80, 6)
  expect(series.rxBytes.at(-1)).toBe(100)
  expect(series.memoryUsedMib.slice(-2)).toEqual([2000, 2000])
  expect(series.load1.at(-1)).toBe(1.5)
})

test('what nobody reviewed waits in quarantine until somebody does, which is audited', async () => {
  for (const seq of [1, 2]) {
    await sql`insert into quarantine (host_id, seq, kind, path, reason, content)
      values (${busy}, ${seq}, 'row', 'minutes[0]', 'totals shrank', '{}')`
  }
  const { rows } = await api.hosts.quarantine.list({})
  expect(rows.map(({ seq }) => seq)).toEqual([2, 1])
  const ids = rows.slice(0, 1).map(({ id }) => id)
  expect(await api.hosts.quarantine.review({ ids })).toEqual({ reviewed: 1 })
  expect(await api.hosts.quarantine.review({ ids })).toEqual({ reviewed: 0 })
  expect((await api.hosts.quarantine.list({})).rows).toHaveLength(1)
  expect((await api.hosts.quarantine.list({ open: false })).rows).toHaveLength(2)
  expect(await sql`select 1 from audit_event where action = 'hosts.quarantine.review'`).toHaveLength(1)
})

test('a tenant’s cluster names its account, and no other kind does', async () => {
  await sql`insert into account (name, kind, display_name) values ('saltmarsh', 'organization', 'Saltmarsh')`
  const make = (name: string, labelTrust: 'platform' | 'tenant', tenantAccount: string | null) =>
    api.hosts.clusters.create({ name, kind: 'paid', labelTrust, tenantAccount })
  await make('marsh', 'tenant', 'saltmarsh')
  await expect(make('marsh', 'platform', null)).rejects.toMatchObject({ code: 'CONFLICT' })
  await expect(make('reeds', 'tenant', 'nobody')).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  await expect(make('reeds', 'platform', 'saltmarsh')).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  const marsh = (await api.hosts.clusters.list()).find(({ name }) => name === 'marsh')
  await api.hosts.clusters.edit({ id: marsh?.id ?? '0', kind: 'free', labelTrust: 'signed', tenantAccount: null })
  expect((await api.hosts.clusters.list()).find(({ name }) => name === 'marsh')).toMatchObject({
    kind: 'free',
    tenantAccount: null,
  })
  expect(await sql`select 1 from graphile_worker.jobs where task_identifier = 'usage.attribute'`).toHaveLength(1)
})
