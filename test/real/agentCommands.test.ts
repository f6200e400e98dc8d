import { statSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CommandKind } from '#agents/protocol.ts'
import type { Pool } from '#db/client.ts'
import { enrolAgent, type AgentProcess } from '../support/agentProcess.ts'
import { startControlPlane, type ControlPlane } from '../support/controlPlane.ts'
import { startDocker, type Container, type Engine } from '../support/docker.ts'
import { mutate } from '../support/steps.ts'

const EVENTUALLY = { timeout: 60_000, interval: 50 }
/** Well under the agent's 30 s between polls: only the stream is as quick. */
const PUSHED_MS = 10_000
const SEEN_MS = 20_000
const MIB = 2 ** 20

const labels = (app: string) => ({ 'io.wharfinger.account': 'saltmarsh', 'io.wharfinger.app': app })
const sleeper = ['sh', '-c', 'trap "exit 0" TERM; while :; do sleep 1; done']

let engine: Engine
let plane: ControlPlane
let sql: Pool
let agent: AgentProcess
const containers: Record<'plain' | 'limited' | 'talker' | 'vault' | 'doomed', Container> = {} as never

beforeAll(async () => {
  ;[engine, plane] = await Promise.all([startDocker(), startControlPlane({ env: { WHARF_ROLES: 'ingest,worker' } })])
  sql = plane.connect()
  await mutate(plane, 'hosts.clusters.create', { name: 'quay', kind: 'paid' })
  const ownerEmail = 'owner@saltmarsh.example'
  await mutate(plane, 'accounts.createFor', { name: 'saltmarsh', displayName: 'Saltmarsh', ownerEmail })
  agent = await enrolAgent(plane, { cluster: 'quay', hostname: 'berth', engineSocket: engine.socketPath })
  const run = (name: keyof typeof containers, options: object = {}) =>
    engine.run({ command: sleeper, labels: labels(name), ...options }).then((made) => (containers[name] = made))
  const talk = ['sh', '-c', 'i=0; while [ $i -lt 500 ]; do echo "line $i of many"; i=$((i+1)); done; sleep 600']
  await Promise.all([
    run('plain'),
    run('limited', { cpus: 0.5, memoryMib: 64, restart: 'always' }),
    run('talker', { command: talk }),
    run('vault'),
    run('doomed'),
  ])
  // They run before it starts, so its first report declares them and no minute has to end.
  await agent.start()
})

afterAll(async () => {
  await agent?.remove()
  await sql?.end()
  await plane?.remove()
  await engine?.stop()
})

/** The newest life of a container that the control plane knows of, once it knows of one. */
const epochOf = async (container: Container): Promise<number> => {
  const newest = async () => {
    const [row] = await sql<{ epoch: bigint }[]>`select epoch from epoch where host_id = ${agent.hostId}
      and kind = 'container' and object_id = ${container.id} order by opened_at desc limit 1`
    return Number(row?.epoch ?? 0)
  }
  await expect.poll(newest, EVENTUALLY).toBeGreaterThan(0)
  return newest()
}

type Row = {
  state: string
  detail: string
  evidence: Record<string, string | number | boolean> | null
  tookMs: number
}

const issue = async (kind: CommandKind, container: Container, args = {}, epoch?: number): Promise<string> => {
  const means = { hostId: agent.hostId, epoch: epoch ?? (await epochOf(container)) }
  const input = { ...means, kind, args, reason: 'seen by a test' }
  return (await mutate<{ id: string }>(plane, 'hosts.containers.command', input)).id
}

const resultOf = async (id: string): Promise<Row> => {
  const row = async () => {
    const [found] = await sql<Row[]>`select state, detail, evidence,
      (extract(epoch from finished_at - issued_at) * 1000)::float8 as took_ms from command where id = ${id}`
    return found
  }
  await expect.poll(async () => (await row())?.state, EVENTUALLY).not.toBe('pending')
  return (await row())!
}

/** An operator's command, and what became of it. */
const command = async (kind: CommandKind, container: Container, args = {}): Promise<Row> =>
  resultOf(await issue(kind, container, args))

type Limits = { NanoCpus: number; CpuQuota: number; CpuPeriod: number; Memory: number; RestartPolicy: { Name: string } }
const limitsOf = async (container: Container): Promise<Limits> =>
  ((await container.inspect()) as unknown as { HostConfig: Limits }).HostConfig
const stateOf = async (container: Container) => (await container.inspect()).State

test('a command pushed over the stream is carried out within seconds: pause, and unpause', async () => {
  const paused = await command('pause', containers.plain)
  expect(paused).toMatchObject({ state: 'done', detail: 'paused' })
  expect(await stateOf(containers.plain)).toMatchObject({ Running: true, Paused: true })
  expect(await command('pause', containers.plain)).toMatchObject({ state: 'done', detail: 'it was paused already' })
  const unpaused = await command('unpause', containers.plain)
  expect(unpaused.state).toBe('done')
  expect(await stateOf(containers.plain)).toMatchObject({ Running: true, Paused: false })
  expect(Math.max(paused.tookMs, unpaused.tookMs)).toBeLessThan(PUSHED_MS)
})

