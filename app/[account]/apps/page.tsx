import type { Metadata } from 'next'
import { load, server } from '../../server.ts'
import { Live } from '../../shell/live.tsx'
import { PageHead, Panel } from '../../ui/panel.tsx'
import { Qty } from '../../ui/qty.tsx'
import { Empty } from '../../ui/states.tsx'
import { StatusBadge, Tag } from '../../ui/status.tsx'
import { Table, type Column } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'
import { MeteredTo, PendingUsage } from '../metered.tsx'

export const metadata: Metadata = { title: 'Apps' }

const MIB = 1_048_576

/** Every app of an account, those that run first. */
export default async function AppsPage({ params }: { params: Promise<{ account: string }> }) {
  const { account } = await params
  const api = await server()
  const [view, apps, metered] = await Promise.all([
    load(api.accounts.view({ account })),
    load(api.usage.apps({ account })),
    load(api.usage.metered({ account })),
  ])
  const rows = apps.toSorted((a, b) => b.now.running - a.now.running || a.name.localeCompare(b.name))
  const running = rows.filter((a) => a.now.running > 0).length
  type App = (typeof rows)[number]
  const columns: Column<App>[] = [
    {
      head: 'App',
      phone: 'title',
      cell: (a) => (
        <>
          <a href={`/${account}/apps/${encodeURIComponent(a.name)}`}>{a.name}</a>{' '}
          {a.protectedAt && <Tag>protected</Tag>}
        </>
      ),
    },
    {
      head: 'State',
      phone: 'state',
      cell: (a) =>
        a.now.running > 0 ? (
          <StatusBadge status="operational">Runs</StatusBadge>
        ) : (
          <StatusBadge status="unknown">Does not run</StatusBadge>
        ),
    },
    { head: 'Containers', align: 'right', cell: (a) => <Qty of="count" value={a.now.running} /> },
    { head: 'CPU now', align: 'right', cell: (a) => <Qty of="cores" value={a.now.cpuCores} /> },
    {
      head: 'Memory now',
      align: 'right',
      cell: (a) => <Qty of="bytes" value={a.now.memoryMib === null ? null : Math.round(a.now.memoryMib * MIB)} />,
    },
    { head: 'Storage now', align: 'right', cell: (a) => <Qty of="bytes" value={a.now.diskBytes + a.now.logBytes} /> },
    { head: 'First seen', align: 'right', phone: 'hide', cell: (a) => <Time at={a.firstSeenAt} show="relative" /> },
  ]
  return (
    <>
      <Live topics={[`usage:${view.id}`]} />
      <PageHead title="Apps" sub={<MeteredTo of={metered} />} />
      <div className="stack">
        <PendingUsage of={metered} />
        <Panel title="All apps" sub={rows.length > 0 ? `${running} of ${rows.length} run` : undefined} flush>
          <Table
            label="Apps"
            columns={columns}
            rows={rows}
            rowKey={(a) => a.name}
            roomy
            empty={
              <Empty title="No app yet.">
                An app appears when a container of this account starts. Its name is the label{' '}
                <code>io.wharfinger.app</code>, else its Compose service or its own name.
              </Empty>
            }
          />
        </Panel>
      </div>
    </>
  )
}
