import type { Pool, Tx } from '#db/client.ts'
import { Counter, Histogram } from 'prom-client'
import type { Context } from '../context.ts'
import { addJob } from '../jobs.ts'
import { registry } from '../metrics.ts'
import { minutesKeptFrom } from './horizon.ts'
import { announceUse, rollClosed, rollOpen, type Due } from './rollHours.ts'

const HOSTS_PER_BATCH = 64
/** First key of the advisory lock a host's hours and attributions are changed under; the second is the host's id. */
export const HOST_LOCK = 724_499

const rollSeconds = new Histogram({
  name: 'wharf_usage_roll_duration_seconds',
  help: 'Time to roll one batch of hosts from minutes into hours.',
  buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  registers: [registry],
})
const rolledTotal = new Counter({
  name: 'wharf_usage_rolled_hours_total',
  help: 'Hours of epochs that were written by rolling.',
  registers: [registry],
})

/** Takes what is due of hosts that nobody else is rolling now; gone with the transaction that rolls it. */
const take = async (tx: Tx): Promise<Due[]> => {
  const hosts = await tx<{ hostId: number }[]>`
    select host_id from (select distinct host_id from hour_due order by host_id) d
    where pg_try_advisory_xact_lock(${HOST_LOCK}, host_id) limit ${HOSTS_PER_BATCH}`
  if (hosts.length === 0) return []
  // Whatever ingest adds from here on stays due, so rows that come meanwhile are rolled again, which is harmless.
  return await tx<Due[]>`
    with taken as (delete from hour_due where host_id = any(${hosts.map((h) => h.hostId)}::int[]) returning host_id, hour)
    select distinct host_id, hour from taken order by host_id, hour`
}

/** Rolls one batch of hosts, in one transaction: their hours, their accounts' hours, the news of it. 0: nothing due. */
const rollBatch = async (sql: Pool): Promise<number> =>
  await sql.begin(async (tx) => {
    const keptFrom = await minutesKeptFrom(tx)
    const due = await take(tx)
    if (due.length === 0) return 0
    // The planner cannot know how few rows a parameter means: without this it may read whole months to join one hour.
    await tx`select set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
      set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)`
    const closed = due.filter((d) => d.hour * 60 < keptFrom)
    const open = due.filter((d) => d.hour * 60 >= keptFrom)
    const accounts = new Set<bigint>()
    for (const [rows, roll] of [[closed, rollClosed] as const, [open, rollOpen] as const]) {
      if (rows.length === 0) continue
      const rolled = await roll(tx, rows, keptFrom)
      rolledTotal.inc(rolled.hours)
      for (const id of rolled.accounts) accounts.add(id)
    }
    await announceUse(tx, [...accounts], [...new Set(due.map((d) => d.hostId))])
    const owners = [...accounts].filter((id) => id !== 0n).map(String)
    if (owners.length > 0) await addJob(tx, 'billing.watch_spend', { accountIds: owners })
    return due.length
  })

/** The job `usage.roll`: rolls everything due, a batch of hosts at a time. Several may run at once. */
export const rollDue = async (ctx: Context): Promise<void> => {
  for (;;) {
    const done = rollSeconds.startTimer()
    const rolled = await rollBatch(ctx.sql)
    done()
    if (rolled === 0) return
  }
}
