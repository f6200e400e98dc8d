import { systemContext, type Context } from '#server/context.ts'
import type { Env } from '#server/env.ts'
import { JOBS, type JobName } from '#server/jobs.ts'
import { CRON, handlers } from '#server/worker.ts'
import type { Pool } from '#db/client.ts'

type DueJob = { id: bigint; name: JobName; payload: unknown }
/** Jobs that have nothing to do with money: of other domains, mails, and the search for reports where there are none. */
const IGNORED = /^(?:accounts|hosts|notices|usage\.(?!roll)|billing\.pin_evidence)/

/**
 * The worker by a clock of its own: runs what is due at an instant, in order, and whatever that adds. Jobs without a time of
 * their own stand at the database's present, so the instants have to lie in the future.
 */
export const clockwork = (sql: Pool, env: Env) => {
  const failures: { job: string; atMs: number; error: unknown }[] = []
  const contextAt = (atMs: number, label: string): Context => systemContext(sql, env, label, new Date(atMs))

  const run = async (atMs: number, name: JobName, payload: unknown) => {
    try {
      // The name picks both the schema and the handler, which the compiler cannot see through.
      const handle = handlers[name] as (ctx: Context, payload: unknown) => Promise<void>
      await handle(contextAt(atMs, `job ${name}`), JOBS[name].parse(payload))
    } catch (error) {
      failures.push({ job: name, atMs, error })
    }
  }
  const take = () => sql<DueJob[]>`
    with taken as (
      delete from graphile_worker._private_jobs where run_at <= ${new Date(clock)} returning id, task_id, payload, run_at
    )
    select t.id, k.identifier as name, t.payload from taken t join graphile_worker._private_tasks k on k.id = t.task_id
    order by t.run_at, t.id`
  let clock = 0

  return {
    failures,
    contextAt,
    /** Everything that is due at an instant: what the clock starts in billing, then jobs until none is left. */
    async tick(atMs: number): Promise<void> {
      clock = atMs
      for (const { task } of CRON) if (task.startsWith('billing.') || task === 'usage.roll') await run(atMs, task, {})
      for (let jobs = await take(); jobs.length > 0; jobs = await take())
        for (const { name, payload } of jobs) if (!IGNORED.test(name)) await run(atMs, name, payload)
    },
  }
}
export type Clockwork = ReturnType<typeof clockwork>
