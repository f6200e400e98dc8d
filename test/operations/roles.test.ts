import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import { freePort } from '../support/controlPlane.ts'
import { testDatabase } from '../support/database.ts'
import { addHost, container, edgeAgo, report, row, sender } from '../server/ingest/plane.ts'

const { sql, url: databaseUrl } = await testDatabase({ max: 5 })
const dataDir = mkdtempSync(join(tmpdir(), 'wharf-roles-'))
const children: ChildProcess[] = []
afterAll(async () => {
  for (const child of children) child.kill('SIGTERM')
  await Promise.all(children.map((child) => (child.exitCode === null ? once(child, 'exit') : undefined)))
  rmSync(dataDir, { recursive: true, force: true })
})

/** One process with some of the roles, on a PostgreSQL that others share. */
const startProcess = async (name: string, roles: string) => {
  const port = await freePort()
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../server/main.ts')], {
    env: {
      ...process.env,
      DATABASE_URL: databaseUrl,
      WHARF_ROLES: roles,
      WHARF_DATA: join(dataDir, name),
      WHARF_SECRET: 'the same secret for all of the processes',
      WHARF_PUBLIC_URL: 'https://wharf.example',
      PORT: String(port),
      DOCKER_HOST: 'unix:///nowhere',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  children.push(child)
  const url = `http://127.0.0.1:${port}`
  while (
    !(await fetch(`${url}/readyz`).then(
      (r) => r.ok,
      () => false,
    ))
  ) {
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}`)
    await sleep(50)
  }
  return url
}

test(
  'ingest and worker processes share one database, and a host may report to any of them',
  { timeout: 60_000 },
  async () => {
    const [one, two, worker] = await Promise.all([
      startProcess('one', 'ingest'),
      startProcess('two', 'ingest'),
      startProcess('worker', 'worker'),
    ])
    const host = await addHost(sql)
    const web = container('web')
    const senders = [sender(one), sender(two)]
    for (let seq = 1; seq <= 8; seq++) {
      const minutes = [{ edgeMonoMs: edgeAgo(12 - seq), rows: [row(web.epoch, seq * 1_000)] }]
      const content = report(seq, { epochs: seq === 1 ? [web] : [], minutes })
      const [here, there] = seq % 2 ? senders : senders.toReversed()
      expect((await here?.send(host, content))?.body).toMatchObject({
        status: 'stored',
        contiguousSeq: seq,
        quarantined: [],
      })
      // The other process has not seen it, and knows it all the same.
      expect((await there?.send(host, content))?.body).toMatchObject({ status: 'duplicate', contiguousSeq: seq })
    }
    const used = async () => {
      const [sum] = await sql<
        { cpu: string | null }[]
      >`select sum(cpu_us)::text as cpu from usage_hour where host_id = ${host.hostId}`
      return sum?.cpu
    }
    await expect.poll(used, { timeout: 30_000, interval: 200 }).toBe('8000')
    expect((await fetch(`${worker}/v1/reports`, { method: 'POST' })).status).toBe(404)
    expect((await fetch(`${one}/sign-in`)).status).toBe(404)
  },
)
