import type { Caller } from '#server/router.ts'
import type { Metadata } from 'next'
import { RegistryBanner } from '../../registry-parts/registry-banner.tsx'
import { load, server } from '../../server.ts'
import { TimeSeries } from '../../ui/chart.tsx'
import { figure, text } from '../../ui/format.ts'
import { KpiStrip } from '../../ui/kpis.tsx'
import { PageHead, Panel } from '../../ui/panel.tsx'
import { Qty } from '../../ui/qty.tsx'
import { Empty } from '../../ui/states.tsx'
import { Banner, StatusBadge } from '../../ui/status.tsx'
import { Table, type Column } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'
import { CollectButton, ReconcileButton } from './acts.tsx'

export const metadata: Metadata = { title: 'Registry' }

type Status = Awaited<ReturnType<Caller['registry']['storage']['status']>>
type Reconciliation = Status['reconciliations'][number]
type Collection = Status['collections'][number]
type Account = Status['largest'][number]

const HOUR_MS = 3_600_000

const reconciliationColumns: Column<Reconciliation>[] = [
  { head: 'Started', phone: 'title', cell: (r) => <Time at={r.startedAt} /> },
  { head: 'By', cell: (r) => r.startedBy },
  { head: 'Read from', cell: (r) => (r.source === 'storage' ? 'storage' : 'API') },
  { head: 'Found', align: 'right', cell: (r) => <Qty of="count" value={r.found} /> },
  { head: 'Gone', align: 'right', cell: (r) => <Qty of="count" value={r.gone} /> },
  { head: 'On disk', align: 'right', cell: (r) => <Qty of="bytes" value={r.physicalBytes} /> },
  {
    head: 'Where it differed',
    prose: true,
    cell: (r) =>
      r.error ??
      (r.differences
        .slice(0, 3)
        .map(({ path }) => path)
        .join(', ') ||
        'nowhere'),
  },
]

const stateOf = ({ state, tagsBroken }: Collection) =>
  state === 'running' ? 'maintenance' : state === 'failed' || tagsBroken.length > 0 ? 'major' : 'operational'

const collectionColumns: Column<Collection>[] = [
  { head: 'Started', phone: 'title', cell: (c) => <Time at={c.startedAt} /> },
  { head: 'By', cell: (c) => c.startedBy },
  { head: 'State', phone: 'state', cell: (c) => <StatusBadge status={stateOf(c)}>{c.state}</StatusBadge> },
  { head: 'Freed', align: 'right', cell: (c) => <Qty of="bytes" value={c.freedBytes} /> },
  { head: 'Blobs', align: 'right', cell: (c) => <Qty of="count" value={c.freedBlobs} /> },
  { head: 'Stopped for', align: 'right', cell: (c) => <Qty of="ms" value={c.stoppedMs} /> },
  {
    head: 'Tags after it',
    prose: true,
    cell: (c) =>
      c.error ??
      (c.tagsBroken.length === 0
        ? `${c.tagsWhole} whole`
        : `${c.tagsBroken.length} lack a part: ${c.tagsBroken.slice(0, 3).join(', ')}`),
  },
]

const accountColumns: Column<Account>[] = [
  { head: 'Account', phone: 'title', cell: (a) => <a href={`/ops/accounts/${a.name}`}>{a.name}</a> },
  { head: 'Repositories', align: 'right', cell: (a) => <Qty of="count" value={a.repositories} /> },
  { head: 'Stored', align: 'right', cell: (a) => <Qty of="bytes" value={a.sizeBytes} /> },
]

const drift = (of: bigint, to: bigint) => {
  const apart = of - to
  return apart === 0n ? 'agrees with the front' : `${text(figure('count', Number(apart > 0n ? apart : -apart)))} apart`
}

