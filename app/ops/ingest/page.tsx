import type { Caller } from '#server/router.ts'
import type { Metadata } from 'next'
import { load, server } from '../../server.ts'
import { Live } from '../../shell/live.tsx'
import { Button } from '../../ui/button.tsx'
import { TimeSeries } from '../../ui/chart.tsx'
import { FilterSelect } from '../../ui/filters.tsx'
import { figure, text } from '../../ui/format.ts'
import { KpiStrip } from '../../ui/kpis.tsx'
import { PageHead, Panel } from '../../ui/panel.tsx'
import { Qty } from '../../ui/qty.tsx'
import { Empty } from '../../ui/states.tsx'
import { Table, type Column } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'
import { Quarantine } from './quarantine.tsx'

export const metadata: Metadata = { title: 'Ingest' }

type Status = Awaited<ReturnType<Caller['hosts']['ingest']>>
type Pending = Status['pending'][number]
type Brief = Status['skewed'][number]
type Search = Promise<Record<string, string | string[] | undefined>>

const pendingColumns: Column<Pending>[] = [
  { head: 'Host', phone: 'title', cell: (p) => <a href={`/ops/hosts/${p.hostId}`}>{p.name}</a> },
  { head: 'Reports missing', align: 'right', cell: (p) => <Qty of="count" value={p.missing} /> },
  { head: 'Usage pending since', align: 'right', cell: (p) => <Time at={p.sinceAt} /> },
]
const hostColumn: Column<Brief> = {
  head: 'Host',
  phone: 'title',
  cell: (h) => <a href={`/ops/hosts/${h.id}`}>{h.name}</a>,
}
const staleColumns: Column<Brief>[] = [
  hostColumn,
  { head: 'Usage pending since', align: 'right', cell: (h) => <Time at={h.lastReportAt} /> },
]
const skewColumns: Column<Brief>[] = [
  hostColumn,
  {
    head: 'Wall clock',
    align: 'right',
    cell: (h) => `${text(figure('ms', Math.abs(h.skewMs)))} ${h.skewMs > 0 ? 'ahead' : 'behind'}`,
  },
]
const incompleteColumns: Column<Brief>[] = [
  hostColumn,
  { head: 'What could not be inspected', cell: (h) => h.failures.join('; ') },
]

