import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Pool } from '#db/client.ts'
import { OFFENDERS, type Case } from '../corpus/abuse/cases.ts'
import { openStage, type Stage } from '../corpus/abuse/stage.ts'
import { enrolAgent, type AgentProcess } from '../support/agentProcess.ts'
import { page as openPage } from '../support/browser.ts'
import { startControlPlane, type ControlPlane } from '../support/controlPlane.ts'
import { startDocker, type Container, type Engine } from '../support/docker.ts'
import { addCustomer } from '../support/offender.ts'
import { mutate, signIn } from '../support/steps.ts'

// A program of the corpus in real containers, an agent that watches their engine, and owners whose scripts start what was
// stopped again. Nobody decides anything but where a story says so.

const EVENTUALLY = { timeout: 90_000, interval: 100 }
/** An owner's script looks so often, and waits so long before it starts a container again. */
const SCRIPT_LOOKS_MS = 200
const SCRIPT_WAITS_MS = 4_000
const MOST_STARTS = 14
const RUN = `story-${process.pid}`
const MINER: Case = OFFENDERS.find(({ name }) => name === 'dataset and stratum')!
const fern = { email: 'fern@quietfern.example', password: 'a long enough password' }

let engine: Engine
let stage: Stage
let plane: ControlPlane
let agent: AgentProcess
let sql: Pool
let owner: Page

beforeAll(async () => {
  ;[engine, plane] = await Promise.all([startDocker(), startControlPlane()])
  stage = await openStage(engine, [MINER])
  sql = plane.connect()
  await mutate(plane, 'hosts.clusters.create', { name: 'quay', kind: 'free' })
  agent = await enrolAgent(plane, { cluster: 'quay', hostname: 'berth', engineSocket: engine.socketPath })
  await agent.start()
})

afterAll(async () => {
  await owner?.context().close()
  await agent?.remove()
  await sql?.end()
  await plane?.remove()
  await stage?.close()
  await engine?.stop()
  // What containers leave behind on the engine.
  const left = ['worker', 'encoder'].flatMap((app) => [`/volumes/${RUN}-${app}`, `/images/${RUN}-${app}:1`])
  for (const path of left) await engine?.call('DELETE', path).catch(() => {})
})

const isThere = (path: string) =>
  engine.call('GET', path).then(
    () => true,
    (error: unknown) => {
      if (error instanceof Error && error.message.includes(': 404 ')) return false
      throw error
    },
  )

/** Waits until a container was stopped; false where it is gone. */
const isStopped = async (container: Container): Promise<boolean> => {
  const until = Date.now() + EVENTUALLY.timeout
  while (Date.now() < until) {
    if (!(await isThere(`/containers/${container.id}/json`))) return false
    if (!(await container.inspect()).State.Running) return true
    await sleep(SCRIPT_LOOKS_MS)
  }
  throw new Error(`${container.name} was not stopped within ${EVENTUALLY.timeout / 1000} s`)
}

/** An owner's script: whenever the container is stopped it starts it again, until there is none. Gives how often. */
const supervise = async (container: Container): Promise<number> => {
  let starts = 0
  for (; starts < MOST_STARTS && (await isStopped(container)); starts++) {
    await sleep(SCRIPT_WAITS_MS)
    await container.start().catch((error: unknown) => {
      if (!(error instanceof Error && / 40[49] /.test(error.message))) throw error
    })
  }
  return starts
}

/** An image of its own: containers of one image that start together are one deploy. */
const imageOf = async (app: string): Promise<string> => {
  const blank = await engine.run({ command: ['true'] })
  const query = `container=${blank.id}&repo=${RUN}-${app}&tag=1&changes=${encodeURIComponent(`LABEL app=${app}`)}`
  await engine.call('POST', `/commit?${query}`)
  await blank.remove()
  return `${RUN}-${app}:1`
}

const run = async (account: string, app: string) =>
  stage.start(MINER, {
    name: `${RUN}-${account}-${app}`,
    image: await imageOf(app),
    labels: { 'io.wharfinger.account': account, 'io.wharfinger.app': app },
    binds: [`${RUN}-${app}:/keep`],
    restart: 'always',
  })

/** What the agent found and has kept on its disk, until the control plane takes it. */
const keptFindings = () =>
  (JSON.parse(readFileSync(join(agent.stateDir, 'state.json'), 'utf8')) as { findings: unknown[] }).findings

const sums = async (account: string) => {
  const [row] = await sql<{ stops: number; strikes: number; deleted: number; held: number }[]>`
    select (select count(*)::int from abuse_sighting where owner = ${account} and action = 'stopped') as stops,
      (select count(*)::int from abuse_strike where owner = ${account}) as strikes,
      (select count(*)::int from abuse_deletion where owner = ${account}) as deleted,
      (select count(*)::int from account_hold h join account a on a.id = h.account_id
        where a.name = ${account} and h.kind = 'abuse' and h.lifted_at is null) as held`
  return row
}

