import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Pool } from '#db/client.ts'
import { agentVerb, enrolAgent, joinToken, startRelay, type AgentProcess, type Relay } from '../support/agentProcess.ts'
import { startControlPlane, type ControlPlane } from '../support/controlPlane.ts'
import { startDocker, type Container, type Engine } from '../support/docker.ts'
import { mutate } from '../support/steps.ts'

const EVENTUALLY = { timeout: 60_000, interval: 100 }
/** A container's own account of the cpu it used, in µs, from its cgroup. */
const OWN_CPU =
  'if [ -f /sys/fs/cgroup/cpuacct/cpuacct.usage ]; then cat /sys/fs/cgroup/cpuacct/cpuacct.usage; else cat /sys/fs/cgroup/cpu.stat; fi'
const WORK = 'i=0; while [ $i -lt 400000 ]; do i=$((i+1)); done'
const cpuUsOf = (output: string) =>
  output.startsWith('usage_usec') ? Number(output.split(/\s+/)[1]) : Number(output.trim()) / 1_000
/** What a reader costs, or a process on its way out. */
const SLACK_US = 150_000

let engine: Engine
let plane: ControlPlane
let sql: Pool
let agent: AgentProcess
let bare: AgentProcess
let relay: Relay

beforeAll(async () => {
  ;[engine, plane] = await Promise.all([startDocker(), startControlPlane({ env: { WHARF_ROLES: 'ingest,worker' } })])
  sql = plane.connect()
  await mutate(plane, 'hosts.clusters.create', { name: 'quay', kind: 'paid' })
  relay = await startRelay(plane.url)
  bare = await enrolAgent(plane, { cluster: 'quay', hostname: 'bare', url: relay.url })
  agent = await enrolAgent(plane, { cluster: 'quay', hostname: 'berth', engineSocket: engine.socketPath })
})

afterAll(async () => {
  await agent?.remove()
  await bare?.remove()
  relay?.close()
  await sql?.end()
  await plane?.remove()
  await engine?.stop()
})

/** What was answered to the reports of the host without an engine. */
const sent = () => relay.passed.filter(({ path }) => path === '/v1/reports').map(({ status }) => status)

type Life = { epoch: bigint; witnessed: boolean; segment: bigint; endedAt: Date | null; exitCode: number | null }
const livesOf = (objectId: string, kind = 'container') => sql<Life[]>`
  select epoch, witnessed, segment, ended_at, (state ->> 'exitCode')::int as exit_code from epoch
  where host_id = ${agent.hostId} and kind = ${kind} and object_id = ${objectId} order by opened_at`
const cpuUsSeen = async (container: Container) => {
  const [row] = await sql<{ cpuUs: bigint }[]>`select coalesce(sum(most), 0)::bigint as cpu_us from (
    select max(cpu_us) as most from usage_minute m join epoch e using (host_id, epoch)
    where e.host_id = ${agent.hostId} and e.kind = 'container' and e.object_id = ${container.id} group by epoch) x`
  return Number(row?.cpuUs)
}

test('enrolment keeps the key for its owner alone, pins the control plane’s, and spends the token', async () => {
  const path = join(agent.stateDir, 'identity.json')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  const [known] = await sql<{ publicKey: Buffer }[]>`select public_key from server_key`
  expect(agent.identity()).toMatchObject({ cluster: 'quay', serverPublicKey: known?.publicKey.toString('base64') })
  const [host] = await sql<{ name: string; cluster: string }[]>`
    select h.name, c.name as cluster from host h join cluster c on c.id = h.cluster_id where h.id = ${agent.hostId}`
  expect(host).toEqual({ name: 'berth', cluster: 'quay' })

  const token = await joinToken(plane, 'quay')
  const enrolInto = (name: string) =>
    agentVerb('enrol', '--url', plane.url, '--token', token, '--state', join(agent.stateDir, name))
  await enrolInto('first')
  await expect(enrolInto('second')).rejects.toThrow(/this join token is used up; make another/)
  expect(existsSync(join(agent.stateDir, 'second'))).toBe(false)
})

test('a host without an engine reports itself and says so', async () => {
  await bare.start()
  const facts = async () => {
    const [row] = await sql<{ facts: { engine?: string; cores?: number } | null }[]>`
      select facts from host where id = ${bare.hostId}`
    return row?.facts
  }
  await expect.poll(facts, EVENTUALLY).toMatchObject({ engine: 'none', cores: expect.any(Number) as number })
  expect(await bare.stop()).toBe(0)
  const minutes = await sql<{ memoryUsedMib: number; cpuUs: bigint }[]>`
    select memory_used_mib, cpu_us from host_minute where host_id = ${bare.hostId}`
  expect(minutes.length).toBeGreaterThan(0)
  expect(minutes[0]?.memoryUsedMib).toBeGreaterThan(0)
  expect(minutes[0]?.cpuUs).toBeGreaterThan(0n)
  expect(await sql`select 1 from epoch where host_id = ${bare.hostId}`).toHaveLength(0)

  // From here on it is revoked; the last test looks at what it sent since.
  const before = sent().length
  await bare.start()
  await expect.poll(sent, EVENTUALLY).toHaveLength(before + 1)
  await mutate(plane, 'hosts.revoke', { hostId: bare.hostId, reason: 'it left the fleet' })
  await bare.kill()
  await bare.start()
})

