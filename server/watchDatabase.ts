import type { Pool } from '#db/client.ts'
import { Gauge } from 'prom-client'
import { registry } from './metrics.ts'

const gauge = (name: string, help: string, labelNames: string[] = []) =>
  new Gauge({ name, help, labelNames, registers: [registry] })

type Connections = { pool: string; state: string; n: number }[]
type Jobs = { name: string; state: string; n: number; oldestSeconds: number }[]

/**
 * Declares what is read from the store: connections, jobs, and what waits or was set aside. The function it gives reads
 * them anew; what cannot be read keeps its last value, and `wharf_database_up` tells.
 */
export const watchDatabase = (sql: Pool): (() => Promise<void>) => {
  const up = gauge('wharf_database_up', 'Whether PostgreSQL answered when these metrics were read.')
  const limit = gauge('wharf_database_connections_limit', 'Connections that PostgreSQL allows in all.')
  const connections = gauge(
    'wharf_database_connections',
    'Connections to the database by pool and state, of all processes.',
    ['pool', 'state'],
  )
  const jobs = gauge('wharf_jobs', 'Jobs by name and state (due, running, later, failed for good).', ['job', 'state'])
  const oldest = gauge('wharf_jobs_oldest_due_seconds', 'How long the job that is due longest has waited.')
  const due = gauge('wharf_usage_hours_due', 'Notes of hours that wait to be rolled from minutes.')
  const quarantine = gauge('wharf_quarantine_open', 'Rows and reports set aside that nobody has reviewed.', ['kind'])

  const readConnections = async () => {
    const rows = await sql<Connections>`select coalesce(nullif(application_name, ''), 'other') as pool,
        coalesce(state, 'other') as state, count(*)::int as n
      from pg_stat_activity where datname = current_database() and backend_type = 'client backend' group by 1, 2`
    const [most] = await sql<{ n: number }[]>`select current_setting('max_connections')::int as n`
    connections.reset()
    for (const { pool, state, n } of rows) connections.set({ pool, state }, n)
    limit.set(most?.n ?? 0)
  }
  const readJobs = async () => {
    const rows = await sql<Jobs>`
      select task_identifier as name, count(*)::int as n,
        case when locked_at is not null then 'running' when attempts >= max_attempts then 'failed'
          when run_at <= now() then 'due' else 'later' end as state,
        extract(epoch from now() - min(run_at))::float8 as oldest_seconds
      from graphile_worker.jobs group by 1, 3`
    jobs.reset()
    for (const { name, state, n } of rows) jobs.set({ job: name, state }, n)
    oldest.set(Math.max(0, ...rows.filter(({ state }) => state === 'due').map((row) => row.oldestSeconds)))
  }
  const readWaiting = async () => {
    const [row] = await sql<{ due: number; rows: number; conflicts: number }[]>`
      select (select count(*)::int from hour_due) as due,
        count(*) filter (where kind = 'row')::int as rows, count(*) filter (where kind = 'conflict')::int as conflicts
      from (select kind from quarantine where reviewed_at is null limit 10000) q`
    due.set(row?.due ?? 0)
    quarantine.set({ kind: 'row' }, row?.rows ?? 0)
    quarantine.set({ kind: 'conflict' }, row?.conflicts ?? 0)
  }
  return async () => {
    const read = await Promise.allSettled([readConnections(), readJobs(), readWaiting()])
    up.set(read.every(({ status }) => status === 'rejected') ? 0 : 1)
  }
}
