import { readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { livingPostmaster } from '#db/postmaster.ts'
import { startControlPlane } from '../support/controlPlane.ts'

const plane = await startControlPlane()
afterAll(() => plane.remove())

const status = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${plane.url}${path}`, { headers }).then((response) => response.status)

test('it answers its probes and says where to go next', async () => {
  expect(await status('/healthz')).toBe(200)
  expect(await status('/readyz')).toBe(200)
  expect(await status('/metrics')).toBe(200)
  const greeting = plane.output().split('\n').slice(0, 6).join('\n')
  expect(greeting).toContain(plane.url)
  expect(greeting).toContain(plane.dataDir)
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

  expect(await plane.start()).toBeLessThan(10_000)
  expect(plane.token()).toBe(token)
  const after = plane.connect()
  expect(await after`select n from mark`).toEqual([{ n: 1 }])
  await after.end()
})

test('after a kill -9 of the control plane the next start is ready in under 5 s', async () => {
  const postgres = plane.postgresPid()
  await plane.kill()
  expect(await plane.start()).toBeLessThan(5_000)
  expect(plane.postgresPid()).toBe(postgres)
})

test('after a kill -9 of PostgreSQL the control plane is ready again in under 5 s', async () => {
  const before = plane.postgresPid()
  const killedAt = performance.now()
  process.kill(before, 'SIGKILL')
  const now = () => livingPostmaster(join(plane.dataDir, 'postgres', 'cluster'))?.pid ?? before
  await expect.poll(now, { timeout: 10_000, interval: 20 }).not.toBe(before)
  await expect.poll(() => status('/readyz').catch(() => 0), { timeout: 10_000, interval: 20 }).toBe(200)
  expect(performance.now() - killedAt).toBeLessThan(5_000)
})

test('a port that is taken ends the start, and says so', async () => {
  const { port } = new URL(plane.url)
  const refused = startControlPlane({ env: { PORT: port } })
  await expect(refused).rejects.toThrow(`port ${port} is in use`)
})
