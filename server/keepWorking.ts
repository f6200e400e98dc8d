import type { Pool } from '#db/client.ts'
import { run, type RunnerOptions } from 'graphile-worker'
import { EventEmitter, once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { log } from './log.ts'

/** No job works this long without a break; one that does is begun once more, which handlers bear. */
const ABANDONED_AFTER = '5 minutes'
const UNLOCK_EVERY_MS = 60_000
const RESTART_MS = 1_000
const STOP_WITHIN_MS = 30_000

/**
 * Gives back jobs whose worker was killed while it held them: graphile-worker itself would wait four hours.
 * `at once`: nobody else works on this database, so whatever is held is held by the dead.
 */
const unlock = async (sql: Pool, when: 'at once' | 'abandoned') => {
  const after = when === 'at once' ? '0' : ABANDONED_AFTER
  const jobs = await sql`update graphile_worker._private_jobs set locked_at = null, locked_by = null
    where locked_at <= now() - ${after}::interval returning id`
  if (jobs.length > 0) log.warn({ jobs: jobs.length }, 'jobs of a worker that ended are taken up again')
}

/** Resolves when nobody uses a pool: how a job ended is still being written when its worker says that it stopped. */
const quiet = async (pool: pg.Pool) => {
  const isBusy = () => pool.waitingCount > 0 || pool.totalCount > pool.idleCount
  for (const until = Date.now() + STOP_WITHIN_MS; isBusy() && Date.now() < until;) await sleep(5)
}

/**
 * Runs graphile-worker until stopped, and starts it again when it gave up: a lost database ends its workers one by one.
 * A stop lets running jobs end.
 */
export const keepWorking = async (
  sql: Pool,
  databaseUrl: string,
  options: Omit<RunnerOptions, 'events' | 'pgPool' | 'connectionString'>,
  alone: boolean,
): Promise<{ stop(): Promise<void> }> => {
  // Ours, not the library's: its own pool loses its error handlers before its connections, and a connection that breaks
  // in between would end the process.
  const pgPool = new pg.Pool({ connectionString: databaseUrl, max: 8, application_name: 'wharfinger worker' })
  pgPool.on('error', (error) => log.warn({ err: error }, 'a connection of the worker was lost'))
  pgPool.on('connect', (client) => client.on('error', () => {}))
  let stopping = false
  const ending = new AbortController()
  const ended = once(ending.signal, 'abort')

  /** Starts a runner; `over` resolves when it works no more. */
  const start = async (): Promise<{ stop(): Promise<unknown>; over: Promise<unknown> }> => {
    const events = new EventEmitter() as NonNullable<RunnerOptions['events']>
    const runner = await run({ ...options, pgPool, events })
    // Its clock may be waiting for the database much longer than its jobs take to end.
    const stop = () => Promise.race([runner.stop().catch(() => {}), sleep(STOP_WITHIN_MS, undefined, { ref: false })])
    const over = Promise.race([
      runner.promise.catch((error: unknown) => log.error({ err: error }, 'worker ended')),
      // A worker that could not say how its job ended is gone, and its job stays locked: begin anew, whole.
      new Promise((resolve) => events.once('worker:fatalError', resolve)).then(stop),
    ])
    return { stop, over }
  }

  await unlock(sql, alone ? 'at once' : 'abandoned')
  let runner: Awaited<ReturnType<typeof start>> | undefined = await start()
  const keepOn = async () => {
    while (!stopping) {
      await Promise.race([runner?.over, ended])
      if (stopping) break
      runner = undefined
      await Promise.race([sleep(RESTART_MS), ended])
      try {
        await unlock(sql, alone ? 'at once' : 'abandoned')
        runner = await start()
        log.info('worker runs again')
      } catch (error) {
        log.warn({ err: error }, 'worker does not start; it is tried again')
      }
    }
    await runner?.stop()
  }
  const running = keepOn()
  const timer = setInterval(() => void unlock(sql, 'abandoned').catch(() => {}), UNLOCK_EVERY_MS)
  return {
    async stop() {
      stopping = true
      clearInterval(timer)
      ending.abort()
      await running
      await quiet(pgPool)
      await pgPool.end()
    },
  }
}
