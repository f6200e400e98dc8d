import type { Caller } from '#server/router.ts'
import { HostMap, HostMapLegend, type HostCell } from '../ui/host-map.tsx'
import { Panel } from '../ui/panel.tsx'
import { Qty } from '../ui/qty.tsx'
import { Segmented } from '../ui/segmented.tsx'
import { Empty } from '../ui/states.tsx'
import { StatusBadge } from '../ui/status.tsx'
import { Table, type Column } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import { HostStateBadge } from './host-state.tsx'

type Host = Awaited<ReturnType<Caller['hosts']['fleet']>>['hosts'][number]
export type MapView = { by: 'cpu' | 'memory'; as: 'map' | 'table' }

/** More rows than this are a list's work: the page Hosts has filters and pages. */
const MOST_IN_TABLE = 100

const loadOf = (host: Host, by: MapView['by']) => (by === 'cpu' ? host.cpuPercent : host.memoryPercent)

/** Only what there is to say, in whole percent: a thousand of these go to the browser. */
const cellOf = (host: Host, by: MapView['by']): HostCell => {
  const load = loadOf(host, by)
  return {
    name: host.name,
    href: `/ops/hosts/${host.id}`,
    load: load === null ? null : Math.round(load),
    ...(host.state === 'reporting' ? {} : { state: 'silent' }),
    ...(host.violation ? { violation: true } : {}),
  }
}

const columns: Column<Host>[] = [
  { head: 'Host', phone: 'title', cell: (host) => <a href={`/ops/hosts/${host.id}`}>{host.name}</a> },
  { head: 'State', phone: 'state', cell: (host) => <HostStateBadge state={host.state} /> },
  { head: 'Cluster', cell: (host) => host.cluster },
  { head: 'CPU, %', align: 'right', cell: (host) => <Qty of="percent" value={host.cpuPercent} unit={false} /> },
  { head: 'Memory, %', align: 'right', cell: (host) => <Qty of="percent" value={host.memoryPercent} unit={false} /> },
  {
    head: 'Quotas',
    cell: (host) => (host.violation ? <StatusBadge status="degraded">Violation</StatusBadge> : 'In order'),
  },
  { head: 'Last report', align: 'right', cell: (host) => <Time at={host.lastReportAt} show="relative" /> },
]

/** One cell a host in name order: fill is load, marks are state. The table is its twin for whoever cannot see it. */
export function FleetMap({ hosts, view }: { hosts: readonly Host[]; view: MapView }) {
  const link = (change: Partial<MapView>) => {
    const { by, as } = { ...view, ...change }
    const query = new URLSearchParams({ ...(by === 'cpu' ? {} : { by }), ...(as === 'map' ? {} : { as }) }).toString()
    return query ? `/ops?${query}` : '/ops'
  }
  const what = view.by === 'cpu' ? 'CPU' : 'Memory'
  const actions = (
    <>
      <Segmented
        label="Colour by"
        items={[
          { label: 'CPU', href: link({ by: 'cpu' }), current: view.by === 'cpu' },
          { label: 'Memory', href: link({ by: 'memory' }), current: view.by === 'memory' },
        ]}
      />
      <Segmented
        label="Show hosts as"
        items={[
          { label: 'Map', href: link({ as: 'map' }), current: view.as === 'map' },
          { label: 'Table', href: link({ as: 'table' }), current: view.as === 'table' },
        ]}
      />
    </>
  )
  if (hosts.length === 0) {
    return (
      <Panel title="Hosts" flush>
        <Empty title="No hosts yet." action={<a href="/ops/hosts?add=1">Add a host</a>}>
          Each host that enrols appears here as one cell, coloured by its load.
        </Empty>
      </Panel>
    )
  }
  if (view.as === 'table') {
    const shown = hosts.slice(0, MOST_IN_TABLE)
    const scope = shown.length < hosts.length ? `${shown.length} of ${hosts.length}, in name order` : 'in name order'
    return (
      <Panel title="Hosts" sub={scope} actions={actions} flush foot={<a href="/ops/hosts">All hosts, with filters</a>}>
        <Table label="Hosts" columns={columns} rows={shown} rowKey={(host) => host.id} />
      </Panel>
    )
  }
  const clusters = Map.groupBy(hosts, (host) => host.cluster)
  return (
    <Panel title="Hosts" sub="one cell a host, in name order" actions={actions}>
      <HostMap
        what={what}
        rows={[...clusters].map(([name, members]) => {
          const silent = members.filter(({ state }) => state === 'stale').length
          return {
            name,
            note: `${members.length} host${members.length === 1 ? '' : 's'}${silent > 0 ? `, ${silent} silent` : ''}`,
            hosts: members.map((host) => cellOf(host, view.by)),
          }
        })}
      />
      <HostMapLegend
        what={`${what}, last minute`}
        counts={{
          violation: hosts.filter(({ violation }) => violation).length,
          silent: hosts.filter(({ state }) => state !== 'reporting').length,
        }}
      />
    </Panel>
  )
}
