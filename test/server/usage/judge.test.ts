import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { systemContext } from '#server/context.ts'
import { readEnv } from '#server/env.ts'
import { attributeEpochs } from '#server/usage/attribute.ts'
import { commandViolations } from '#server/usage/commandViolations.ts'
import { keepFindings } from '#server/usage/findings.ts'
import { judgeQuotas } from '#server/usage/judge.ts'
import { setQuota } from '#server/usage/quotas.ts'
import { runawayLog } from '#server/usage/runawayLog.ts'
import { acknowledge } from '#server/usage/settle.ts'
import { listViolations, violationEvents } from '#server/usage/violationSql.ts'
import { testDatabase } from '../../support/database.ts'
import { addAccount, addCluster, addEpoch, addHost } from './place.ts'

const { sql } = await testDatabase()
const env = readEnv({ ...process.env, WHARF_DATA: mkdtempSync(join(tmpdir(), 'wharf-judge-')) })
const T = Date.parse('2026-11-21T03:11:00Z')
const MINUTE = T / 60_000
const at = (minutes: number) => ({ ...systemContext(sql, env, 'test', new Date(T + minutes * 60_000)) })
const names = { labelAccount: 'io.wharfinger.account', labelApp: 'io.wharfinger.app' }

const saltmarsh = await addAccount(sql, 'saltmarsh')
const host = await addHost(sql, await addCluster(sql, 'main'), 'ams1-1')
await sql`insert into host_progress (host_id, last_minute, boot_id) values (${host}, ${MINUTE - 1}, 'boot')`

let made = 0
/** A container that holds `mib` of memory now. */
const holds = async (mib: number, app = `app-${made++}`) => {
  const labels = { [names.labelAccount]: 'saltmarsh', [names.labelApp]: app }
  const name = `${app}-${made++}`
  const epoch = await addEpoch(sql, host, name, { labels, containerId: name })
  await sql.begin((tx) => attributeEpochs(tx, names, [{ hostId: host, epoch }]))
  await sql`update epoch set last_minute = ${MINUTE - 1} where epoch = ${epoch}`
  await setMemory(epoch, mib)
  return { app, epoch, name }
}
const setMemory = async (epoch: number, mib: number) => {
  await sql`delete from usage_minute where epoch = ${epoch}`
  for (const i of [2, 1]) {
    await sql`insert into usage_minute (host_id, epoch, minute, cpu_us, throttled_us, memory_mib_s, disk_mib_s, volumes_mib_s,
      logs_mib_s, rx_bytes, tx_bytes, block_read_bytes, block_write_bytes)
      values (${host}, ${epoch}, ${MINUTE - i}, 0, 0, ${1_000_000 - i * mib * 60}, 0, 0, 0, 0, 0, 0, 0)`
  }
}
const limit = (app: string, action: 'notice' | 'stop' | 'throttle', hard: bigint | null = 200n) =>
  setQuota(at(0), {
    owner: { account: 'saltmarsh', app },
    scope: 'app',
    meter: 'memory',
    soft: 100n,
    hard,
    graceSeconds: 120,
    action,
  })
const violations = (text: string) => listViolations(sql, { text, limit: 50 })
const story = async (id: bigint) => (await violationEvents(sql, id)).map((e) => e.kind)
const commands = async (name: string) =>
  await sql`select kind, state, args, key from command where container_id = ${name} order by id`

beforeEach(async () => void (await sql`update epoch set ended_at = now() where kind = 'container'`))