/** The registry's health: what passes, whether notifications and storage agree with the record, what was collected. */
export default async function RegistryPage() {
  const api = await server()
  const [status, hours] = await Promise.all([
    load(api.registry.storage.status()),
    load(api.registry.storage.hours({ days: 7 })),
  ])
  const { check, events, totals, front, refusesCollection } = status
  const [last] = status.reconciliations
  const times = hours.map(({ hour }) => hour * HOUR_MS)
  const pulls = hours.reduce((sum, row) => sum + row.pulls, 0n)
  return (
    <>
      <PageHead
        title="Registry"
        sub={
          status.isRunning
            ? `${status.isOurs ? 'It runs here.' : 'It runs elsewhere.'} ${totals.repositories} repositories, ${totals.tags} tags.`
            : undefined
        }
        actions={
          status.isRunning && (
            <>
              <ReconcileButton />
              {refusesCollection === null && <CollectButton />}
            </>
          )
        }
      />
      <div className="stack">
        <RegistryBanner of={status.health} />
        {status.isRunning && refusesCollection && <Banner status="maintenance">{refusesCollection}</Banner>}
        <KpiStrip
          of={[
            {
              label: 'Stored by accounts',
              figure: <Qty of="bytes" value={totals.logicalBytes} />,
              note: `by ${totals.accounts} accounts`,
            },
            {
              label: 'On disk',
              figure: <Qty of="bytes" value={last?.physicalBytes ?? null} />,
              note: last?.finishedAt ? `${last.blobs ?? 0} blobs when last read` : 'not read yet',
            },
            {
              label: 'Drift',
              figure: <Qty of="count" value={last ? last.found + last.gone : null} />,
              note: last ? 'put right by the last reconciliation' : 'not compared yet',
            },
            {
              label: 'Notified, last 24 h',
              figure: <Qty of="count" value={check.eventsSent + check.eventsTaken} />,
              note: drift(check.manifestsSent + check.manifestsTaken, check.eventsSent + check.eventsTaken),
            },
            {
              label: 'Notification lag, p95',
              figure: <Qty of="ms" value={events.lagMs} />,
              note: events.newestAt ? (
                <>
                  newest <Time at={events.newestAt} />
                </>
              ) : (
                'none in the last 24 hours'
              ),
            },
          ]}
        />
        {hours.length > 1 ? (
          <div className="split">
            <TimeSeries
              title="Pulls and pushes"
              sub="By hour, last 7 days"
              finding={`${text(figure('count', Number(pulls)))} pulls in 7 days`}
              times={times}
              kind="count"
              series={[
                { label: 'Pulls', values: hours.map((row) => row.pulls) },
                { label: 'Pushes', values: hours.map((row) => row.pushes) },
              ]}
            />
            <TimeSeries
              title="Bytes through the front"
              sub="By hour, last 7 days"
              finding={`${text(figure('bytes', Number(hours.reduce((sum, row) => sum + row.egressBytes, 0n))))} sent in 7 days`}
              times={times}
              kind="bytes"
              series={[
                { label: 'Sent', values: hours.map((row) => row.egressBytes) },
                { label: 'Taken', values: hours.map((row) => row.ingressBytes) },
              ]}
            />
          </div>
        ) : (
          <Panel title="Pulls and pushes">
            <Empty title="Charts begin with the second hour of traffic" />
          </Panel>
        )}
        <Panel title="Reconciliations" flush sub="Each night, and when somebody asks">
          <Table
            label="Reconciliations"
            columns={reconciliationColumns}
            rows={status.reconciliations}
            rowKey={(r) => String(r.id)}
            empty={<Empty title="Not compared yet" />}
          />
        </Panel>
        <Panel title="Garbage collections" flush>
          <Table
            label="Garbage collections"
            columns={collectionColumns}
            rows={status.collections}
            rowKey={(c) => String(c.id)}
            empty={<Empty title="Nothing was collected yet" />}
          />
        </Panel>
        <Panel
          title="Who stores most"
          flush
          sub={
            front.reportedAt ? (
              <>
                Use was reported <Time at={front.reportedAt} />
                {front.hostId === null ? null : (
                  <>
                    {' by the host '}
                    <a href={`/ops/hosts/${front.hostId}`}>registry</a>
                  </>
                )}
              </>
            ) : (
              'Use was not reported yet'
            )
          }
        >
          <Table
            label="Who stores most"
            columns={accountColumns}
            rows={status.largest}
            rowKey={(a) => a.name}
            empty={<Empty title="Nobody stores anything yet" />}
          />
        </Panel>
      </div>
    </>
  )
}
