import type { Metadata } from 'next'
import type { Caller } from '#server/router.ts'
import { meterOf, METERS } from '../../../[account]/meters.ts'
import { one, type Search, withQuery } from '../../../[account]/window.ts'
import { load, server } from '../../../server.ts'
import { CrumbName } from '../../../shell/crumbs.tsx'
import { Live } from '../../../shell/live.tsx'
import { PageHead, Panel } from '../../../ui/panel.tsx'
import { Qty } from '../../../ui/qty.tsx'
import { Segmented } from '../../../ui/segmented.tsx'
import { Meter } from '../../../ui/sparkline.tsx'
import { Empty } from '../../../ui/states.tsx'
import { Table, type Column } from '../../../ui/table.tsx'
import { range } from '../../../ui/when.ts'

export const metadata: Metadata = { title: 'Top consumers' }

type Row = Awaited<ReturnType<Caller['usage']['top']>>['rows'][number]

const BY = [
  { name: 'account', label: 'Accounts' },
  { name: 'app', label: 'Apps' },
  { name: 'container', label: 'Containers' },
] as const
const HOUR = 3_600_000
const DAY = 24 * HOUR
const WINDOWS = [
  { name: 'hour', label: 'This hour', step: HOUR, steps: 1 },
  { name: 'today', label: 'Today', step: DAY, steps: 1 },
  { name: '7d', label: '7 d', step: DAY, steps: 7 },
  { name: '30d', label: '30 d', step: DAY, steps: 30 },
] as const
const path = '/ops/quotas/top'
const SHOWN = 25

/** Who uses most of a meter. */
export default async function TopPage({ searchParams }: { searchParams: Promise<Search> }) {
  const search = await searchParams
  const now = new Date()
  const by = BY.find((b) => b.name === one(search['by']))?.name ?? 'account'
  const offered = by === 'container' ? WINDOWS.slice(0, 1) : WINDOWS
  const wanted =
    offered.find((w) => w.name === one(search['window'])) ?? offered[offered.length > 1 ? 1 : 0] ?? WINDOWS[0]
  const end = (Math.floor(now.getTime() / wanted.step) + 1) * wanted.step
  const window = { from: new Date(end - wanted.steps * wanted.step).toISOString(), to: new Date(end).toISOString() }
  const meter = meterOf(one(search['meter']))
  const api = await server()
  const top = await load(api.usage.top({ meter: meter.name, window, by, limit: SHOWN }))
  const most = top.rows[0]?.used ?? 0n
  const columns: Column<Row>[] = [
    {
      head: by === 'account' ? 'Account' : by === 'app' ? 'App' : 'Container',
      phone: 'title',
      cell: (r) => <Named of={r} by={by} />,
    },
    {
      head: `${meter.label}, share of the first`,
      phone: 'hide',
      cell: (r) => <Meter percent={(Number(r.used) / Number(most)) * 100} label="Share of the first" />,
    },
    { head: meter.label, align: 'right', sort: 'descending', cell: (r) => <Qty of={meter.kind} value={r.used} /> },
  ]
  return (
    <>
      <Live topics={['fleet']} />
      <CrumbName name="Top consumers" />
      <PageHead
        title="Top consumers"
        sub={`${meter.what}. ${range(top.window.start, top.window.end, now)}, whole hours.`}
      />
      <div className="stack">
        <div className="row">
          <Segmented
            label="Window"
            items={offered.map((w) => ({
              label: w.label,
              href: withQuery(path, search, { window: w.name }),
              current: w === wanted,
            }))}
          />
          <Segmented
            label="Rows"
            items={BY.map((b) => ({
              label: b.label,
              href: withQuery(path, search, { by: b.name }),
              current: b.name === by,
            }))}
          />
        </div>
        <div className="max-w-full overflow-x-auto">
          <Segmented
            label="Meter"
            items={METERS.map((m) => ({
              label: m.label,
              href: withQuery(path, search, { meter: m.name }),
              current: m === meter,
            }))}
          />
        </div>
        <Panel
          title={`Most ${meter.label}`}
          sub={by === 'container' ? `${top.rows.length} of the present hour` : `${top.rows.length}, most first`}
          flush
        >
          <Table
            label={`Top consumers of ${meter.label}`}
            columns={columns}
            rows={top.rows}
            rowKey={(r) => r.key}
            empty={<Empty title="Nothing was used in this window.">{meter.what}</Empty>}
          />
        </Panel>
      </div>
    </>
  )
}

function Named({ of, by }: { of: Row; by: 'account' | 'app' | 'container' }) {
  if (of.account === null && by !== 'container') return <a href="/ops/unattributed">unattributed</a>
  if (by === 'account') return <a href={`/${of.account}/usage`}>{of.account}</a>
  const app = of.account && of.app ? `/${of.account}/apps/${encodeURIComponent(of.app)}` : '/ops/unattributed'
  if (by === 'app') {
    return (
      <>
        <a href={app}>{of.app}</a> <span className="dim">{of.account}</span>
      </>
    )
  }
  return (
    <>
      <a href={of.account ? `${app}/${of.hostId}-${of.containerId}` : app}>{of.container}</a>{' '}
      <span className="dim">{of.account ? `${of.account}/${of.app}` : 'unattributed'}</span>
    </>
  )
}
