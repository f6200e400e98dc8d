import type { Metadata } from 'next'
import { attempt, load, server } from '../../server.ts'
import { Live } from '../../shell/live.tsx'
import { FilterSelect } from '../../ui/filters.tsx'
import { share } from '../../ui/format.ts'
import { KpiStrip } from '../../ui/kpis.tsx'
import { PageHead, Panel } from '../../ui/panel.tsx'
import { Qty } from '../../ui/qty.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { Empty, ErrorPanel } from '../../ui/states.tsx'
import { Table, type Column } from '../../ui/table.tsx'
import { Change, changeWords, comparedWords } from '../figures.tsx'
import { type Amounts, type MeterInfo, type MeterName, meterOf, METERS, storage, summed } from '../meters.ts'
import { MeteredTo, PendingUsage } from '../metered.tsx'
import { SplitChart, TotalChart } from '../usage-charts.tsx'
import { asked, one, type PageWindow, type Search, windowOf, windowQuery, withQuery } from '../window.ts'
import { WindowPicker } from '../window-picker.tsx'
import { ExportMenu } from './export-menu.tsx'

export const metadata: Metadata = { title: 'Usage' }

/** Amounts here are of whole hours, so nothing shorter is offered. */
const OFFERED = ['24h', '7d', '30d', 'month', 'last-month']

/** More rows than this are for the export. */
const MOST_CONTAINERS = 100

type Row = { key: string; label: string; href: string | undefined; used: Amounts; before: Amounts | undefined }

/** What was used in a window, by app or container, beside the period before. */
export default async function UsagePage({
  params,
  searchParams,
}: {
  params: Promise<{ account: string }>
  searchParams: Promise<Search>
}) {
  const { account } = await params
  const search = await searchParams
  const path = `/${account}/usage`
  const now = new Date()
  const wanted = windowOf(search, now)
  const window = wanted.name === '1h' ? windowOf({}, now, '24h') : wanted
  const meter = meterOf(one(search['meter']))
  const by = one(search['by']) === 'container' ? 'container' : 'app'
  const app = one(search['app'])
  const base = { account, window: asked(window), ...(app ? { app } : {}) }
  const splitBy = by === 'container' && app ? 'container' : 'app'
  const api = await server()
  const [view, apps, totals, charts, containers] = await Promise.all([
    load(api.accounts.view({ account })),
    load(api.usage.appNames({ account })),
    load(api.usage.totals(base)),
    attempt(
      api.usage.charts({
        ...base,
        of: [
          { meter: meter.name, by: 'total' },
          { meter: meter.name, by: splitBy },
        ],
      }),
    ),
    by === 'container'
      ? attempt(api.usage.containers({ ...base, by: meter.name, runningFirst: false, limit: MOST_CONTAINERS }))
      : undefined,
  ])
  const [total, split] = charts.ok ? charts.value : []
  const used = summed(totals.used)
  const before = summed(totals.before)
  const rows: Row[] = containers
    ? containers.ok
      ? containers.value.rows.flatMap((c) =>
          c.used
            ? [
                {
                  key: `${c.hostId}:${c.containerId}`,
                  label: c.name,
                  href: `/${account}/apps/${encodeURIComponent(c.app)}/${c.hostId}-${c.containerId}?${windowQuery(window)}`,
                  used: c.used,
                  before: undefined,
                },
              ]
            : [],
        )
      : []
    : totals.used.map((t) => ({
        key: t.app,
        label: t.app,
        href: `/${account}/apps/${encodeURIComponent(t.app)}?${windowQuery(window)}`,
        used: t,
        before: totals.before.find((b) => b.app === t.app),
      }))
  const than = comparedWords(totals.compared, now)
  return (
    <>
      <Live topics={[`usage:${view.id}`]} />
      <PageHead
        title="Usage"
        sub={
          <>
            {window.words[0]?.toUpperCase()}
            {window.words.slice(1)}. <MeteredTo of={totals.metered} />
          </>
        }
        actions={<ExportMenu account={account} window={asked(window)} app={app} />}
      />
      <div className="stack">
        <div className="row">
          <WindowPicker path={path} search={search} window={window} offered={OFFERED} />
          <FilterSelect
            name="app"
            label="App"
            value={app ?? ''}
            options={[{ value: '', label: 'All apps' }, ...apps.map((name) => ({ value: name, label: name }))]}
          />
        </div>
        <PendingUsage of={totals.metered} />
        <KpiStrip label="Used in the window" of={figures(used, before, than)} />
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
        <div className="split">
          {total && <TotalChart of={total} meter={meter} csvName={`${account}-${meter.name}`} />}
          {split && (
            <SplitChart of={split} meter={meter} by={splitBy} csvName={`${account}-${meter.name}-by-${splitBy}`} />
          )}
          {!charts.ok && (
            <Panel title={meter.label}>
              <ErrorPanel title="The charts cannot be shown">{charts.message}</ErrorPanel>
            </Panel>
          )}
        </div>
        <UseTable
          count={containers?.ok ? containers.value.total : rows.length}
          {...{ account, rows, by, meter, used, before, window, search, path }}
        />
      </div>
    </>
  )
}

