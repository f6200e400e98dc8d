import { systemContext, type Context } from '#server/context.ts'
import type { Env } from '#server/env.ts'
import { JOBS, type JobName } from '#server/jobs.ts'
import { CRON, handlers } from '#server/worker.ts'
import type { Pool } from '#db/client.ts'
import type { Booth } from './booth.ts'

type DueJob = { id: bigint; name: JobName; payload: unknown; key: string | null; attempts: number }
/** Jobs that have nothing to do with money: of other domains, mails, and the search for reports where there are none. */
const IGNORED = /^(?:accounts|hosts|notices|usage\.(?!roll)|billing\.pin_evidence)/
/** Started by the clock, but only once a week: they ask Stripe about everything. */
const WEEKLY = /stripe/
const WEEK_MS = 7 * 86_400_000
const AGAIN_MS = 30 * 60_000
const MOST_ROUNDS = 12

/**
 * The worker by a clock of its own: runs what is due at an instant, in order, and whatever that adds; what fails is tried
 * again. Jobs without a time of their own stand at the database's present, so the instants have to lie in the future.
 */
export const clockwork = (sql: Pool, env: Env, booth: Booth | null) => {
  const failures: { job: string; at: string; error: string }[] = []
  let thisWeek = 0
  const contextAt = (atMs: number, label: string): Context => systemContext(sql, env, label, new Date(atMs))

  /** Whether it was done. */
  const run = async (atMs: number, name: JobName, payload: unknown, requestId: string): Promise<boolean> => {
    try {
      // The name picks both the schema and the handler, which the compiler cannot see through.
      const handle = handlers[name] as (ctx: Context, payload: unknown) => Promise<void>
      await handle({ ...contextAt(atMs, `job ${name}`), requestId }, JOBS[name].parse(payload))
      return true
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error)
      failures.push({ job: name, at: new Date(atMs).toISOString(), error: said })
      return false
    }
  }
  const take = (atMs: number) => sql<DueJob[]>`
    with taken as (
      delete from graphile_worker._private_jobs where run_at <= ${new Date(atMs)}
      returning id, task_id, payload, run_at, key, attempts
    )
    select t.id, k.identifier as name, t.payload, t.key, t.attempts
    from taken t join graphile_worker._private_tasks k on k.id = t.task_id order by t.run_at, t.id`

  const runJobs = async (atMs: number): Promise<void> => {
    for (let jobs = await take(atMs); jobs.length > 0; jobs = await take(atMs))
      for (const { id, name, payload, key } of jobs) {
        if (IGNORED.test(name) || (await run(atMs, name, payload, `job-${id}`))) continue
        await sql`select graphile_worker.add_job(${name}, ${JSON.stringify(payload)}::text::json,
          run_at => ${new Date(atMs + AGAIN_MS)}, job_key => ${key}::text)`
      }
  }
  const settle = async (atMs: number): Promise<void> => {
    for (let round = 0; round < MOST_ROUNDS; round++) {
      await runJobs(atMs)
      if (!booth || (await booth.deliver()) === 0) return
    }
    throw new Error(`webhooks go on and on at ${new Date(atMs).toISOString()}`)
  }

  return {
    failures,
    contextAt,
    settle,
    /**
     * Everything that is due at an instant: Stripe's clock, what the clock starts in billing, jobs and webhooks. `only` names
     * what of the clock's, where that is enough.
     */
    async tick(atMs: number, only?: ReadonlySet<string>): Promise<void> {
      const week = Math.floor(atMs / WEEK_MS)
      if (booth) {
        await booth.moveTo(atMs)
        await settle(atMs)
      }
      for (const { task } of CRON) {
        if (!task.startsWith('billing.') && task !== 'usage.roll') continue
        if (only && !only.has(task)) continue
        if (WEEKLY.test(task) && (!booth || week === thisWeek)) continue
        await run(atMs, task, {}, `cron-${task}-${atMs}`)
      }
      if (!only) thisWeek = week
      await settle(atMs)
    },
  }
}
export type Clockwork = ReturnType<typeof clockwork>
