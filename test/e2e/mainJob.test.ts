import { statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { page as openPage } from '../support/browser.ts'
import { startControlPlane, type ControlPlane } from '../support/controlPlane.ts'
import { startDocker, type Container, type Engine } from '../support/docker.ts'
import { figuresOf, mutate, signIn } from '../support/steps.ts'

// The main job on real input. What the pages show is held to truths found without the agent: a cpu quota
// times the time it ran, memory that was allocated, bytes that the receiver and the file system counted.

const QUOTA_CORES = 0.1
const HELD_MIB = 160
const WORK_SECONDS = 60
const WRITTEN_BYTES = 30_000_000
const SENT_BYTES = 40 * 1024 * 1024

const owner = { email: 'owner@saltmarsh.example', password: 'tide comes in at dawn' }
// Without IPv6 a container's namespace is silent when nobody sends: its neighbour discovery would go on for minutes.
const hostConfig = { Sysctls: { 'net.ipv6.conf.all.disable_ipv6': '1' } }
const labels = (app: string) => ({ 'io.wharfinger.account': 'saltmarsh', 'io.wharfinger.app': app })

let engine: Engine
let plane: ControlPlane
let operatorPage: Page
let ownerPage: Page
const startedAt = { ms: 0 }
const containers: Record<'burner' | 'holder' | 'writer' | 'receiver' | 'sender', Container> = {} as never

/** Joins by the link of the invitation that the outbox holds, as its reader does. */
const joinAsOwner = async () => {
  const sql = plane.connect()
  const [row] = await sql<{ body: string }[]>`select body from mail where recipient = ${owner.email} order by id desc`
  await sql.end()
  const link = /http\S+\/invite\?token=\S+/.exec(row?.body ?? '')?.[0]
  expect(link).toBeDefined()
  ownerPage = await openPage({ baseURL: plane.url })
  await ownerPage.goto(link ?? '')
  await ownerPage.getByLabel('Your name').fill('Marsh Owner')
  await ownerPage
    .getByLabel(/password/i)
    .first()
    .fill(owner.password)
  await ownerPage.getByRole('button', { name: /^Join/ }).click()
  await ownerPage.waitForURL(/\/saltmarsh/)
}

beforeAll(async () => {
  engine = await startDocker()
  plane = await startControlPlane({ engineSocket: engine.socketPath })
  await mutate(plane, 'accounts.createFor', { name: 'saltmarsh', displayName: 'Saltmarsh', ownerEmail: owner.email })
  // What starts before the agent looks is a baseline that bills nothing.
  while (!plane.output().includes('the agent runs')) await sleep(100)
  startedAt.ms = Date.now()
  const stay = 'sleep 600'
  containers.receiver = await engine.run({
    name: 'receiver',
    labels: labels('net'),
    hostConfig,
    command: ['sh', '-c', `${stay} | nc -l -p 9000 > /dev/null; ${stay}`],
  })
  const { NetworkSettings } = await containers.receiver.inspect()
  containers.burner = await engine.run({
    name: 'burner',
    labels: labels('cpu'),
    cpus: QUOTA_CORES,
    command: ['sh', '-c', `while :; do :; done & busy=$!; sleep ${WORK_SECONDS}; kill -9 $busy; echo rested; ${stay}`],
  })
  containers.holder = await engine.run({
    name: 'holder',
    labels: labels('memory'),
    hostConfig: { ShmSize: 256 * 1024 * 1024 },
    command: ['sh', '-c', `dd if=/dev/zero of=/dev/shm/held bs=1M count=${HELD_MIB}; ${stay}`],
  })
  containers.writer = await engine.run({
    name: 'writer',
    labels: labels('disk'),
    command: [
      'sh',
      '-c',
      `head -c ${WRITTEN_BYTES} /dev/urandom > /written; i=0; while [ $i -lt 2000 ]; do echo "line $i"; i=$((i+1)); done; ${stay}`,
    ],
  })
  containers.sender = await engine.run({
    name: 'sender',
    labels: labels('net'),
    hostConfig,
    command: ['sh', '-c', `sleep 2; head -c ${SENT_BYTES} /dev/zero | nc ${NetworkSettings.IPAddress} 9000; ${stay}`],
  })
})

afterAll(async () => {
  await operatorPage?.context().close()
  await ownerPage?.context().close()
  await plane?.remove()
  await engine?.stop()
})

test('an operator signs in and sees this host and its containers within 70 s', async () => {
  operatorPage = await openPage({ baseURL: plane.url })
  await signIn(operatorPage, plane.url, plane.admin)
  await operatorPage.goto('/ops/hosts')
  await operatorPage.getByRole('main').getByRole('link').first().waitFor()
  await operatorPage.goto('/ops/hosts/1')
  for (const name of Object.keys(containers)) {
    await operatorPage.getByRole('main').getByText(name, { exact: true }).first().waitFor({ timeout: 70_000 })
  }
  expect(Date.now() - startedAt.ms).toBeLessThan(70_000)
})

test('the owner joins by invitation and sees their apps, and nobody else’s', async () => {
  await joinAsOwner()
  await ownerPage.goto('/saltmarsh/apps')
  for (const app of ['cpu', 'memory', 'disk', 'net']) {
    await ownerPage.getByRole('link', { name: app, exact: true }).first().waitFor({ timeout: 70_000 })
  }
  const response = await ownerPage.goto('/ops')
  expect(response?.status()).not.toBe(200)
})

/** Waits until a page shows what was true: reports come each minute. */
const eventually = async <T>(what: () => Promise<T>, withinMs = 150_000): Promise<T> => {
  const until = Date.now() + withinMs
  for (;;) {
    try {
      return await what()
    } catch (error) {
      if (Date.now() > until) throw error
      await sleep(3_000)
    }
  }
}

const openContainer = async (app: string, container: Container) => {
  await ownerPage.goto(`/saltmarsh/apps/${app}/1-${container.id}?window=24h`)
  await ownerPage.getByRole('heading', { level: 1, name: container.name }).waitFor()
}

const used = async (label: string) => (await figuresOf(ownerPage, label))[0] ?? Number.NaN

/** The memory-time of the holder as its page shows it, and up to when. */
const heldSoFar = async () => {
  await openContainer('memory', containers.holder)
  const time = ownerPage
    .getByText(/Metered to/)
    .locator('time')
    .first()
  const meteredTo = await time.getAttribute('datetime')
  return { mibS: await used('Memory'), atMs: Date.parse(meteredTo ?? '') }
}
let heldFirst: Awaited<ReturnType<typeof heldSoFar>>

test('the page shows the seconds of a cpu quota within 2 %', { timeout: 300_000 }, async () => {
  // The memory's minutes pass while the burner burns.
  heldFirst = await eventually(heldSoFar)
  while (!(await containers.burner.logs()).includes('rested')) await sleep(500)
  const truthUs = QUOTA_CORES * WORK_SECONDS * 1e6
  await eventually(async () => {
    await openContainer('cpu', containers.burner)
    expect((await used('CPU')) / truthUs).toSatisfy((share: number) => Math.abs(share - 1) < 0.02)
  })
})

test('the page shows the memory-time of a known allocation within 3 %', { timeout: 300_000 }, async () => {
  await eventually(async () => {
    const later = await heldSoFar()
    const truthMibS = (HELD_MIB * (later.atMs - heldFirst.atMs)) / 1000
    expect(truthMibS).toBeGreaterThanOrEqual(HELD_MIB * 59)
    expect((later.mibS - heldFirst.mibS) / truthMibS).toSatisfy((share: number) => Math.abs(share - 1) < 0.03)
  }, 200_000)
})

test('the page shows the bytes that the receiver counted, exactly', { timeout: 300_000 }, async () => {
  const { output } = await containers.receiver.exec(['cat', '/sys/class/net/eth0/statistics/rx_bytes'])
  const counted = Number(output.trim())
  expect(counted).toBeGreaterThan(SENT_BYTES)
  await eventually(async () => {
    await openContainer('net', containers.receiver)
    expect(await used('Ingress')).toBe(counted)
  })
  const { output: sent } = await containers.sender.exec(['cat', '/sys/class/net/eth0/statistics/tx_bytes'])
  await openContainer('net', containers.sender)
  expect(await used('Egress')).toBe(Number(sent.trim()))
})

test('the page shows the bytes that were written to disk and log, exactly', async () => {
  const { LogPath } = await containers.writer.inspect()
  const logBytes = statSync(LogPath).size
  await eventually(async () => {
    await openContainer('disk', containers.writer)
    expect(await used('Disk and volumes')).toBe(WRITTEN_BYTES)
    expect(await used('Log')).toBe(logBytes)
  })
})
