import type { Metadata } from 'next'
import { load, server } from '../server.ts'
import { Live } from '../shell/live.tsx'
import { TimeSeries } from '../ui/chart.tsx'
import { Evidence } from '../ui/evidence.tsx'
import { KpiStrip } from '../ui/kpis.tsx'
import { PageHead, Panel } from '../ui/panel.tsx'
import { Qty } from '../ui/qty.tsx'
import { Sparkline } from '../ui/sparkline.tsx'
import { StatusBadge } from '../ui/status.tsx'
import { Time } from '../ui/time.tsx'
import { Decisions } from './decisions.tsx'
import { FleetMap, type MapView } from './fleet-map.tsx'
import { ViolationsPanel } from './violations-panel.tsx'

export const metadata: Metadata = { title: 'Fleet' }

type Search = Promise<Record<string, string | string[] | undefined>>

/** The whole fleet: what needs a decision, how loaded it is, and how its reports arrive. */
export default async function FleetPage({ searchParams }: { searchParams: Search }) {
  const { by, as } = await searchParams
  const view: MapView = { by: by === 'memory' ? 'memory' : 'cpu', as: as === 'table' ? 'table' : 'map' }
  const api = await server()
  const fleet = await load(api.hosts.fleet())
  const { figures, coverage } = fleet
  const silentNote = [
    figures.stale > 0 ? `${figures.stale} silent` : 'none silent',
    ...(figures.never > 0 ? [`${figures.never} not reported yet`] : []),
  ].join(', ')
  const lagging = figures.lagP95Seconds !== null && figures.lagP95Seconds > 120
  return (
    <>
      <Live topics={['fleet', 'host', 'violations', 'command']} />
      <PageHead
        title="Fleet"
        sub={
          <>
            {figures.hosts} host{figures.hosts === 1 ? '' : 's'} in {new Set(fleet.hosts.map((h) => h.cluster)).size}{' '}
            clusters. Figures as of <Time at={new Date()} show="absolute" seconds />.
          </>
        }
      />
      <div className="stack">
        <KpiStrip
          of={[
            {
              label: 'Hosts reporting',
              figure: (
                <>
                  <Qty of="count" value={figures.reporting} /> <span className="unit">of {figures.hosts}</span>
                </>
              ),
              note: silentNote,
              ...(figures.stale > 0 ? { status: 'unknown' as const } : {}),
              chart: (
                <Sparkline
                  values={coverage.map(({ hosts }) => hosts)}
                  label="Hosts with readings, each minute of the last hour"
                />
              ),
            },
            {
              label: 'CPU, p95 host',
              figure: (
                <Evidence
                  title="CPU at the 95th percentile of hosts"
                  window="the last whole minute"
                  samples={`${figures.reporting} hosts`}
                  source="busy time of all cores, from the hosts' own counters"
                  asOf={figures.newestAt}
                  href="/ops/hosts?sort=cpu"
                  linkText="Hosts by CPU"
                >
                  <Qty of="percent" value={figures.cpuP95} />
                </Evidence>
              ),
              note: 'of all cores, last minute',
            },
            {
              label: 'Memory, p95 host',
              figure: (
                <Evidence
                  title="Memory in use at the 95th percentile of hosts"
                  window="the end of the last minute"
                  samples={`${figures.reporting} hosts`}
                  asOf={figures.newestAt}
                  href="/ops/hosts?sort=memory"
                  linkText="Hosts by memory"
                >
                  <Qty of="percent" value={figures.memoryP95} />
                </Evidence>
              ),
              note: 'of installed memory',
            },
            {
              label: 'Containers',
              figure: <Qty of="count" value={figures.containers} />,
              note: 'running now',
            },
            {
              label: 'Quota violations',
              figure: (
                <>
                  <Qty of="count" value={figures.openViolations} /> <span className="unit">open</span>
                </>
              ),
              note: <a href="/ops/quotas">All violations</a>,
              ...(figures.openViolations > 0 ? { status: 'degraded' as const } : {}),
            },
            {
              label: 'Report age, p95',
              figure: <Qty of="ms" value={figures.lagP95Seconds === null ? null : figures.lagP95Seconds * 1000} />,
              note: 'a report a minute is due',
              ...(lagging ? { status: 'degraded' as const } : {}),
            },
          ]}
        />
        <div className="split split-wide max-sm:-order-1">
          <Decisions of={fleet.decisions} count={fleet.decisionCount} />
          <TimeSeries
            title="CPU load by host"
            sub="% of cores, 30 min means, 6 h"
            finding={
              figures.cpuP95 === null
                ? 'No host has reported for a minute.'
                : `The busiest twentieth of hosts uses ${Math.round(figures.cpuP95)} % of its cores or more.`
            }
            kind="percent"
            times={fleet.spread.map(({ atMs }) => atMs)}
            series={[
              { label: 'p95', values: fleet.spread.map(({ p95 }) => p95) },
              { label: 'p50', values: fleet.spread.map(({ p50 }) => p50) },
              { label: 'max', values: fleet.spread.map(({ max }) => max) },
            ]}
            csvName="fleet-cpu"
          />
        </div>
        <FleetMap hosts={fleet.hosts} view={view} />
        <ViolationsPanel of={fleet.violations} count={fleet.violationCount} />
        <Panel
          title="Ingest"
          badge={
            figures.conflicts > 0 ? (
              <StatusBadge status="major" as="chip">
                Conflicts
              </StatusBadge>
            ) : figures.pending > 0 || figures.stale > 0 ? (
              <StatusBadge status="degraded" as="chip">
                Usage pending
              </StatusBadge>
            ) : (
              <StatusBadge status="operational" as="chip">
                Complete
              </StatusBadge>
            )
          }
          actions={<a href="/ops/ingest">Open ingest</a>}
          flush
        >
          <KpiStrip
            tight
            of={[
              { label: 'Reports, last minute', figure: <Qty of="count" value={figures.reportsLastMinute} /> },
              { label: 'Hosts with usage pending', figure: <Qty of="count" value={figures.pending + figures.stale} /> },
              {
                label: 'Quarantined',
                figure: <Qty of="count" value={figures.quarantined} />,
                note: 'not reviewed yet',
              },
              { label: 'Newest report', figure: <Time at={figures.newestAt} show="relative" /> },
            ]}
          />
        </Panel>
      </div>
    </>
  )
}
