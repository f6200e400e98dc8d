import type { Caller } from '#server/router.ts'
import { Facts, Panel } from '../../../../../ui/panel.tsx'
import { Qty } from '../../../../../ui/qty.tsx'
import { Empty } from '../../../../../ui/states.tsx'
import { StatusBadge } from '../../../../../ui/status.tsx'
import { Table, type Column } from '../../../../../ui/table.tsx'
import { Time } from '../../../../../ui/time.tsx'

type Detail = Awaited<ReturnType<Caller['hosts']['containers']['get']>>
type Attribution = Detail['attribution'][number]
type Life = Detail['lives'][number]
type Finding = Detail['findings'][number]
type Report = Detail['reports'][number]

const HOUR_MS = 3_600_000
const FOREVER_HOUR = 2_147_483_647

const SOURCES: Record<string, string> = {
  label: 'its label',
  tenant: 'the cluster’s tenant',
  rule: 'a label rule',
  admin: 'an admin',
  none: 'nothing: no label names an account',
}

const attributionColumns: Column<Attribution>[] = [
  { head: 'Account / app', phone: 'title', cell: (a) => (a.account ? `${a.account} / ${a.app}` : 'unattributed') },
  { head: 'By', cell: (a) => SOURCES[a.source] ?? a.source },
  {
    head: 'From',
    align: 'right',
    cell: (a) => (a.fromHour <= 0 ? 'the beginning' : <Time at={a.fromHour * HOUR_MS} show="absolute" />),
  },
  {
    head: 'Until',
    align: 'right',
    cell: (a) => (a.untilHour === FOREVER_HOUR ? 'now' : <Time at={a.untilHour * HOUR_MS} show="absolute" />),
  },
]

/** Whose the container is and was, in whole hours, and the labels that said so. */
export function AttributionPanel({ of, labels }: { of: readonly Attribution[]; labels: Record<string, string> }) {
  const pairs = Object.entries(labels).map(
    ([name, value]) =>
      [
        name,
        <span key={name} className="mono break-all">
          {value}
        </span>,
      ] as const,
  )
  return (
    <Panel title="Attribution" sub="in whole hours" flush>
      <Table
        label="Attribution"
        columns={attributionColumns}
        rows={of}
        rowKey={(a) => a.fromHour}
        empty={<Empty title="Not attributed yet.">It is, with the first report that names it.</Empty>}
      />
      {pairs.length > 0 && (
        <div className="panel-body border-t border-hair">
          <Facts of={pairs} />
        </div>
      )}
    </Panel>
  )
}

const objectColumns: Column<Life>[] = [
  { head: 'Object', phone: 'title', cell: (o) => (o.kind === 'volume' ? `volume ${o.objectId.slice(0, 40)}` : o.kind) },
  { head: 'Size', align: 'right', phone: 'state', cell: (o) => <Qty of="bytes" value={o.sizeBytes} /> },
  { head: 'Measured', align: 'right', cell: (o) => <Time at={o.sizeAt} show="relative" /> },
  { head: 'Metered since', align: 'right', cell: (o) => <Time at={o.openedAt} show="relative" /> },
]

/** What it keeps on disk, each metered for itself, running or not. */
export function ObjectsPanel({ of }: { of: readonly Life[] }) {
  return (
    <Panel title="Storage" sub="metered also while it does not run" flush>
      <Table
        label="Storage"
        columns={objectColumns}
        rows={of.filter(({ endedAt }) => endedAt === null)}
        rowKey={(o) => o.epoch}
        empty={<Empty title="Nothing measured yet.">Sizes come with the first walk of its layer and volumes.</Empty>}
      />
    </Panel>
  )
}

/** Its lives on this host, newest first, and what the agent found urgent. */
export function LivesPanel({
  of,
  hostId,
  epoch,
  findings,
}: {
  of: readonly Life[]
  hostId: number
  epoch: number
  findings: readonly Finding[]
}) {
  const columns: Column<Life>[] = [
    {
      head: 'Life',
      phone: 'title',
      cell: (l) =>
        l.epoch === epoch ? (
          <b>this one</b>
        ) : (
          <a href={`/ops/hosts/${hostId}/containers/${l.epoch}`} className="mono">
            {l.epoch}
          </a>
        ),
    },
    {
      head: 'State',
      phone: 'state',
      cell: (l) => (
        <StatusBadge status={l.endedAt ? 'maintenance' : 'operational'}>{l.endedAt ? 'Ended' : 'Running'}</StatusBadge>
      ),
    },
    { head: 'Started', align: 'right', cell: (l) => <Time at={l.openedAt} show="absolute" seconds /> },
    {
      head: 'Ended',
      align: 'right',
      cell: (l) => (l.endedAt ? <Time at={l.endedAt} show="absolute" seconds /> : <span className="dim">–</span>),
    },
  ]
  return (
    <Panel title="Lives and events" sub={`${of.length} on this host`} flush>
      <Table label="Lives" columns={columns} rows={of} rowKey={(l) => l.epoch} />
      {findings.length > 0 && (
        <ul className="panel-body border-t border-hair">
          {findings.map((f) => (
            <li key={f.id}>
              <b>{f.kind.replace('_', ' ')}</b>, <Time at={f.foundAt} />:{' '}
              <span className="text-2">
                {Object.entries(f.detail)
                  .map(([name, value]) => `${name} ${value}`)
                  .join(', ')}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}

const reportColumns: Column<Report>[] = [
  { head: 'Report', phone: 'title', cell: (r) => <span className="mono">{r.seq}</span> },
  { head: 'Received', align: 'right', phone: 'state', cell: (r) => <Time at={r.receivedAt} seconds /> },
  { head: 'Signed by key', align: 'right', cell: (r) => r.keyId },
  { head: 'Size', align: 'right', cell: (r) => <Qty of="bytes" value={r.bytes} /> },
  { head: 'SHA-256', cell: (r) => <span className="mono break-all">{r.digest}</span> },
]

/** The signed reports that the newest figures are made of. */
export function EvidencePanel({ of, host }: { of: readonly Report[]; host: string }) {
  return (
    <Panel title="Evidence" sub={`newest reports of ${host}, kept as they were signed`} id="evidence" flush>
      <Table
        label="Evidence"
        columns={reportColumns}
        rows={of}
        rowKey={(r) => r.seq}
        empty={
          <Empty title="No signed report is kept.">
            Reports are kept for the retention time and while invoices need them.
          </Empty>
        }
      />
    </Panel>
  )
}
