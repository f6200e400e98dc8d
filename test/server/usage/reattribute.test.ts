import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { systemContext } from '#server/context.ts'
import { readEnv } from '#server/env.ts'
import { attributeEpochs } from '#server/usage/attribute.ts'
import { addLabelRule, removeLabelRule } from '#server/usage/labelRules.ts'
import { eachMeter } from '#server/usage/meters.ts'
import { reattribute } from '#server/usage/reattribute.ts'
import { rollDue } from '#server/usage/roll.ts'
import { listLabelRules, unattributed } from '#server/usage/violationSql.ts'
import { testDatabase } from '../../support/database.ts'
import { addAccount, addCluster, addEpoch, addHost } from './place.ts'

const { sql } = await testDatabase()
const env = readEnv({ ...process.env, WHARF_DATA: mkdtempSync(join(tmpdir(), 'wharf-rules-')) })
const ctx = systemContext(sql, env, 'test')
const names = { labelAccount: env.WHARF_LABEL_ACCOUNT, labelApp: env.WHARF_LABEL_APP }
await addAccount(sql, 'saltmarsh')
await addAccount(sql, 'halyard')
const host = await addHost(sql, await addCluster(sql, 'main'), 'ams1-1')
const ZERO = Math.floor(Date.parse('2026-11-01T00:00:00Z') / 60_000)

const used = async (name: string, labels: Record<string, string>, total: number) => {
  const epoch = await addEpoch(sql, host, name, { labels })
  await sql.begin((tx) => attributeEpochs(tx, names, [{ hostId: host, epoch }]))
  for (const minute of [ZERO + 59, ZERO + 119]) {
    await sql`insert into usage_minute (host_id, epoch, minute, cpu_us, throttled_us, memory_mib_s, disk_mib_s, volumes_mib_s,
      logs_mib_s, rx_bytes, tx_bytes, block_read_bytes, block_write_bytes)
      values (${host}, ${epoch}, ${minute}, ${minute === ZERO + 59 ? total / 2 : total}, 0, 0, 0, 0, 0, 0, 0, 0, 0)`
    await sql`insert into hour_due (host_id, hour) values (${host}, ${Math.floor(minute / 60)})`
  }
  await rollDue(ctx)
  return epoch
}
const cpu = async () => {
  const rows = await sql<{ name: string; app: string; cpu: number }[]>`
    select coalesce(a.name, '') as name, h.app, sum(h.cpu_us)::int as cpu from account_hour h
    left join account a on a.id = h.account_id group by 1, 2 having sum(h.cpu_us) <> 0 order by 1, 2`
  return rows.map((r) => [r.name, r.app, r.cpu])
}
const rule = (labelKey: string, labelValue: string, account: string, app: string | null = null) =>
  addLabelRule(ctx, { labelKey, labelValue, account, app, clusterId: null, priority: 100 })

afterEach(async () => {
  const text = eachMeter('sum($)::text as $')
  const byDay = `select account_id, app, ${text} from account_day group by 1, 2 order by 1, 2`
  expect(await sql.unsafe(byDay)).toEqual(await sql.unsafe(byDay.replace('account_day', 'account_hour')))
  expect(await sql.unsafe(`select ${text}, sum(containers)::int as c from account_hour`)).toEqual(
    await sql.unsafe(`select ${text}, count(*)::int as c from usage_hour`),
  )
})

test('a rule moves what nobody owns to its account, with all its hours, and leaves what is owned', async () => {
  await used('shop-web', { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': 'web' }, 100)
  await used('owned', { 'com.docker.compose.project': 'shop', [names.labelAccount]: 'halyard' }, 40)
  await used('other', { 'com.docker.compose.project': 'blog' }, 8)
  expect(await cpu()).toEqual([
    ['', '', 108],
    ['halyard', 'owned', 40],
  ])
  const { id } = await rule('com.docker.compose.project', 'sh*', 'saltmarsh')
  const [job] = await sql`select payload from graphile_worker._private_jobs where key = ${`attribute:${id}`}`
  expect(job).toEqual({ payload: { ruleId: String(id) } })
  for (let again = 0; again < 2; again++) await reattribute(ctx, { ruleId: String(id) })
  expect(await cpu()).toEqual([
    ['', '', 8],
    ['halyard', 'owned', 40],
    ['saltmarsh', 'shop', 100],
  ])
  expect(await listLabelRules(sql)).toMatchObject([{ labelValue: 'sh*', account: 'saltmarsh', containers: 1 }])
  await removeLabelRule(ctx, id)
  await reattribute(ctx, {})
  expect(await cpu()).toHaveLength(3)
  const audit = await sql`select action from audit_event order by id`
  expect(audit.map((a) => a['action'])).toEqual([
    'usage.label_rule.add',
    'usage.attribution.move',
    'usage.label_rule.remove',
  ])
})

test('an account made later gets what its label named before', async () => {
  await used('early', { [names.labelAccount]: 'kelp' }, 6)
  await addAccount(sql, 'kelp')
  await reattribute(ctx, {})
  expect(await cpu()).toContainEqual(['kelp', 'early', 6])
})

test('containers without labels are mapped by name or image', async () => {
  await used('runner-17', {}, 12)
  await rule('@name', 'runner-*', 'halyard', 'ci')
  await reattribute(ctx, {})
  expect(await cpu()).toContainEqual(['halyard', 'ci', 12])
})

test('rules that would match everything, twice the same thing or nobody are refused', async () => {
  await expect(rule('team', ' * ', 'halyard')).rejects.toMatchObject({ code: 'BAD_REQUEST', path: 'labelValue' })
  await expect(rule('team', 'x', 'no-such')).rejects.toMatchObject({ code: 'NOT_FOUND', path: 'account' })
  await rule('team', 'x', 'halyard')
  await expect(rule('team', 'x', 'saltmarsh')).rejects.toMatchObject({ code: 'CONFLICT' })
})

test('what nobody owns is grouped by what a rule could go by', async () => {
  await used('a-1', { 'com.docker.compose.project': 'late' }, 4)
  await used('a-2', { 'com.docker.compose.project': 'late' }, 4)
  await used('b-1', { [names.labelAccount]: 'stranger' }, 2)
  const groups = await unattributed(sql, names.labelAccount, new Date('2026-11-01T05:00:00Z'))
  const found = groups.map((g) => [g.labelKey, g.labelValue, g.containers, g.unknownAccount, Number(g.cpuUs)])
  expect(found).toContainEqual(['com.docker.compose.project', 'late', 2, false, 8])
  expect(found).toContainEqual([names.labelAccount, 'stranger', 1, true, 2])
})