test('a start that the agent saw counts from zero, and what a container came to is read at its death', async () => {
  const before = await engine.run({ command: ['sh', '-c', `${WORK}; sleep 600`] })
  await agent.start()
  // The engine removes the cgroup soon after the last process: on a busy machine a reading may come too late, and what
  // it missed is the customer's gain. Of several deaths some are read in time, and none is ever read as more.
  const briefs = []
  for (let n = 0; n < 4; n++) {
    const brief = await engine.run({ command: ['sh', '-c', `${WORK}; ${OWN_CPU}; exit 3`] })
    expect(await brief.wait()).toBe(3)
    briefs.push(brief)
  }
  expect(await agent.stop()).toBe(0)
  let readInTime = 0
  for (const brief of briefs) {
    const truthUs = cpuUsOf(await brief.logs())
    expect(truthUs).toBeGreaterThan(100_000)
    const lives = await livesOf(brief.id)
    expect(lives).toMatchObject([{ witnessed: true, segment: 0n, exitCode: 3, endedAt: expect.any(Date) as Date }])
    const seenUs = await cpuUsSeen(brief)
    expect(seenUs).toBeLessThan(truthUs + SLACK_US)
    if (seenUs >= truthUs) readInTime++
  }
  expect(readInTime).toBeGreaterThan(0)
  expect(await livesOf(before.id)).toMatchObject([{ witnessed: false, endedAt: null }])
  await before.remove()
})

test('a kill -9 of the agent and a new start go on in the same epochs, and what ended meanwhile ends', async () => {
  await agent.start()
  const worker = await engine.run({ command: ['sh', '-c', `${WORK}; sleep 600`] })
  const mortal = await engine.run({ command: ['sleep', '600'] })
  const gone = await engine.run({ command: ['sleep', '600'] })
  // A stop reports what began, and the next start reports at once: no minute has to end for it.
  expect(await agent.stop()).toBe(0)
  await agent.start()
  for (const { id } of [worker, mortal, gone]) await expect.poll(() => livesOf(id), EVENTUALLY).toHaveLength(1)
  await expect.poll(() => livesOf(gone.id, 'log'), EVENTUALLY).toHaveLength(1)

  await agent.kill()
  await worker.exec(['sh', '-c', WORK])
  await mortal.kill()
  await mortal.wait()
  await gone.remove()
  const late = await engine.run({ command: ['sh', '-c', `${WORK}; ${OWN_CPU}; sleep 600`] })
  await agent.start()

  await expect
    .poll(async () => (await livesOf(mortal.id))[0], EVENTUALLY)
    .toMatchObject({
      exitCode: 137,
      endedAt: expect.any(Date) as Date,
    })
  const ended = { endedAt: expect.any(Date) as Date }
  await expect.poll(async () => (await livesOf(gone.id))[0], EVENTUALLY).toMatchObject(ended)
  await expect.poll(async () => (await livesOf(gone.id, 'log'))[0], EVENTUALLY).toMatchObject(ended)

  await expect.poll(() => late.logs(), EVENTUALLY).not.toBe('')
  const lateUs = cpuUsOf(await late.logs())
  const { output } = await worker.exec(['sh', '-c', OWN_CPU])
  const workerUs = cpuUsOf(output)
  expect(await agent.stop()).toBe(0)

  // One epoch from its true beginning, over the gap, to now: nothing is lost and nothing counted twice.
  expect(await livesOf(worker.id)).toMatchObject([{ witnessed: true, segment: 0n, endedAt: null }])
  const workerSeenUs = await cpuUsSeen(worker)
  expect(workerSeenUs).toBeGreaterThanOrEqual(workerUs)
  expect(workerSeenUs).toBeLessThan(workerUs + SLACK_US)
  // It began and worked while no agent watched, but after the last reading: all of its life is known.
  const lateSeenUs = await cpuUsSeen(late)
  expect(lateSeenUs).toBeGreaterThanOrEqual(lateUs)
  expect(lateSeenUs).toBeLessThan(lateUs + SLACK_US)
  expect(agent.waiting()).toEqual([])
  const [host] = await sql<{ quarantined: number }[]>`
    select count(*)::int as quarantined from quarantine where host_id = ${agent.hostId}`
  expect(host?.quarantined).toBe(0)
})

test('a rotation that a crash cut off is taken up at the next start', async () => {
  const path = join(agent.stateDir, 'identity.json')
  const old = readFileSync(path, 'utf8')
  await agentVerb('rotate', '--state', agent.stateDir)
  const rotated = agent.identity()
  expect(rotated.keyId).not.toBe((JSON.parse(old) as { keyId: number }).keyId)
  const nextKey = join(agent.stateDir, 'next-key.pem')
  expect(existsSync(nextKey)).toBe(false)

  // As a crash leaves it between the control plane's answer and the new identity.
  writeFileSync(nextKey, rotated.privateKey)
  writeFileSync(path, old)
  const [before] = await sql<
    { seq: bigint }[]
  >`select max_seq as seq from host_progress where host_id = ${agent.hostId}`
  await agent.start()
  expect(agent.identity()).toEqual(rotated)
  expect(existsSync(nextKey)).toBe(false)
  const keyOfLast = async () => {
    const [row] = await sql<{ keyId: number; seq: bigint }[]>`
      select key_id, seq from report_body where host_id = ${agent.hostId} order by seq desc limit 1`
    return row && row.seq > (before?.seq ?? 0n) ? row.keyId : null
  }
  await expect.poll(keyOfLast, EVENTUALLY).toBe(rotated.keyId)
})

test('a revoked host stops sending', async () => {
  await expect.poll(sent, EVENTUALLY).toContain(403)
  // It goes on to count, should the revocation have been a mistake, but offers nothing.
  const atRefusal = sent()
  const waiting = bare.waiting().length
  await expect.poll(() => bare.waiting().length, { timeout: 90_000, interval: 200 }).toBeGreaterThan(waiting)
  expect(sent()).toEqual(atRefusal)
  expect(atRefusal.filter((status) => status === 403)).toHaveLength(1)
})
