import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { systemContext } from '#server/context.ts'
import { readEnv } from '#server/env.ts'
import { attributeEpochs } from '#server/usage/attribute.ts'
import { containersOf } from '#server/usage/containerSql.ts'
import { exportUse } from '#server/usage/exportUse.ts'
import { overview } from '#server/usage/overview.ts'
import { rollDue } from '#server/usage/roll.ts'
import { find } from '#server/usage/search.ts'
import { useSeries } from '#server/usage/series.ts'
import { meteredTo } from '#server/usage/sql.ts'
import { topContainers, topOwners } from '#server/usage/violationSql.ts'
import { testDatabase } from '../../support/database.ts'
import { addAccount, addCluster, addEpoch, addHost } from './place.ts'

const { sql } = await testDatabase()
const env = readEnv({ ...process.env, WHARF_DATA: mkdtempSync(join(tmpdir(), 'wharf-reads-')) })
const ctx = systemContext(sql, env, 'test')
const names = { labelAccount: env.WHARF_LABEL_ACCOUNT, labelApp: env.WHARF_LABEL_APP }
const NOW = new Date('2026-11-21T12:00:00Z')
const END = NOW.getTime() / 60_000
const OPENED = new Date('2026-11-21T08:00:00Z')

const saltmarsh = await addAccount(sql, 'saltmarsh')
const halyard = await addAccount(sql, 'halyard')
const cluster = await addCluster(sql, 'main')
const [fresh, silent] = [await addHost(sql, cluster, 'ams1-1'), await addHost(sql, cluster, 'ams1-2')]
const progress = (id: number, last: number, seqs = [9, 9]) => sql`
  insert into host_progress (host_id, last_minute, boot_id, contiguous_seq, max_seq)
  values (${id}, ${last}, 'boot', ${seqs[0]!}, ${seqs[1]!})`
await progress(fresh, END - 1)
await progress(silent, END - 31, [9, 11])

/** A container that used `perMinute` of each meter since 08:00, read every minute until `last`. */
const runs = async (hostId: number, name: string, account: string, app: string, perMinute: number, last: number) => {
  const labels = { [names.labelAccount]: account, [names.labelApp]: app }
  const epoch = await addEpoch(sql, hostId, name, { labels, openedAt: OPENED, containerId: name })
  await sql.begin((tx) => attributeEpochs(tx, names, [{ hostId, epoch }]))
  const from = OPENED.getTime() / 60_000
  await sql`insert into usage_minute (host_id, epoch, minute, cpu_us, throttled_us, memory_mib_s, disk_mib_s, volumes_mib_s,
      logs_mib_s, rx_bytes, tx_bytes, block_read_bytes, block_write_bytes)
    select ${hostId}, ${epoch}, m, t, t, t, t, t, t, t, t, t, t
    from (select m, ((m - ${from}::int + 1) * ${perMinute})::bigint as t from generate_series(${from}::int, ${last}::int) m) x`
  await sql`insert into hour_due (host_id, hour) select ${hostId}, h from generate_series(${Math.floor(from / 60)}::int, ${Math.floor(last / 60)}::int) h`
}
await runs(fresh, 'web-1', 'saltmarsh', 'web', 6_000_000, END - 1)
await runs(fresh, 'web-2', 'saltmarsh', 'web', 3_000_000, END - 1)
await runs(silent, 'db-1', 'saltmarsh', 'db', 1_000_000, END - 31)
await runs(fresh, 'other', 'halyard', 'api', 500_000, END - 1)
await rollDue(ctx)

const at = (time: string) => new Date(`2026-11-21T${time}Z`)
const series = (from: string, to: string, by: 'total' | 'app' | 'container', app?: string) =>
  useSeries(sql, env, NOW, { accountId: saltmarsh, window: { start: at(from), end: at(to) }, meter: 'cpuUs', by, app })

