import type { Sql } from '#db/client.ts'
import { STALE_AFTER_MS } from '../../hosts/silence.ts'
import type { IncomingAlert } from './parseAlerts.ts'

type Firing = { fingerprint: string; startsAt: Date }
type Seen = Omit<IncomingAlert, 'endsAt' | 'annotations' | 'link' | 'groupKey'> & { group: string; description: string }

/**
 * What is wrong by our own records now, as alerts; and what was and is over, as ended ones. Hosts that are silent (a page:
 * their apps may be out), and violations of quotas that an operator has to decide (a warning).
 */
export const alertsOfOwn = async (sql: Sql, now: Date, upSince: Date): Promise<IncomingAlert[]> => {
  const seen = [...(await silentHosts(sql, now, upSince)), ...(await violations(sql))]
  const firing = await sql<
    Firing[]
  >`select fingerprint, starts_at from alert where source = 'wharfinger' and ends_at is null`
  const named = new Set(seen.map(({ fingerprint, startsAt }) => `${fingerprint} ${startsAt?.getTime()}`))
  const over = firing.filter(({ fingerprint, startsAt }) => !named.has(`${fingerprint} ${startsAt.getTime()}`))
  const kept = await sql<
    (Firing & Pick<IncomingAlert, 'title' | 'labels' | 'annotations' | 'severity' | 'groupKey'>)[]
  >`
    select fingerprint, starts_at, title, labels, annotations, severity, group_key from alert
    where source = 'wharfinger' and ends_at is null and fingerprint = any(${over.map(({ fingerprint }) => fingerprint)})`
  const isOver = (one: Firing) => !named.has(`${one.fingerprint} ${one.startsAt.getTime()}`)
  return [
    ...seen.map(({ group, description, ...alert }) => ({
      ...alert,
      endsAt: null,
      annotations: { description },
      link: null,
      groupKey: group,
    })),
    ...kept.filter(isOver).map((one) => ({ ...one, endsAt: now, link: null })),
  ]
}

/** As the hosts' page has it: three reports missed. Hosts of the simulated fleet wake nobody. */
const silentHosts = async (sql: Sql, now: Date, upSince: Date): Promise<Seen[]> => {
  // Before this process was up that long, silence may be our own.
  const found = await silent(sql, now)
  if (now.getTime() - upSince.getTime() >= STALE_AFTER_MS) return found
  const known = await sql<{ fingerprint: string }[]>`select fingerprint from alert
    where source = 'wharfinger' and ends_at is null and fingerprint like 'host-silent:%'`
  const names = new Set(known.map(({ fingerprint }) => fingerprint))
  return found.filter(({ fingerprint }) => names.has(fingerprint))
}

const silent = async (sql: Sql, now: Date): Promise<Seen[]> => {
  const rows = await sql<{ id: number; name: string; cluster: string; lastReportAt: Date; simulated: boolean }[]>`
    select h.id, h.name, c.name as cluster, p.last_report_at, h.simulated from host h
      join host_progress p on p.host_id = h.id join cluster c on c.id = h.cluster_id
    where h.revoked_at is null and p.last_report_at < ${new Date(now.getTime() - STALE_AFTER_MS)}
      and p.last_report_at > ${new Date(now.getTime() - 7 * 86_400_000)} order by h.id`
  return rows.map(({ id, name, cluster, lastReportAt, simulated }) => ({
    fingerprint: `host-silent:${id}`,
    startsAt: lastReportAt,
    severity: simulated ? 'warning' : 'critical',
    title: `${name} is silent`,
    labels: {
      alertname: 'HostSilent',
      host: name,
      cluster,
      severity: simulated ? 'warning' : 'critical',
      template: 'host-down',
    },
    group: `host-silent:${cluster}`,
    description: `No report since ${lastReportAt.toISOString().slice(11, 16)} UTC. Look whether the host and its agent run.`,
  }))
}

/** Hard limits that were crossed and that nobody has decided about. */
const violations = async (sql: Sql): Promise<Seen[]> => {
  const rows = await sql<{ id: bigint; account: string | null; app: string | null; meter: string; hardSince: Date }[]>`
    select v.id, a.name as account, v.app, v.meter, v.hard_since from violation v left join account a on a.id = v.account_id
    where v.state = 'open' and v.level = 'hard' and v.hard_since is not null order by v.id limit 400`
  return rows.map(({ id, account, app, meter, hardSince }) => ({
    fingerprint: `quota:${id}`,
    startsAt: hardSince,
    severity: 'warning',
    title: `${[account, app].filter(Boolean).join(' / ') || 'A container'} is over its limit of ${meter}`,
    labels: {
      alertname: 'QuotaCrossed',
      meter,
      severity: 'warning',
      ...(account ? { account } : {}),
      ...(app ? { app } : {}),
    },
    group: `quota:${id}`,
    description: 'Decide under Quotas: raise the limit, stop it, or leave it.',
  }))
}
