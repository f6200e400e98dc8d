import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { livingPostmaster } from '#db/postmaster.ts'
import { startControlPlane } from '../support/controlPlane.ts'

const plane = await startControlPlane()
afterAll(() => plane.remove())
const cluster = join(plane.dataDir, 'postgres', 'cluster')

const status = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${plane.url}${path}`, { headers }).then((response) => response.status)

test('it answers its probes and says where to go next', async () => {
  expect(await status('/healthz')).toBe(200)
  expect(await status('/readyz')).toBe(200)
  expect(await status('/metrics')).toBe(200)
  await expect.poll(plane.output, { timeout: 60_000 }).toContain('Ctrl-C stops everything')
  expect(plane.output()).toContain(plane.url)
  expect(plane.output()).toContain(plane.dataDir)
})

test('a stop ends every process of it, and a second start finds its data', async () => {
  const token = plane.token()
  const before = plane.connect()
  await before`create table mark as select 1 as n`
  await before.end()
  expect(await plane.stop()).toBe(0)
  const left = readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .filter((pid) => {
      try {
        return readlinkSync(`/proc/${pid}/cwd`).startsWith(plane.dataDir)
      } catch {
        return false
      }
    })
  expect(left).toEqual([])

  await plane.start()
  expect(plane.token()).toBe(token)
  const after = plane.connect()
  expect(await after`select n from mark`).toEqual([{ n: 1 }])
  await after.end()
})

// How long it takes is measured by the benchmark `kills`.
test('after a kill -9 of the control plane the next start goes on with the PostgreSQL that runs', async () => {
  const postgres = plane.postgresPid()
  await plane.kill()
  await plane.start()
  expect(plane.postgresPid()).toBe(postgres)
})

test('after a kill -9 of PostgreSQL the control plane is ready again by itself', async () => {
  const before = plane.postgresPid()
  process.kill(before, 'SIGKILL')
  const now = () => livingPostmaster(cluster)?.pid ?? before
  await expect.poll(now, { timeout: 60_000, interval: 20 }).not.toBe(before)
  await expect.poll(() => status('/readyz').catch(() => 0), { timeout: 60_000, interval: 20 }).toBe(200)
})

test('a port that is taken ends the start, says so and leaves nothing running', async () => {
  const { port } = new URL(plane.url)
  const dataDir = mkdtempSync(join(tmpdir(), 'wharf-taken-'))
  const refused = startControlPlane({ env: { PORT: port, WHARF_DATA: dataDir } })
  await expect(refused).rejects.toThrow(`port ${port} is in use`)
  expect(livingPostmaster(join(dataDir, 'postgres', 'cluster'))).toBeUndefined()
  rmSync(dataDir, { recursive: true })
})

test('a second start on the same data fails without disturbing the first', async () => {
  const postgres = plane.postgresPid()
  const refused = startControlPlane({ env: { PORT: new URL(plane.url).port, WHARF_DATA: plane.dataDir } })
  await expect(refused).rejects.toThrow('is in use')
  expect(plane.postgresPid()).toBe(postgres)
  expect(await status('/readyz')).toBe(200)
})

test('an interrupt while it starts stops everything', async () => {
  await plane.stop()
  const starting = plane.start()
  await expect.poll(() => livingPostmaster(cluster)?.ready, { timeout: 60_000, interval: 10 }).toBe(true)
  // It may have become ready for a moment, or not.
  const settled = Promise.allSettled([starting])
  expect(await plane.stop()).toBe(0)
  await settled
  expect(livingPostmaster(cluster)).toBeUndefined()
})