const figures = (used: Amounts, before: Amounts, than: string) => [
  { label: 'CPU', figure: <Qty of="cpuUs" value={used.cpuUs} />, note: changeWords(used.cpuUs, before.cpuUs, than) },
  {
    label: 'Memory',
    figure: <Qty of="mibS" value={used.memoryMibS} />,
    note: changeWords(used.memoryMibS, before.memoryMibS, than),
  },
  {
    label: 'Storage',
    figure: <Qty of="mibS" value={storage(used)} />,
    note: changeWords(storage(used), storage(before), than),
  },
  {
    label: 'Egress',
    figure: <Qty of="bytes" value={used.txBytes} />,
    note: changeWords(used.txBytes, before.txBytes, than),
  },
  {
    label: 'Ingress',
    figure: <Qty of="bytes" value={used.rxBytes} />,
    note: changeWords(used.rxBytes, before.rxBytes, than),
  },
]

function UseTable({
  rows,
  count,
  by,
  meter,
  used,
  before,
  window,
  search,
  path,
}: {
  rows: readonly Row[]
  /** Of how many these are. */
  count: number
  by: 'app' | 'container'
  meter: MeterInfo
  used: Amounts
  before: Amounts
  window: PageWindow
  search: Search
  path: string
}) {
  const sorted = rows.toSorted((a, b) => Number(b.used[meter.name] - a.used[meter.name]))
  const head = (name: MeterName) => ({
    sort: name === meter.name ? ('descending' as const) : undefined,
    sortHref: withQuery(path, search, { meter: name }),
  })
  const columns: Column<Row>[] = [
    {
      head: by === 'app' ? 'App' : 'Container',
      phone: 'title',
      cell: (r) => <a href={r.href}>{r.label}</a>,
      foot: 'Total',
    },
    {
      head: 'CPU',
      align: 'right',
      ...head('cpuUs'),
      cell: (r) => <Qty of="cpuUs" value={r.used.cpuUs} />,
      foot: <Qty of="cpuUs" value={used.cpuUs} />,
    },
    {
      head: 'Memory',
      align: 'right',
      ...head('memoryMibS'),
      cell: (r) => <Qty of="mibS" value={r.used.memoryMibS} />,
      foot: <Qty of="mibS" value={used.memoryMibS} />,
    },
    {
      head: 'Storage',
      align: 'right',
      cell: (r) => <Qty of="mibS" value={storage(r.used)} />,
      foot: <Qty of="mibS" value={storage(used)} />,
    },
    {
      head: 'Egress',
      align: 'right',
      ...head('txBytes'),
      cell: (r) => <Qty of="bytes" value={r.used.txBytes} />,
      foot: <Qty of="bytes" value={used.txBytes} />,
    },
    {
      head: 'Ingress',
      align: 'right',
      phone: 'hide',
      ...head('rxBytes'),
      cell: (r) => <Qty of="bytes" value={r.used.rxBytes} />,
      foot: <Qty of="bytes" value={used.rxBytes} />,
    },
    {
      head: `${meter.label}, share`,
      align: 'right',
      phone: 'hide',
      cell: (r) => <Qty figure={share(r.used[meter.name], used[meter.name])} />,
      foot: <Qty figure={share(used[meter.name], used[meter.name])} />,
    },
  ]
  if (by === 'app') {
    columns.push({
      head: `${meter.label}, change`,
      align: 'right',
      cell: (r) => <Change used={r.used[meter.name]} before={r.before?.[meter.name] ?? 0n} />,
      foot: <Change used={used[meter.name]} before={before[meter.name]} />,
    })
  }
  return (
    <Panel
      title={by === 'app' ? 'By app' : 'By container'}
      sub={`${sorted.length}${sorted.length < count ? ` of ${count}` : ''}, most ${meter.label} first. Every name opens its readings.${sorted.length < count ? ' The export has all.' : ''}`}
      actions={
        <Segmented
          label="Rows"
          items={(['app', 'container'] as const).map((of) => ({
            label: of === 'app' ? 'App' : 'Container',
            href: withQuery(path, search, { by: of === 'app' ? undefined : of }),
            current: of === by,
          }))}
        />
      }
      flush
    >
      <Table
        label={`Usage by ${by}`}
        columns={columns}
        rows={sorted}
        rowKey={(r) => r.key}
        roomy
        empty={
          <Empty title={`Nothing was used in ${window.words}.`} action={<a href={path}>Show this month</a>}>
            Usage appears within a minute of a container's start.
          </Empty>
        }
      />
    </Panel>
  )
}
