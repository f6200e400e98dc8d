import type { Caller } from '#server/router.ts'
import { FilterText } from '../../ui/filters.tsx'
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

/** The containers that run on a host, the busiest first; where a page does not hold them, a page of them. */
export function ContainersPanel({
  of,
  running,
  next,
  engine,
  path,
  asked,
}: {
  of: readonly Container[]
  /** How many run on the host in all. */
  running: number
  /** Where the next page begins. */
  next: string | null
  engine: 'docker' | 'podman' | 'none' | null
  path: string
  asked: { window: string; q: string | undefined; cursor: string | undefined }
}) {
  const rows = of.toSorted((a, b) => (b.cpuCores ?? -1) - (a.cpuCores ?? -1))
  const isPart = next !== null || asked.q !== undefined || asked.cursor !== undefined
  const link = (cursor: string | undefined, q = asked.q) => {
    const query = new URLSearchParams({ window: asked.window, ...(q ? { q } : {}), ...(cursor ? { cursor } : {}) })
    return `${path}?${query.toString()}`
  }
  return (
    <Panel
      title="Containers"
      sub={
        rows.length > 0 && `${rows.length}${isPart ? ` of ${running}, of these the busiest first` : ', busiest first'}`
      }
      actions={isPart && <FilterText label="Name, image or id" value={asked.q ?? ''} />}
      foot={
        (next !== null || asked.cursor !== undefined) && (
          <span className="row">
            {asked.cursor !== undefined && <a href={link(undefined)}>First page</a>}
            {next !== null && <a href={link(next)}>Next page</a>}
          </span>
        )
      }
      flush
    >
      <Table
        label="Containers"
        columns={columns}
        rows={rows}
        rowKey={(c) => c.epoch}
        empty={
          asked.q !== undefined ? (
            <Empty
              title={`Nothing here is named “${asked.q}”.`}
              action={<a href={link(undefined, '')}>All containers</a>}
            >
              The filter looks at names, images and ids of what runs on this host.
            </Empty>
          ) : (
            <Empty title="No containers run here.">
              {engine === 'none'
                ? 'There is no container engine on this host: it reports itself alone.'
                : 'Each container appears within a minute of its start.'}
            </Empty>
          )
        }
      />
    </Panel>
  )
}
