import type { Caller } from '#server/router.ts'
import { figure, text } from '../../ui/format.ts'
import { Panel } from '../../ui/panel.tsx'
import { Qty } from '../../ui/qty.tsx'
import { Empty } from '../../ui/states.tsx'
import { Tag } from '../../ui/status.tsx'
import { Table, type Column } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'

type Container = Awaited<ReturnType<Caller['hosts']['containers']['list']>>['rows'][number]

const MIB = 1_048_576

const columns: Column<Container>[] = [
  {
    head: 'Container',
    phone: 'title',
    cell: (c) => <a href={`/ops/hosts/${c.hostId}/containers/${c.epoch}`}>{c.name}</a>,
  },
  {
    head: 'Account / app',
    phone: 'state',
    cell: (c) =>
      c.account ? (
        <>
          <a href={`/${c.account}`}>{c.account}</a>
          <span className="dim"> / {c.app}</span> {c.protected && <Tag>protected</Tag>}
        </>
      ) : (
        <Tag>unattributed</Tag>
      ),
  },
  { head: 'Image', phone: 'hide', cell: (c) => <span className="text-2 break-all">{c.image}</span> },
  { head: 'CPU, vCPU', align: 'right', cell: (c) => <Qty of="cores" value={c.cpuCores} unit={false} /> },
  {
    head: 'Memory',
    align: 'right',
    cell: (c) => (
      <>
        <Qty of="bytes" value={c.memoryMib === null ? null : Math.round(c.memoryMib * MIB)} />
        {c.limits?.memoryMib && <span className="dim"> of {text(figure('bytes', c.limits.memoryMib * MIB))}</span>}
      </>
    ),
  },
  {
    head: 'Disk',
    align: 'right',
    cell: (c) => (
      <Qty
        of="bytes"
        value={c.layerBytes === null && c.volumesBytes === null ? null : (c.layerBytes ?? 0) + (c.volumesBytes ?? 0)}
      />
    ),
  },
  { head: 'Log', align: 'right', cell: (c) => <Qty of="bytes" value={c.logBytes} /> },
  { head: 'Started', align: 'right', phone: 'hide', cell: (c) => <Time at={c.openedAt} show="relative" /> },
]

/** The containers that run on a host, the busiest first. */
export function ContainersPanel({
  of,
  more,
  engine,
}: {
  of: readonly Container[]
  more: boolean
  engine: 'docker' | 'podman' | 'none' | null
}) {
  const rows = of.toSorted((a, b) => (b.cpuCores ?? -1) - (a.cpuCores ?? -1))
  return (
    <Panel
      title="Containers"
      sub={rows.length > 0 ? `${rows.length}${more ? ' of more' : ''}, busiest first` : undefined}
      flush
    >
      <Table
        label="Containers"
        columns={columns}
        rows={rows}
        rowKey={(c) => c.epoch}
        empty={
          <Empty title="No containers run here.">
            {engine === 'none'
              ? 'There is no container engine on this host: it reports itself alone.'
              : 'Each container appears within a minute of its start.'}
          </Empty>
        }
      />
    </Panel>
  )
}