describe('judging quotas', () => {
  test('within its limits nothing happens; over the soft one the owner is told once', async () => {
    const one = await holds(100)
    await limit(one.app, 'stop')
    await judgeQuotas(at(0))
    expect(await violations(one.app)).toEqual([])
    await setMemory(one.epoch, 150)
    for (const minute of [1, 2, 3]) await judgeQuotas(at(minute))
    const [found] = await violations(one.app)
    expect(found).toMatchObject({
      account: 'saltmarsh',
      app: one.app,
      meter: 'memory',
      level: 'soft',
      used: 150n,
      limit: 100n,
      state: 'open',
      occurrences: 1,
    })
    expect(await story(found!.id)).toEqual(['opened', 'told'])
    const notices = await sql`select audience, severity, href from notice where key like ${`violation:${found!.id}:%`}`
    expect(notices).toEqual([{ audience: 'account', severity: 'warning', href: `/saltmarsh/apps/${one.app}` }])
    expect(await commands(one.name)).toEqual([])
  })

  test('over the hard limit the action comes after the grace, once, and again only a grace later', async () => {
    const one = await holds(300)
    await limit(one.app, 'throttle')
    await judgeQuotas(at(0))
    await judgeQuotas(at(1))
    expect(await commands(one.name)).toEqual([])
    await judgeQuotas(at(2))
    await judgeQuotas(at(3))
    expect(await commands(one.name)).toMatchObject([{ kind: 'throttle', state: 'pending', args: { cpuPercent: 20 } }])
    await judgeQuotas(at(4))
    expect(await commands(one.name)).toHaveLength(2)
    const [found] = await violations(one.app)
    expect(await story(found!.id)).toEqual(['opened', 'told', 'acted', 'acted'])
  })

  test('a violation that ends and comes back within a day is the same one, told once', async () => {
    const one = await holds(150)
    await limit(one.app, 'notice')
    await judgeQuotas(at(0))
    await setMemory(one.epoch, 50)
    await judgeQuotas(at(1))
    expect((await violations(one.app))[0]).toMatchObject({ state: 'resolved' })
    await setMemory(one.epoch, 160)
    await judgeQuotas(at(5))
    const found = await violations(one.app)
    expect(found).toMatchObject([{ state: 'open', occurrences: 2, used: 160n }])
    expect(await story(found[0]!.id)).toEqual(['opened', 'told', 'resolved', 'repeated'])
    await setMemory(one.epoch, 50)
    await judgeQuotas(at(6))
    await setMemory(one.epoch, 160)
    await judgeQuotas(at(6 + 25 * 60))
    expect(await violations(one.app)).toHaveLength(2)
  })

  test('a protected app is left alone and the history says so', async () => {
    const one = await holds(300)
    await limit(one.app, 'stop')
    await sql`update app set protected_at = now() where name = ${one.app}`
    for (const minute of [0, 2]) await judgeQuotas(at(minute))
    expect(await commands(one.name)).toEqual([])
    const [found] = await violations(one.app)
    expect(await story(found!.id)).toEqual(['opened', 'told', 'refused'])
  })

  test('two judges at once tell and act once', async () => {
    const one = await holds(300)
    await limit(one.app, 'stop')
    await judgeQuotas(at(0))
    await Promise.all([judgeQuotas(at(2)), judgeQuotas(at(2)), judgeQuotas(at(2))])
    expect(await commands(one.name)).toHaveLength(1)
  })

  test('an acknowledged violation stays so until it ends', async () => {
    const one = await holds(150)
    await limit(one.app, 'notice')
    await judgeQuotas(at(0))
    const [found] = await violations(one.app)
    expect(await acknowledge(at(1), [found!.id], 'on it')).toEqual({ changed: 1 })
    expect(await acknowledge(at(1), [found!.id], 'me too')).toEqual({ changed: 0 })
    await judgeQuotas(at(2))
    expect((await violations(one.app))[0]).toMatchObject({ state: 'acknowledged' })
    const [event] =
      await sql`select action, after from audit_event where subject_kind = 'violation' and subject_id = ${String(found!.id)}`
    expect(event).toMatchObject({ action: 'usage.violation.acknowledge', after: { note: 'on it' } })
  })

  test('limits are refused where they make no sense', async () => {
    const base = {
      owner: { plan: 'team' },
      scope: 'account',
      meter: 'memory',
      soft: 1n,
      hard: null,
      graceSeconds: 1,
      action: 'notice',
    } as const
    await expect(setQuota(at(0), { ...base, soft: null })).rejects.toMatchObject({ code: 'BAD_REQUEST', path: 'soft' })
    await expect(setQuota(at(0), { ...base, soft: 5n, hard: 4n })).rejects.toMatchObject({ path: 'hard' })
    await expect(setQuota(at(0), { ...base, scope: 'container', meter: 'egress' })).rejects.toMatchObject({
      path: 'scope',
    })
    await expect(setQuota(at(0), { ...base, action: 'stop' })).rejects.toMatchObject({ path: 'hard' })
    await expect(setQuota(at(0), { ...base, hard: 2n, action: 'truncate_log' })).rejects.toMatchObject({
      path: 'action',
    })
  })
})

