import type { Context } from '../context.ts'
import { readHosts, readPending } from './hostSql.ts'
import type { HostView } from './hostSql.ts'
import { countQuarantine, readArrivals, readCoverage } from './ingestSql.ts'
import { percentile } from './readings.ts'
import { countRunning, countViolations, listOpenViolations, listTroubledCommands, readCpuSpread } from './fleetSql.ts'
import type { OpenViolation } from './fleetSql.ts'

/** Something that waits for an operator, and by when where something happens on its own. */
export type Decision = {
  key: string
  kind: 'violation' | 'silent' | 'conflict' | 'command'
  title: string
  detail: string
  href: string
  since: Date
  /** When the chosen action is taken by itself; null where nothing is. */
  dueAt: Date | null
  dueAction: string | null
}

const MOST_DECISIONS = 6
const MOST_VIOLATIONS = 50

const ofViolation = (v: OpenViolation): Decision => ({
  key: `violation:${v.id}`,
  kind: 'violation',
  title: `${v.account ?? 'unattributed'}${v.app ? `/${v.app}` : ''}: ${v.kind === 'runaway_log' ? 'runaway log' : `${v.meter} over its ${v.level} limit`}`,
  detail: v.host ? `on ${v.host}` : `${v.occurrences} time${v.occurrences === 1 ? '' : 's'}`,
  href: `/ops/quotas/${v.id}`,
  since: v.openedAt,
  dueAt: v.dueAt,
  dueAction: v.dueAt ? v.action : null,
})

const ofSilence = (host: HostView): Decision => ({
  key: `silent:${host.id}`,
  kind: 'silent',
  title: `${host.name} is silent`,
  detail: `${host.cluster}; its usage is pending`,
  href: `/ops/hosts/${host.id}`,
  since: host.lastReportAt ?? host.enrolledAt,
  dueAt: null,
  dueAction: null,
})

/** What happens by itself first, then the oldest: so sorted by the time that is left. */
const byTimeLeft = (a: Decision, b: Decision) =>
  (a.dueAt?.getTime() ?? Infinity) - (b.dueAt?.getTime() ?? Infinity) || a.since.getTime() - b.since.getTime() || 0

/** The fleet at a glance: figures, what needs a decision, every host for the map, and how reports arrive. */
export const fleet = async (ctx: Context) => {
  const { sql, now } = ctx
  const [hosts, containers, violations, counted, quarantine, arrivals, pending, commands, coverage, spread] =
    await Promise.all([
      readHosts(sql, now),
      countRunning(sql),
      listOpenViolations(sql, MOST_VIOLATIONS),
      countViolations(sql),
      countQuarantine(sql),
      readArrivals(sql, now),
      readPending(sql),
      listTroubledCommands(sql, now),
      readCoverage(sql, now),
      readCpuSpread(sql, now),
    ])
  const silent = hosts.filter(({ state }) => state === 'stale')
  const decisions: Decision[] = [
    ...violations.filter(({ state }) => state === 'open').map(ofViolation),
    ...silent.map(ofSilence),
    ...(quarantine.conflicts > 0
      ? [
          {
            key: 'conflicts',
            kind: 'conflict' as const,
            title: `${quarantine.conflicts} report${quarantine.conflicts === 1 ? '' : 's'} with another body under a known number`,
            detail: 'a restored agent, or somebody with a copied key',
            href: '/ops/ingest?kind=conflict',
            since: now,
            dueAt: null,
            dueAction: null,
          },
        ]
      : []),
    ...commands.map((c) => ({
      key: `command:${c.id}`,
      kind: 'command' as const,
      title: `${c.kind} ${c.state} on ${c.host}`,
      detail: c.detail ?? c.reason,
      href: `/ops/hosts/${c.hostId}/containers/${c.epoch}`,
      since: c.finishedAt,
      dueAt: null,
      dueAction: null,
    })),
  ]
  const count = (state: HostView['state']) => hosts.filter((host) => host.state === state).length
  const violatedHosts = new Set(counted.hostIds)
  return {
    figures: {
      hosts: hosts.length,
      reporting: count('reporting'),
      stale: silent.length,
      never: count('never'),
      containers,
      cpuP95: percentile(
        hosts.map(({ cpuPercent }) => cpuPercent),
        0.95,
      ),
      memoryP95: percentile(
        hosts.map(({ memoryPercent }) => memoryPercent),
        0.95,
      ),
      openViolations: counted.open,
      quarantined: quarantine.rows + quarantine.conflicts,
      conflicts: quarantine.conflicts,
      pending: pending.length,
      simulated: hosts.filter(({ simulated }) => simulated).length,
      ...arrivals,
    },
    decisions: decisions.toSorted(byTimeLeft).slice(0, MOST_DECISIONS),
    decisionCount:
      decisions.length + Math.max(0, counted.open - violations.filter(({ state }) => state === 'open').length),
    hosts: hosts.map(
      ({ id, name, state, cluster, clusterKind, simulated, cpuPercent, memoryPercent, lastReportAt }) => ({
        id,
        name,
        state,
        cluster,
        clusterKind,
        simulated,
        cpuPercent,
        memoryPercent,
        lastReportAt,
        violation: violatedHosts.has(id),
      }),
    ),
    violations: violations.slice(0, 10),
    violationCount: counted.open + counted.acknowledged,
    coverage,
    spread,
    pending: pending.slice(0, 10),
  }
}
