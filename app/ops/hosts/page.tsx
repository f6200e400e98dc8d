import type { Caller } from '#server/router.ts'
import type { Metadata } from 'next'
import { load, server } from '../../server.ts'
import { Live } from '../../shell/live.tsx'
import { Button } from '../../ui/button.tsx'
import { FilterSelect, FilterText } from '../../ui/filters.tsx'
import { PageHead, Panel } from '../../ui/panel.tsx'
import { Qty } from '../../ui/qty.tsx'
import { Empty } from '../../ui/states.tsx'
import { Tag } from '../../ui/status.tsx'
import { Table, type Column } from '../../ui/table.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { Time } from '../../ui/time.tsx'
import { HostStateBadge, type HostState } from '../host-state.tsx'
import { AddHost } from './add-host.tsx'
import { clusterNames } from './cluster-names.ts'
import { HOST_TABS } from './host-tabs.ts'

export const metadata: Metadata = { title: 'Hosts' }

type Listed = Awaited<ReturnType<Caller['hosts']['list']>>
type Host = Listed['rows'][number]
type Search = Promise<Record<string, string | string[] | undefined>>

const STATES: readonly HostState[] = ['reporting', 'stale', 'never', 'revoked']
const SORTS = ['state', 'name', 'cpu', 'memory', 'lastReport'] as const
type Sort = (typeof SORTS)[number]

const one = (value: string | string[] | undefined) => (Array.isArray(value) ? value[0] : value) ?? ''

/** Differences of clocks below this are nobody's concern. */
const SKEW_SHOWN_MS = 5_000

const columnsFor = (sort: Sort, link: (change: Record<string, string>) => string): Column<Host>[] => {
  const by = (name: Sort, direction: 'ascending' | 'descending') => ({
    ...(sort === name ? { sort: direction } : {}),
    sortHref: link({ sort: name, cursor: '' }),
  })
  return [
    {
      head: 'Host',
      phone: 'title',
      ...by('name', 'ascending'),
      cell: (host) => (
        <>
          <a href={`/ops/hosts/${host.id}`}>{host.name}</a>
          {host.simulated && (
            <>
              {' '}
              <Tag>simulated</Tag>
            </>
          )}
        </>
      ),
    },
    {
      head: 'State',
      phone: 'state',
      ...by('state', 'descending'),
      cell: (host) => <HostStateBadge state={host.state} />,
    },
    { head: 'Cluster', cell: (host) => host.cluster },
    {
      head: 'CPU, %',
      align: 'right',
      ...by('cpu', 'descending'),
      cell: (host) => <Qty of="percent" value={host.cpuPercent} unit={false} />,
    },
    {
      head: 'Memory, %',
      align: 'right',
      ...by('memory', 'descending'),
      cell: (host) => <Qty of="percent" value={host.memoryPercent} unit={false} />,
    },
    { head: 'Containers', align: 'right', cell: (host) => <Qty of="count" value={host.containers} /> },
    {
      head: 'Notes',
      phone: 'hide',
      cell: (host) => <Notes host={host} />,
    },
    {
      head: 'Last report',
      align: 'right',
      ...by('lastReport', 'ascending'),
      cell: (host) => <Time at={host.lastReportAt} show="relative" />,
    },
  ]
}

function Notes({ host }: { host: Host }) {
  const notes = [
    ...(host.maxSeq > host.contiguousSeq ? ['usage pending'] : []),
    ...(host.complete ? [] : ['incomplete']),
    ...(Math.abs(host.skewMs) > SKEW_SHOWN_MS ? [`clock ${host.skewMs > 0 ? 'ahead' : 'behind'}`] : []),
    ...(host.engine === 'none' ? ['no engine'] : []),
  ]
  return notes.length > 0 ? <span className="text-2">{notes.join(', ')}</span> : <span className="dim">–</span>
}

/** Every host with its state and load; filters, order and page are in the address. */
export default async function HostsPage({ searchParams }: { searchParams: Search }) {
  const search = await searchParams
  const [q, cluster, state, sortText, cursor] = ['q', 'cluster', 'state', 'sort', 'cursor'].map((name) =>
    one(search[name]),
  )
  const sort = SORTS.find((name) => name === sortText) ?? 'state'
  const wanted = STATES.find((name) => name === state)
  const api = await server()
  const [listed, clusters] = await Promise.all([
    load(
      api.hosts.list({
        ...(q ? { text: q } : {}),
        ...(cluster ? { cluster } : {}),
        ...(wanted ? { state: wanted } : {}),
        ...(cursor && /^\d{1,9}$/.test(cursor) ? { cursor: Number(cursor) } : {}),
        sort,
      }),
    ),
    load(api.hosts.clusters.list()),
  ])
  const link = (change: Record<string, string>) => {
    const all = {
      q: q ?? '',
      cluster: cluster ?? '',
      state: state ?? '',
      sort: sort === 'state' ? '' : sort,
      ...change,
    }
    const query = new URLSearchParams(Object.entries(all).filter(([, value]) => value !== '')).toString()
    return query ? `/ops/hosts?${query}` : '/ops/hosts'
  }
  const { counts } = listed
  const all = counts.reporting + counts.stale + counts.never
  const filtered = Boolean(q || cluster || wanted)
  return (
    <>
      <Live topics={['fleet', 'host']} />
      <PageHead
        title="Hosts"
        sub={`${all} host${all === 1 ? '' : 's'}: ${counts.reporting} reporting, ${counts.stale} silent, ${counts.never} not reported yet.`}
        actions={<AddHost clusters={clusterNames(clusters)} opened={one(search['add']) === '1'} />}
      />
      <div className="stack">
        <Tabs label="Hosts" items={HOST_TABS} />
        <Panel
          title="All hosts"
          sub={`${listed.rows.length} of ${listed.total}`}
          actions={
            <>
              <FilterText label="Filter by name" value={q ?? ''} />
              <FilterSelect
                name="cluster"
                label="Cluster"
                value={cluster ?? ''}
                options={[
                  { value: '', label: 'All clusters' },
                  ...clusters.map(({ name }) => ({ value: name, label: name })),
                ]}
              />
              <FilterSelect
                name="state"
                label="State"
                value={wanted ?? ''}
                options={[
                  { value: '', label: 'All but revoked' },
                  { value: 'reporting', label: `Reporting (${counts.reporting})` },
                  { value: 'stale', label: `Silent (${counts.stale})` },
                  { value: 'never', label: `No report yet (${counts.never})` },
                  { value: 'revoked', label: `Revoked (${counts.revoked})` },
                ]}
              />
            </>
          }
          flush
          foot={
            listed.nextCursor === null ? undefined : (
              <Button href={link({ cursor: String(listed.nextCursor) })}>Next {listed.rows.length} hosts</Button>
            )
          }
        >
          <Table
            label="Hosts"
            columns={columnsFor(sort, link)}
            rows={listed.rows}
            rowKey={(host) => host.id}
            empty={
              filtered ? (
                <Empty title="No host matches." action={<a href="/ops/hosts">Clear filters</a>}>
                  {[q && `Name with “${q}”`, cluster && `cluster ${cluster}`, wanted && `state ${wanted}`]
                    .filter(Boolean)
                    .join(', ')}
                  .
                </Empty>
              ) : (
                <Empty title="No hosts yet.">
                  Hosts appear here within a minute of enrolling. Use “Add a host” for the one line to run on it.
                </Empty>
              )
            }
          />
        </Panel>
      </div>
    </>
  )
}