test('with the control plane away a miner is stopped whenever its owner starts it; the two stops nobody was told of are one strike', async () => {
  await sql.end()
  await plane.stop()
  const lamp = await stage.start(MINER, {
    labels: { 'io.wharfinger.account': 'moth', 'io.wharfinger.app': 'lamp' },
    restart: 'always',
  })
  expect(await isStopped(lamp)).toBe(true)
  await lamp.start()
  expect(await isStopped(lamp)).toBe(true)
  // What the agent has done has to outlive the agent too.
  await expect.poll(() => keptFindings().length, EVENTUALLY).toBe(2)
  await agent.kill()
  await plane.start()
  sql = plane.connect()
  await agent.start()
  await expect.poll(() => sums('moth'), EVENTUALLY).toMatchObject({ stops: 2, strikes: 1 })
  await lamp.start()
  expect(await isStopped(lamp)).toBe(true)
  await expect.poll(() => sums('moth'), EVENTUALLY).toEqual({ stops: 3, strikes: 2, deleted: 0, held: 0 })
  await lamp.remove()
})

test('two supervised miners are stopped until their apps are deleted, and with the second the account is suspended', async () => {
  const account = await addCustomer(plane, sql, fern)
  const apps = await Promise.all(['worker', 'encoder'].map((app) => run(account, app)))
  const starts = await Promise.all(apps.map(supervise))
  for (const times of starts) expect(times).toBeGreaterThanOrEqual(4)
  await expect.poll(() => sums(account), EVENTUALLY).toMatchObject({ strikes: 10, deleted: 2, held: 1 })
  for (const { id } of apps) expect(await isThere(`/containers/${id}/json`)).toBe(false)
  for (const app of ['worker', 'encoder']) expect(await isThere(`/volumes/${RUN}-${app}`)).toBe(true)
  const people = await sql`select 1 from audit_event where subject_kind like 'abuse%' and actor_kind <> 'system'`
  expect(people).toHaveLength(0)

  owner = await openPage({ width: 390, baseURL: plane.url })
  await signIn(owner, plane.url, fern)
  await owner.goto(`/${account}/abuse`)
  await owner.getByText(`${account} is suspended`).waitFor()
  for (const app of ['worker', 'encoder']) {
    await owner.goto(`/${account}/abuse`)
    const row = owner.getByRole('row').filter({ hasText: app })
    await row.getByRole('link', { name: /^AB-/ }).click()
    await owner.getByRole('heading', { level: 1, name: `Mining in ${app}` }).waitFor()
    for (let i = 1; i <= 5; i++) await owner.getByText(`Strike ${i}`, { exact: true }).waitFor()
    await owner.getByText('The app was deleted').first().waitFor()
    const page = await owner.getByRole('main').innerText()
    const reasons = await sql<
      { words: string }[]
    >`select e.words from abuse_event e join abuse_case c on c.id = e.case_id
      where c.owner = ${account} and c.app = ${app} and e.kind = 'strike'`
    expect(reasons).toHaveLength(5)
    for (const { words } of reasons) {
      expect(words).toMatch(/^Strike \d of 5\. .*\(\d+\); .*\(\d+\)/)
      expect(page).toContain(words)
    }
  }
  const [last] = await sql`select case_id from abuse_deletion where owner = ${account} order by id desc limit 1`
  await owner.goto(`/${account}/abuse/${last!['caseId']}`)
  await owner.getByText('The account is suspended: two of its apps were deleted for abuse.').waitFor()
})

test('a deleted app is made again by an admin beside its volume, and what nobody asked for is removed after its time', async () => {
  const [worker, encoder] = await sql<{ id: bigint; owner: string }[]>`
    select id, owner from abuse_deletion where app in ('worker', 'encoder') order by app desc`
  await mutate(plane, 'abuse.restore', { deletion: String(worker!.id), reason: 'its key was stolen' })
  const made = () => sql<{ id: string }[]>`select evidence ->> 'containerId' as id from command
    where key like ${`abuse:restore:${worker!.id}:%`} and state = 'done'`
  await expect.poll(async () => (await made()).length, EVENTUALLY).toBe(1)
  type Made = { Name: string; Mounts: { Name?: string; Destination: string }[] }
  const again = await engine.call<Made>('GET', `/containers/${(await made())[0]!.id}/json`)
  expect(again.Name).toBe(`/${RUN}-${worker!.owner}-worker`)
  expect(again.Mounts).toContainEqual(expect.objectContaining({ Name: `${RUN}-worker`, Destination: '/keep' }))

  await sql`update abuse_deletion set keep_until = now() - interval '1 second' where id = ${encoder!.id}`
  await sql`select graphile_worker.add_job('abuse.tick', '{}'::json)`
  await expect.poll(() => isThere(`/volumes/${RUN}-encoder`), EVENTUALLY).toBe(false)
  expect(await isThere(`/volumes/${RUN}-worker`)).toBe(true)
})