test('the issue and the result of a command are audited, the one as the operator’s, the other as the host’s', async () => {
  const audited = await sql<{ action: string; actorKind: string }[]>`select action, actor_kind from audit_event
    where subject_kind = 'command' and subject_id = '1' order by id`
  expect(audited).toEqual([
    { action: 'hosts.command.issue', actorKind: 'token' },
    { action: 'hosts.command.done', actorKind: 'agent' },
  ])
})

test('a throttle takes cpu away, and its end gives back the limits of before', async () => {
  const { limited, plain } = containers
  expect(await command('throttle', limited, { cpuPercent: 10 })).toMatchObject({
    state: 'done',
    evidence: { beforeNanoCpus: 5e8, afterNanoCpus: 1e8 },
  })
  expect((await limitsOf(limited)).NanoCpus).toBe(1e8)
  // Throttled again, it is still the first limits that come back.
  expect((await command('throttle', limited, { cpuPercent: 20 })).state).toBe('done')
  expect((await limitsOf(limited)).NanoCpus).toBe(2e8)
  expect((await command('unthrottle', limited)).state).toBe('done')
  expect((await limitsOf(limited)).NanoCpus).toBe(5e8)

  expect((await command('throttle', plain, { cpuPercent: 25 })).state).toBe('done')
  const { CpuQuota, CpuPeriod } = await limitsOf(plain)
  expect(CpuQuota / CpuPeriod).toBe(0.25)
  expect((await command('unthrottle', plain)).state).toBe('done')
  expect((await limitsOf(plain)).CpuQuota).toBeLessThanOrEqual(0)
})

test('a throttle never leaves a container more than it had', async () => {
  expect(await command('throttle', containers.limited, { cpuPercent: 90 })).toMatchObject({
    state: 'done',
    detail: 'throttled to 50 % of a core',
  })
  expect((await limitsOf(containers.limited)).NanoCpus).toBe(5e8)
  expect((await command('unthrottle', containers.limited)).state).toBe('done')
})

test('set limits sets memory and cpu, and a throttle of before is over', async () => {
  const { limited } = containers
  expect((await command('throttle', limited, { cpuPercent: 10 })).state).toBe('done')
  expect(await command('set_limits', limited, { memoryMib: 96, cpuMilli: 750 })).toMatchObject({
    state: 'done',
    evidence: { beforeMemoryMib: 64, afterMemory: 96 * MIB, afterNanoCpus: 7.5e8 },
  })
  expect(await limitsOf(limited)).toMatchObject({ Memory: 96 * MIB, NanoCpus: 7.5e8 })
  expect(await command('unthrottle', limited)).toMatchObject({ state: 'done', detail: 'it was not throttled' })
  expect((await limitsOf(limited)).NanoCpus).toBe(7.5e8)
  expect(await command('set_limits', limited, { diskMib: 100 })).toMatchObject({ state: 'refused' })
})

test('a stop keeps down what its engine would start again; a restart brings it back with its policy', async () => {
  const { limited } = containers
  const epoch = await epochOf(limited)
  expect(await command('stop', limited, { graceSeconds: 3 })).toMatchObject({
    state: 'done',
    evidence: { restartPolicyBefore: 'always' },
  })
  expect(await stateOf(limited)).toMatchObject({ Running: false })
  expect((await limitsOf(limited)).RestartPolicy.Name).toBe('no')
  expect((await command('restart', limited)).state).toBe('done')
  expect(await stateOf(limited)).toMatchObject({ Running: true })
  expect((await limitsOf(limited)).RestartPolicy.Name).toBe('always')

  // The control plane has not heard of the new life yet, the agent has.
  const late = await resultOf(await issue('kill', limited, {}, epoch))
  expect(late).toMatchObject({ state: 'refused', detail: 'it means an earlier life of the container, which is over' })
  expect(await stateOf(limited)).toMatchObject({ Running: true })
})

test('a kill ends a container at once', async () => {
  expect((await command('kill', containers.plain)).state).toBe('done')
  expect(await stateOf(containers.plain)).toMatchObject({ Running: false, ExitCode: 137 })
})

test('a log is truncated in place, with its bytes before and after as evidence', async () => {
  const { LogPath } = await containers.talker.inspect()
  const before = statSync(LogPath).size
  expect(before).toBeGreaterThan(10_000)
  expect(await command('truncate_log', containers.talker)).toMatchObject({
    state: 'done',
    evidence: { beforeBytes: before, afterBytes: 0 },
  })
  expect(statSync(LogPath).size).toBe(0)
})

test('a container that is deleted is gone, and with it its life, layer and log', async () => {
  expect((await command('delete', containers.doomed)).state).toBe('done')
  await expect(containers.doomed.inspect()).rejects.toThrow(/404/)
  expect(await command('delete', containers.doomed)).toMatchObject({ state: 'done', detail: 'it was gone already' })
})