describe('what an account used', () => {
  test('hours by app are the epochs’ sums, the greatest first, beside the period before', async () => {
    const found = await series('08:00:00', '12:00:00', 'app')
    expect(found.resolution).toBe('hour')
    expect(found.lines.map((l) => [l.label, l.values])).toEqual([
      ['web', [540_000_000n, 540_000_000n, 540_000_000n, 540_000_000n]],
      ['db', [60_000_000n, 60_000_000n, 60_000_000n, 30_000_000n]],
    ])
    expect([found.used, found.before]).toEqual([2_370_000_000n, 0n])
  })

  test('minutes add up to the same, and what is not known yet is nothing, not zero', async () => {
    const found = await series('11:00:00', '12:00:00', 'app')
    expect(found.resolution).toBe('minute')
    expect(found.times).toHaveLength(60)
    expect(found.used).toBe(570_000_000n)
    expect(found.before).toBe(600_000_000n)
    const later = await series('11:30:00', '12:10:00', 'total')
    expect(later.lines[0]?.values.slice(28, 32)).toEqual([9_000_000n, 9_000_000n, null, null])
  })

  test('minutes without a reading are spread evenly and lose nothing', async () => {
    await sql`delete from usage_minute where host_id = ${fresh} and minute between ${END - 20} and ${END - 11}`
    const found = await series('11:00:00', '12:00:00', 'total')
    expect(found.used).toBe(570_000_000n)
    expect(found.lines[0]?.values.every((value) => value !== null && value >= 9_000_000n)).toBe(true)
  })

  test('by container every container has its line', async () => {
    const found = await series('08:00:00', '12:00:00', 'container', 'web')
    expect(found.rows.map((r) => [r.label, r.used])).toEqual([
      ['web-1', 1_440_000_000n],
      ['web-2', 720_000_000n],
    ])
  })

  test('a silent host is told as pending since its last minute, and missing reports as gaps', async () => {
    expect(await meteredTo(sql, saltmarsh, NOW)).toEqual({
      to: NOW,
      pending: [{ hostId: silent, host: 'ams1-2', since: at('11:30:00') }],
      gaps: [{ hostId: silent, host: 'ams1-2', reports: 2 }],
    })
    expect((await meteredTo(sql, halyard, NOW)).pending).toEqual([])
  })

  test('an overview shows the present and the month', async () => {
    const seen = await overview(sql, saltmarsh, NOW)
    expect(seen.used.cpuUs).toBe(2_370_000_000n)
    expect(seen.now.running).toBe(3)
    expect(seen.now.cpuCores).toBeCloseTo((6 + 3 + 1) / 60, 5)
    expect(seen.apps.map((a) => [a.name, a.now.running, a.used.cpuUs])).toEqual([
      ['db', 1, 210_000_000n],
      ['web', 2, 2_160_000_000n],
    ])
  })

  test('containers of another account are never among one’s own', async () => {
    const { rows: own, total } = await containersOf(sql, saltmarsh, { start: at('08:00:00'), end: NOW })
    expect(own.map((c) => c.name).toSorted()).toEqual(['db-1', 'web-1', 'web-2'])
    expect(own.find((c) => c.name === 'web-1')?.used?.cpuUs).toBe(1_440_000_000n)
    expect(await containersOf(sql, saltmarsh, null, { hostId: fresh, containerId: 'other' })).toEqual({
      rows: [],
      total: 0,
    })
    expect(total).toBe(3)
  })
})

describe('an export', () => {
  const window = { start: at('08:00:00'), end: NOW }
  const account = { id: saltmarsh, name: 'saltmarsh' }

  test('has a row a step and app in the smallest units', async () => {
    const made = await exportUse(sql, account, { window, resolution: 'hour', by: 'app', format: 'csv' })
    const lines = made.text.trimEnd().split('\r\n')
    expect(lines).toHaveLength(9)
    expect(lines[0]).toMatch(/^start,app,cpu_us,throttled_us,memory_mib_s,/)
    expect(lines[1]).toBe(`2026-11-21T08:00:00Z,db,${Array(10).fill('60000000').join(',')}`)
    expect(made.fileName).toBe('saltmarsh-usage-2026-11-21-to-2026-11-21.csv')
  })

  test('in JSON sums to the same, by container too', async () => {
    const made = await exportUse(sql, account, { window, resolution: 'hour', by: 'container', format: 'json' })
    const { rows, truncated } = JSON.parse(made.text) as { truncated: boolean; rows: { cpuUs: string }[] }
    expect(rows.reduce((sum, row) => sum + BigInt(row.cpuUs), 0n)).toBe(2_370_000_000n)
    expect(truncated).toBe(false)
  })

  test('a name that a spreadsheet would run is text', async () => {
    await sql`insert into account_hour select account_id, hour, '=cmd()', containers, cpu_us, throttled_us, memory_mib_s, disk_mib_s,
      volumes_mib_s, logs_mib_s, rx_bytes, tx_bytes, block_read_bytes, block_write_bytes from account_hour where account_id = ${halyard} limit 1`
    const made = await exportUse(
      sql,
      { id: halyard, name: 'halyard' },
      { window, resolution: 'day', by: 'app', format: 'csv' },
    )
    expect(made.text).toContain(`,'=cmd(),`)
  })
})

test('top consumers by account, app and container', async () => {
  const window = { start: at('08:00:00'), end: NOW }
  const byAccount = await topOwners(sql, 'cpuUs', window, 'hour', 'account', 1)
  expect(byAccount.map((r) => [r.account, r.used])).toEqual([['saltmarsh', 2_370_000_000n]])
  const byApp = await topOwners(sql, 'cpuUs', window, 'day', 'app', 2)
  expect(byApp[0]).toMatchObject({ key: 'saltmarsh/web', used: 2_160_000_000n })
  const containers = await topContainers(sql, 'cpuUs', END / 60 - 1, 2)
  expect(containers.map((r) => [r.container, r.account, r.app, r.used])).toEqual([
    ['web-1', 'saltmarsh', 'web', 360_000_000n],
    ['web-2', 'saltmarsh', 'web', 180_000_000n],
  ])
})

test('the palette finds what one may see and nothing else', async () => {
  await sql`insert into auth_user (id, name, email) values ('u1', 'U', 'u@example.com')`
  await sql`insert into account_member (account_id, user_id, role) values (${halyard}, 'u1', 'member')`
  const member = { operator: false, userId: 'u1', accountId: null }
  const operator = { operator: true, userId: null, accountId: null }
  const titles = async (reach: typeof member | typeof operator, text: string) =>
    (await find(sql, reach, text)).map((f) => f.title)
  expect(await titles(operator, 'ams1')).toEqual(['ams1-1', 'ams1-2'])
  expect(await titles(member, 'ams1')).toEqual([])
  expect(await titles(operator, 'web')).toEqual(['web', 'web-1', 'web-2'])
  expect(await titles(member, 'web')).toEqual([])
  expect((await find(sql, member, 'other')).map((f) => f.href)).toEqual([`/halyard/apps/api/${fresh}-other`])
  expect(await titles(member, '%%')).toEqual([])
  expect(await titles({ ...member, accountId: saltmarsh } as never, 'halyard')).toEqual([])
})
