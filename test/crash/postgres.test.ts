import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { connect } from '#db/client.ts'
import type { Pool } from '#db/client.ts'
import { startPostgres, watchPostgres } from '#db/embedded.ts'
import { isRunning } from '#db/postmaster.ts'

const embedded = join(import.meta.dirname, '..', '..', 'db', 'embedded.ts')
let dataDir = ''
const cleanups: (() => unknown)[] = []

beforeEach(() => {
  const home = mkdtempSync(join(tmpdir(), 'wharf-crash-'))
  chmodSync(home, 0o700)
  dataDir = join(home, 'postgres')
  cleanups.push(() => rmSync(home, { recursive: true, force: true }))
})

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const start = async () => {
  const database = await startPostgres({ dataDir })
  cleanups.push(() => database.stop())
  const sql = connect(database.url, { max: 3 })
  cleanups.push(() => sql.end({ timeout: 1 }))
  return { database, sql }
}

/** Waits until a statement succeeds; gives how long that took. */
const untilUp = async (sql: Pool) => {
  const startedAt = performance.now()
  for (;;) {
    try {
      await sql`select 1`
      return performance.now() - startedAt
    } catch (error) {
      if (performance.now() - startedAt > 30_000) throw error
      await sleep(10)
    }
  }
}

test('what was committed is there after a kill -9 of PostgreSQL, on the same address, in under 5 s', async () => {
  const { database, sql } = await start()
  cleanups.push(watchPostgres(database))
  await sql`create table mark (n int primary key)`
  for (let kill = 1; kill <= 3; kill += 1) {
    await sql`insert into mark values (${kill})`
    // A statement that would go on for long must not hold up the recovery.
    const busy = sql`select pg_sleep(60)`.catch(() => 'cut off')
    await sleep(50)
    const before = database.pid
    process.kill(before, 'SIGKILL')
    expect(await busy).toBe('cut off')
    expect(await untilUp(sql)).toBeLessThan(5_000)
    await expect.poll(() => database.pid).not.toBe(before)
    const [row] = await sql`select count(*) as count from mark`
    expect(row).toEqual({ count: BigInt(kill) })
  }
})

test('a postmaster that outlives a kill -9 of its owner is taken over with its connections', async () => {
  const script = `import { startPostgres } from ${JSON.stringify(embedded)}
    const database = await startPostgres({ dataDir: ${JSON.stringify(dataDir)} })
    console.log(database.pid)
    setInterval(() => {}, 1000)`
  const owner = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(owner.stdout, 'data')) as [Buffer]
  owner.kill('SIGKILL')
  await once(owner, 'exit')
  const { database, sql } = await start()
  expect(database.adopted).toBe(true)
  expect(database.pid).toBe(Number(line.toString()))
  expect(await sql`select 1 as one`).toHaveLength(1)
})

test('two that start at once end with one PostgreSQL', async () => {
  const [one, two] = await Promise.all([start(), start()])
  expect(one.database.pid).toBe(two.database.pid)
  expect(one.database.url).toBe(two.database.url)
})

test('a pid file that names another program does not keep PostgreSQL from starting', async () => {
  const first = await start()
  await first.sql`create table mark (n int)`
  process.kill(first.database.pid, 'SIGKILL')
  while (isRunning(first.database.pid)) await sleep(10)
  const file = join(dataDir, 'cluster', 'postmaster.pid')
  const [, ...rest] = readFileSync(file, 'utf8').split('\n')
  writeFileSync(file, [process.pid, ...rest].join('\n'))
  const { sql } = await start()
  expect(await sql`select * from mark`).toEqual([])
})

test('stop ends every process, and the data is there at the next start', async () => {
  const { database, sql } = await start()
  await sql`create table mark (n int)`
  await database.stop()
  expect(isRunning(database.pid)).toBe(false)
  const again = await start()
  expect(again.database.adopted).toBe(false)
  expect(await again.sql`select * from mark`).toEqual([])
})

test('only its owner can read the password and the data', async () => {
  await start()
  const modes = ['', 'password', 'cluster', 'postgres.log'].map((name) => statSync(join(dataDir, name)).mode & 0o777)
  expect(modes.map((mode) => mode.toString(8))).toEqual(['700', '600', '700', '600'])
})
