import type { Pool } from '#db/client.ts'
import { Gauge } from 'prom-client'
import { registry } from '../metrics.ts'
import { STALE_AFTER_MS } from './silence.ts'

/** Declares the gauges of hosts and commands; they are read from the store when metrics are. */
export const watchHosts = (sql: Pool): void => {
  if (registry.getSingleMetric('wharf_hosts_stale')) return
  const stale = new Gauge({
    name: 'wharf_hosts_stale',
    help: 'Hosts that missed three reports and are not revoked.',
    registers: [registry],
    async collect() {
      const [row] = await sql<{ stale: number; reporting: number; never: number }[]>`
        select count(*) filter (where p.last_report_at < ${new Date(Date.now() - STALE_AFTER_MS)})::int as stale,
          count(*) filter (where p.last_report_at >= ${new Date(Date.now() - STALE_AFTER_MS)})::int as reporting,
          count(*) filter (where p.last_report_at is null)::int as never
        from host h left join host_progress p on p.host_id = h.id where h.revoked_at is null`.catch(() => [])
      if (!row) return
      stale.set(row.stale)
      hosts.set({ state: 'reporting' }, row.reporting)
      hosts.set({ state: 'stale' }, row.stale)
      hosts.set({ state: 'never' }, row.never)
    },
  })
  const hosts = new Gauge({
    name: 'wharf_hosts',
    help: 'Hosts that are not revoked, by state.',
    labelNames: ['state'],
    registers: [registry],
  })
  const pending = new Gauge({
    name: 'wharf_commands_pending',
    help: 'Commands to agents that have no result yet.',
    registers: [registry],
    async collect() {
      const [row] = await sql<{ n: number }[]>`select count(*)::int as n from command where state = 'pending'`.catch(
        () => [],
      )
      if (row) pending.set(row.n)
    },
  })
}