test('a protected app is refused, whatever its labels say, and only undoing is let through', async () => {
  const { vault } = containers
  const epoch = await epochOf(vault)
  const [account] = await sql<{ id: string }[]>`select id::text from account where name = 'saltmarsh'`
  const accountId = account?.id
  await mutate(plane, 'usage.protectApp', { accountId, app: 'vault', isProtected: true })
  for (const kind of ['stop', 'kill', 'throttle', 'delete'] as const) {
    const args = kind === 'throttle' ? { cpuPercent: 10 } : {}
    await expect(issue(kind, vault, args)).rejects.toThrow(/403.*saltmarsh\/vault is protected/s)
  }
  expect(await sql`select 1 from command where epoch = ${epoch} and host_id = ${agent.hostId}`).toHaveLength(0)
  expect(await command('unthrottle', vault)).toMatchObject({ state: 'done', detail: 'it was not throttled' })
  expect(await stateOf(vault)).toMatchObject({ Running: true })
})

test('a command that waits while the agent is killed is carried out once, also over another kill', async () => {
  await agent.kill()
  const { vault } = containers
  const [account] = await sql<{ id: string }[]>`select id::text from account where name = 'saltmarsh'`
  await mutate(plane, 'usage.protectApp', { accountId: account?.id, app: 'vault', isProtected: false })
  const { StartedAt } = await stateOf(vault)
  const id = await issue('restart', vault)
  await agent.start()
  expect((await resultOf(id)).state).toBe('done')
  const restarted = (await stateOf(vault)).StartedAt
  expect(restarted).not.toBe(StartedAt)

  await agent.kill()
  await agent.start()
  expect((await command('truncate_log', containers.talker)).state).toBe('done')
  expect((await stateOf(vault)).StartedAt).toBe(restarted)
})

test('a runaway log is seen within 20 s, told to owner and operators, and truncated where the quota says so', async () => {
  const quota = { scope: 'container', meter: 'logs', soft: null, hard: '1000000', graceSeconds: 600 }
  const owner = { account: 'saltmarsh', app: 'chatter' }
  await mutate(plane, 'usage.quotas.set', { ...quota, owner, action: 'truncate_log' })
  // A new container: nothing was ever reported of it before its log is found.
  const line = 'l=$(head -c 8000 /dev/zero | tr "\\0" x); i=0; while [ $i -lt 375 ]; do echo $l; i=$((i+1)); done'
  const chatter = await engine.run({
    labels: labels('chatter'),
    command: ['sh', '-c', `(${line}) > /block; date +%s; while :; do cat /block; sleep 0.1; done`],
  })
  type Found = { id: bigint; account: string; app: string; actedAt: Date | null; openedAt: Date }
  const violations = () => sql<Found[]>`select v.id, a.name as account, v.app, v.acted_at, v.opened_at
    from violation v join account a on a.id = v.account_id where v.kind = 'runaway_log' and v.host_id = ${agent.hostId}`
  await expect.poll(violations, EVENTUALLY).toMatchObject([{ account: 'saltmarsh', app: 'chatter' }])
  const [violation] = await violations()
  const startedAtMs = Date.parse((await stateOf(chatter)).StartedAt)
  expect(violation!.openedAt.getTime() - startedAtMs).toBeLessThan(SEEN_MS)

  const told = await sql<{ audience: string }[]>`
    select audience from notice where kind = 'usage.runaway_log' order by audience`
  expect(told.map(({ audience }) => audience)).toEqual(['account', 'operators'])
  const mails = () => sql<{ recipient: string }[]>`
    select recipient from mail where subject like '%The log of%' order by recipient`
  await expect.poll(mails, EVENTUALLY).toMatchObject([{ recipient: 'operator@example.com' }])

  const [acted] = await sql<{ id: string; before: { bytes: number } }[]>`
    select detail ->> 'commandId' as id, detail -> 'before' as before from violation_event
    where violation_id = ${violation!.id} and kind = 'acted'`
  const result = await resultOf(acted!.id)
  expect(result.state).toBe('done')
  expect(result.evidence?.['beforeBytes']).toBeGreaterThanOrEqual(acted!.before.bytes)
  expect(result.evidence?.['afterBytes']).toBeLessThan(Number(result.evidence?.['beforeBytes']) / 10)
  await chatter.remove()
})

test('what is gone counts for nobody any more', async () => {
  expect(await agent.stop()).toBe(0)
  const ends = await sql<{ kind: string; ended: boolean }[]>`select kind, ended_at is not null as ended from epoch
    where host_id = ${agent.hostId} and coalesce(container_id, object_id) = ${containers.doomed.id} order by kind`
  expect(ends).toEqual(
    expect.arrayContaining([
      { kind: 'container', ended: true },
      { kind: 'log', ended: true },
    ]),
  )
  expect(ends.filter(({ ended }) => !ended)).toEqual([])
})