describe('a runaway log', () => {
  const detail = {
    bytes: 3_000_000_000,
    grownBytes: 200_000_000,
    windowMs: 10_000,
    bytesPerS: 20_000_000,
    freeBytes: 9e9,
    fullInS: 450,
  }
  const found = async (id: string, epoch: number) =>
    await keepFindings(at(0), host, 'boot', [{ id, kind: 'log_growth', epoch, monoMs: 1, detail }])
  const logOf = async (one: { app: string; name: string }) => {
    const labels = { [names.labelAccount]: 'saltmarsh', [names.labelApp]: one.app }
    const epoch = await addEpoch(sql, host, `log-${one.name}`, { kind: 'log', containerId: one.name, labels })
    await sql.begin((tx) => attributeEpochs(tx, names, [{ hostId: host, epoch }]))
    return epoch
  }

  test('is told to owner and operators and truncated where the quota allows it, once a finding', async () => {
    const one = await holds(1)
    const log = await logOf(one)
    expect(await found('finding-1', log)).toBe(1)
    expect(await found('finding-1', log)).toBe(0)
    const [job] =
      await sql`select count(*)::int as jobs from graphile_worker.jobs where task_identifier = 'usage.runaway_log'`
    expect(job).toEqual({ jobs: 1 })
    for (let again = 0; again < 2; again++) await runawayLog(at(0), { hostId: host, findingId: 'finding-1' })
    const [v] = await violations(one.app)
    expect(v).toMatchObject({
      kind: 'runaway_log',
      level: 'hard',
      state: 'open',
      used: 2861n,
      occurrences: 1,
      container: one.name,
      epoch: one.epoch,
    })
    const events = await violationEvents(sql, v!.id)
    expect(events.map((e) => e.kind)).toEqual(['opened', 'escalated', 'told', 'told', 'acted'])
    expect(events[1]?.detail).toMatchObject({ before: detail })
    expect(await commands(one.name)).toMatchObject([{ kind: 'truncate_log' }])
    const notices = await sql`select audience, severity from notice where kind = 'usage.runaway_log' order by audience`
    expect(notices).toEqual([
      { audience: 'account', severity: 'critical' },
      { audience: 'operators', severity: 'critical' },
    ])

    await found('finding-2', log)
    await runawayLog(at(1), { hostId: host, findingId: 'finding-2' })
    expect((await violations(one.app))[0]).toMatchObject({ occurrences: 2 })
    expect(await commands(one.name)).toHaveLength(2)
    await judgeQuotas(at(20))
    expect((await violations(one.app))[0]).toMatchObject({ state: 'resolved' })
  })

  test('is left as it is where nothing allows to truncate it', async () => {
    const one = await holds(1)
    await setQuota(at(0), {
      owner: { account: 'saltmarsh', app: one.app },
      scope: 'container',
      meter: 'logs',
      soft: 1n,
      hard: null,
      graceSeconds: 0,
      action: 'notice',
    })
    await found('finding-3', await logOf(one))
    await runawayLog(at(0), { hostId: host, findingId: 'finding-3' })
    const [v] = await violations(one.app)
    expect(await story(v!.id)).toContain('refused')
    expect(await commands(one.name)).toEqual([])
  })
})

test('a bulk command does what it can and says what it cannot', async () => {
  const [a, b] = [await holds(150), await holds(150)]
  await setQuota(at(0), {
    owner: { account: 'saltmarsh', app: a.app },
    scope: 'container',
    meter: 'memory',
    soft: 100n,
    hard: null,
    graceSeconds: 0,
    action: 'notice',
  })
  await limit(b.app, 'notice')
  await judgeQuotas(at(0))
  const [ofContainer] = await violations(a.app)
  const [ofApp] = await violations(b.app)
  const key = crypto.randomUUID()
  for (let again = 0; again < 2; again++) {
    const outcome = await commandViolations(
      at(1),
      [ofContainer!.id, ofApp!.id, 999_999n],
      'restart',
      'leaks memory',
      key,
    )
    expect(outcome.done).toEqual([String(ofContainer!.id)])
    expect(outcome.refused.map((r) => r.id)).toEqual([String(ofApp!.id), '999999'])
  }
  expect(await commands(a.name)).toMatchObject([{ kind: 'restart' }])
  expect(await story(ofContainer!.id)).toEqual(['opened', 'told', 'acted'])
  expect(saltmarsh).toBeTypeOf('bigint')
})
