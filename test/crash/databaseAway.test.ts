import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import { connect } from '#db/client.ts'
import { startPostgres, type EmbeddedPostgres } from '#db/embedded.ts'
import { migrate } from '#db/migrate.ts'
import { addJob } from '#server/jobs.ts'
import { startWorker } from '#server/worker.ts'
import { addHost, report, sender, startPlane, type Answer } from '../server/ingest/plane.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'wharf-away-'))
let database: EmbeddedPostgres = await startPostgres({ dataDir })
afterAll(async () => {
  await database.stop()
  rmSync(dataDir, { recursive: true, force: true })
})
await migrate(database.url)
const sql = connect(database.url, { max: 5 })
afterAll(() => sql.end({ timeout: 2 }))
const plane = await startPlane(sql, database.url)
const { send } = sender(plane.url)
const worker = await startWorker(sql, plane.env, database.url)
afterAll(() => worker.stop())

/** Starts PostgreSQL again on its port and gives the milliseconds until `ask` is answered as hoped. */
const backUntil = async (ask: () => Promise<boolean>) => {
  database = await startPostgres({ dataDir, port: database.port })
  const startedAt = performance.now()
  while (!(await ask())) {
    if (performance.now() - startedAt > 30_000) throw new Error('not back within 30 s')
    await sleep(20)
  }
  return performance.now() - startedAt
}

const settledJobs = async () => {
  const [row] = await sql<{ n: number }[]>`select count(*)::int as n from graphile_worker.jobs
    where task_identifier = 'notices.mail'`
  return row?.n
}

test('while the database is away reports are 503 with Retry-After; once it is back they are taken within 5 s', async () => {
  const host = await addHost(sql)
  const newcomer = await addHost(sql)
  expect((await send(host, report(1))).status).toBe(200)
  await database.stop()

  const away: Answer[] = []
  for (let i = 0; i < 5; i++) away.push(await send(host, report(2)), await send(newcomer, report(1)))
  for (const answer of away) {
    expect([answer.status, answer.body.error?.code]).toEqual([503, 'UNAVAILABLE'])
    expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(1)
  }
  const ready = await fetch(`${plane.url}/readyz`)
  expect([ready.status, ready.headers.get('retry-after')]).toEqual([503, '2'])
  expect((await fetch(`${plane.url}/healthz`)).status).toBe(200)
  expect((await fetch(`${plane.url}/metrics`)).status).toBe(200)

  const tookMs = await backUntil(async () => (await send(host, report(2))).status === 200)
  expect(tookMs).toBeLessThan(5_000)
  expect((await send(newcomer, report(1))).status).toBe(200)
  expect((await send(host, report(3))).body.contiguousSeq).toBe(3)
})

test('news is heard again after the database was away: a revoked host is refused at once', async () => {
  const host = await addHost(sql)
  expect((await send(host, report(1))).status).toBe(200)
  await database.stop()
  await sleep(3_000)
  await backUntil(async () => (await send(host, report(2))).status === 200)
  // Standings are read anew every 30 s in any case; hearing of it takes a moment.
  await expect
    .poll(
      () =>
        sql`select 1`.then(
          () => true,
          () => false,
        ),
      { timeout: 60_000 },
    )
    .toBe(true)
  await sleep(1_500)
  await sql`update host set revoked_at = now() where id = ${host.hostId}`
  await expect.poll(async () => (await send(host, report(3))).status, { timeout: 60_000 }).toBe(403)
})

test('jobs go on after an outage', async () => {
  const mail = (key: string) => addJob(sql, 'notices.mail', { to: 'a@example.com', subject: 's', text: 't', key })
  await mail('before')
  await expect.poll(settledJobs, { timeout: 60_000 }).toBe(0)
  await database.stop()
  await sleep(6_000)
  await backUntil(() =>
    sql`select 1`.then(
      () => true,
      () => false,
    ),
  )
  await mail('after')
  await expect.poll(settledJobs, { timeout: 60_000 }).toBe(0)
  const keys = await sql<{ key: string }[]>`select key from mail order by id`
  expect(keys.map(({ key }) => key)).toEqual(['before', 'after'])
})

test('a job whose worker was killed while it held it is taken up again by the next start', async () => {
  await sql`insert into graphile_worker._private_jobs (task_id, payload, locked_at, locked_by, key)
    select id, ${JSON.stringify({ to: 'a@example.com', subject: 's', text: 't', key: 'held' })}::text::json, now(),
      'a worker that was killed', 'held' from graphile_worker._private_tasks where identifier = 'notices.mail'`
  const next = await startWorker(sql, plane.env, database.url)
  await expect.poll(settledJobs, { timeout: 60_000 }).toBe(0)
  await next.stop()
  expect(await sql`select 1 from mail where key = 'held'`).toHaveLength(1)
})

test('workers that lose the database within a job work on once it is back, and the job is done', async () => {
  await sql`create or replace function slow_mail() returns trigger language plpgsql as $$
    begin if new.key like 'slow%' then perform pg_sleep(1); end if; return new; end $$`
  await sql`create trigger slow_mail before insert on mail for each row execute function slow_mail()`
  for (let i = 0; i < 6; i++)
    await addJob(sql, 'notices.mail', { to: 'a@example.com', subject: 's', text: 't', key: `slow ${i}` })
  await sleep(400)
  process.kill(database.pid, 'SIGKILL')
  await backUntil(() =>
    sql`select 1`.then(
      () => true,
      () => false,
    ),
  )
  await expect.poll(settledJobs, { timeout: 60_000, interval: 200 }).toBe(0)
  expect(await sql`select 1 from mail where key like 'slow%'`).toHaveLength(6)
})