/** How reports arrive, what is missing, and what was not taken into account. */
export default async function IngestPage({ searchParams }: { searchParams: Search }) {
  const search = await searchParams
  const kind = search['kind'] === 'conflict' || search['kind'] === 'row' ? search['kind'] : undefined
  const all = search['show'] === 'all'
  const cursor =
    typeof search['cursor'] === 'string' && /^\d{1,18}$/.test(search['cursor']) ? search['cursor'] : undefined
  const api = await server()
  const [status, quarantine] = await Promise.all([
    load(api.hosts.ingest()),
    load(api.hosts.quarantine.list({ open: !all, ...(kind ? { kind } : {}), ...(cursor ? { cursor } : {}) })),
  ])
  const { arrivals, coverage, quarantined } = status
  const latest = coverage.at(-1)
  const query = (change: Record<string, string>) =>
    `/ops/ingest?${new URLSearchParams({ ...(kind ? { kind } : {}), ...(all ? { show: 'all' } : {}), ...change }).toString()}`
  return (
    <>
      <Live topics={['fleet', 'host']} />
      <PageHead
        title="Ingest"
        sub={
          <>
            {status.reporting} of {status.hosts} hosts report, the newest report came <Time at={arrivals.newestAt} />.
          </>
        }
      />
      <div className="stack">
        <KpiStrip
          of={[
            {
              label: 'Reports, last minute',
              figure: <Qty of="count" value={arrivals.reportsLastMinute} />,
              note: `${text(figure('count', Math.round((arrivals.reportsLastMinute / 60) * 10) / 10))} a second`,
            },
            {
              label: 'Report age, p95',
              figure: <Qty of="ms" value={arrivals.lagP95Seconds === null ? null : arrivals.lagP95Seconds * 1000} />,
              note: 'a report a minute is due',
            },
            {
              label: 'Usage pending',
              figure: (
                <>
                  <Qty of="count" value={status.pending.length + status.stale.length} />{' '}
                  <span className="unit">hosts</span>
                </>
              ),
              note: `${status.pending.length} with gaps, ${status.stale.length} silent`,
              ...(status.pending.length + status.stale.length > 0 ? { status: 'unknown' as const } : {}),
            },
            {
              label: 'Rows quarantined',
              figure: <Qty of="count" value={quarantined.rows} />,
              note: 'not reviewed yet',
              ...(quarantined.rows > 0 ? { status: 'degraded' as const } : {}),
            },
            {
              label: 'Conflicting reports',
              figure: <Qty of="count" value={quarantined.conflicts} />,
              note: 'same number, other body',
              ...(quarantined.conflicts > 0 ? { status: 'major' as const } : {}),
            },
          ]}
        />
        <TimeSeries
          title="Hosts with readings"
          sub="hosts by minute, 1 h up to two minutes ago; late reports fill it in"
          finding={`${latest?.hosts ?? 0} of ${status.hosts} hosts have readings of the minute before the last two.`}
          kind="count"
          times={coverage.map(({ minute }) => minute * 60_000)}
          series={[{ label: 'Hosts', values: coverage.map(({ hosts }) => hosts) }]}
          limits={[{ value: status.hosts, label: 'all hosts' }]}
          height={160}
          csvName="coverage"
        />
        <div className="split">
          <Panel title="Gaps in the sequence" sub={status.pending.length > 0 ? 'oldest first' : undefined} flush>
            <Table
              label="Gaps in the sequence"
              columns={pendingColumns}
              rows={status.pending}
              rowKey={(p) => p.hostId}
              empty={<Empty title="No report is missing.">Every host’s reports are here up to its newest.</Empty>}
            />
          </Panel>
          <Panel title="Silent hosts" flush>
            <Table
              label="Silent hosts"
              columns={staleColumns}
              rows={status.stale}
              rowKey={(h) => h.id}
              empty={<Empty title="No host is silent.">Each reported within the last three minutes.</Empty>}
            />
          </Panel>
          <Panel title="Wrong clocks" sub="more than 5 s off; usage is placed right all the same" flush>
            <Table
              label="Wrong clocks"
              columns={skewColumns}
              rows={status.skewed}
              rowKey={(h) => h.id}
              empty={<Empty title="Every clock is right.">None is more than 5 s off ours.</Empty>}
            />
          </Panel>
          <Panel title="Incomplete inspections" flush>
            <Table
              label="Incomplete inspections"
              columns={incompleteColumns}
              rows={status.incomplete}
              rowKey={(h) => h.id}
              empty={<Empty title="Every inspection is complete.">Agents saw everything they looked for.</Empty>}
            />
          </Panel>
        </div>
        <Panel
          title="Quarantine"
          sub="not taken into account; the rest of each report was"
          actions={
            <>
              <FilterSelect
                name="kind"
                label="Kind"
                value={kind ?? ''}
                options={[
                  { value: '', label: 'Rows and conflicts' },
                  { value: 'row', label: 'Rows' },
                  { value: 'conflict', label: 'Conflicts' },
                ]}
              />
              <FilterSelect
                name="show"
                label="Reviewed"
                value={all ? 'all' : ''}
                options={[
                  { value: '', label: 'Not reviewed' },
                  { value: 'all', label: 'All' },
                ]}
              />
            </>
          }
          flush
          foot={
            quarantine.nextCursor === null ? undefined : (
              <Button href={query({ cursor: quarantine.nextCursor })}>Older entries</Button>
            )
          }
        >
          <Quarantine rows={quarantine.rows} filtered={kind !== undefined || all} />
        </Panel>
      </div>
    </>
  )
}
