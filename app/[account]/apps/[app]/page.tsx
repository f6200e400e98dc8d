import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { attempt, load, server } from '../../../server.ts'
import { Live } from '../../../shell/live.tsx'
import { FilterText } from '../../../ui/filters.tsx'
import { KpiStrip } from '../../../ui/kpis.tsx'
import { PageHead, Panel } from '../../../ui/panel.tsx'
import { Qty } from '../../../ui/qty.tsx'
import { Segmented } from '../../../ui/segmented.tsx'
import { Empty, ErrorPanel } from '../../../ui/states.tsx'
import { StatusBadge, Tag } from '../../../ui/status.tsx'
import { Table, type Column } from '../../../ui/table.tsx'
import { Time } from '../../../ui/time.tsx'
import { presentFigures } from '../../figures.tsx'
import { meterOf, METERS, storage } from '../../meters.ts'
import { MeteredTo, PendingUsage } from '../../metered.tsx'
import { SplitChart, TotalChart } from '../../usage-charts.tsx'
import { OwnViolations } from '../../violations.tsx'
import { asked, one, type Search, windowOf, windowQuery, withQuery } from '../../window.ts'
import { WindowPicker } from '../../window-picker.tsx'
import { ExportMenu } from '../../usage/export-menu.tsx'

type Params = Promise<{ account: string; app: string }>

export const generateMetadata = async ({ params }: { params: Params }): Promise<Metadata> => ({
  title: decodeURIComponent((await params).app),
})

const MIB = 1_048_576
/** So many containers at first, and so many where all are asked for. */
const FIRST_CONTAINERS = 25
const MOST_CONTAINERS = 1_000

/** One app: what runs now, what it used in a window, its containers. */
export default async function AppPage({ params, searchParams }: { params: Params; searchParams: Promise<Search> }) {
  const { account, app: encoded } = await params
  const app = decodeURIComponent(encoded)
  const search = await searchParams
  const path = `/${account}/apps/${encodeURIComponent(app)}`
  const now = new Date()
  const wanted = windowOf(search, now, '24h')
  const window = wanted.name === '1h' ? windowOf({}, now, '24h') : wanted
  const meter = meterOf(one(search['meter']))
  const base = { account, app, window: asked(window) }
  const api = await server()
  const text = one(search['q'])?.slice(0, 100)
  const all = one(search['containers']) === 'all'
  const [view, apps, charts, containers, violations] = await Promise.all([
    load(api.accounts.view({ account })),
    load(api.usage.apps({ account, app })),
    attempt(
      api.usage.charts({
        ...base,
        of: [
          { meter: meter.name, by: 'total' },
          { meter: meter.name, by: 'container' },
        ],
      }),
    ),
    load(api.usage.containers({ ...base, text, by: meter.name, limit: all ? MOST_CONTAINERS : FIRST_CONTAINERS })),
    load(api.usage.ownViolations({ account, state: 'unresolved' })),
  ])
  const found = apps.find((a) => a.name === app)
  if (!found) notFound()
  const [total, split] = charts.ok ? charts.value : []
  const metered = total?.metered ?? (await load(api.usage.metered({ account })))
  const { rows } = containers
  type Row = (typeof rows)[number]
  const columns: Column<Row>[] = [
    {
      head: 'Container',
      phone: 'title',
      cell: (c) => <a href={`${path}/${c.hostId}-${c.containerId}?${windowQuery(window)}`}>{c.name}</a>,
    },
    { head: 'State', phone: 'state', cell: (c) => <ContainerState of={c} /> },
    { head: 'CPU now', align: 'right', cell: (c) => <Qty of="cores" value={c.running ? c.cpuCores : null} /> },
    {
      head: 'Memory now',
      align: 'right',
      cell: (c) => <Qty of="bytes" value={c.running && c.memoryMib !== null ? Math.round(c.memoryMib * MIB) : null} />,
    },
    {
      head: 'Storage',
      align: 'right',
      phone: 'hide',
      cell: (c) => <Qty of="bytes" value={c.diskBytes + c.logBytes} />,
    },
    { head: 'CPU used', align: 'right', cell: (c) => <Qty of="cpuUs" value={c.used?.cpuUs} /> },
    { head: 'Memory used', align: 'right', cell: (c) => <Qty of="mibS" value={c.used?.memoryMibS} /> },
    {
      head: 'Storage used',
      align: 'right',
      phone: 'hide',
      cell: (c) => <Qty of="mibS" value={c.used && storage(c.used)} />,
    },
    { head: 'Egress', align: 'right', phone: 'hide', cell: (c) => <Qty of="bytes" value={c.used?.txBytes} /> },
  ]
  return (
    <>
      <Live topics={[`usage:${view.id}`, `violations:${view.id}`]} />
      <PageHead
        title={
          <>
            {app} {found.protectedAt && <Tag>protected</Tag>}
          </>
        }
        sub={
          <>
            App of <a href={`/${account}`}>{account}</a>, first seen <Time at={found.firstSeenAt} />.{' '}
            <MeteredTo of={metered} />
          </>
        }
        actions={<ExportMenu account={account} app={app} window={asked(window)} />}
      />
      <div className="stack">
        <PendingUsage of={metered} />
        <KpiStrip label="Now" of={presentFigures(found.now)} />
        <OwnViolations account={account} of={violations.filter((v) => v.app === app)} />
        <WindowPicker path={path} search={search} window={window} offered={['24h', '7d', '30d', 'month']} />
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
          {total && <TotalChart of={total} meter={meter} csvName={`${account}-${app}-${meter.name}`} />}
          {split && (
            <SplitChart
              of={split}
              meter={meter}
              by="container"
              csvName={`${account}-${app}-${meter.name}-by-container`}
            />
          )}
          {!charts.ok && (
            <Panel title={meter.label}>
              <ErrorPanel title="The charts cannot be shown">{charts.message}</ErrorPanel>
            </Panel>
          )}
        </div>
        <Panel
          title="Containers"
          sub={`${rows.length < containers.total ? `${rows.length} of ` : ''}${containers.total} in ${window.words}, running first, then most ${meter.label}`}
          actions={
            (text || all || rows.length < containers.total) && (
              <FilterText label="Container’s name" value={text ?? ''} />
            )
          }
          foot={
            rows.length < containers.total &&
            !all && (
              <a href={withQuery(path, search, { containers: 'all' })}>
                Show {containers.total > MOST_CONTAINERS ? `${MOST_CONTAINERS}` : `all ${containers.total}`}
              </a>
            )
          }
          flush
        >
          <Table
            label="Containers"
            columns={columns}
            rows={rows}
            rowKey={(c) => `${c.hostId}:${c.containerId}`}
            roomy
            empty={
              text ? (
                <Empty
                  title={`No container’s name contains “${text}”.`}
                  action={<a href={withQuery(path, search, { q: undefined })}>Show all names</a>}
                />
              ) : (
                <Empty
                  title={`No container ran in ${window.words}.`}
                  action={<a href={`${path}?window=30d`}>Show 30 days</a>}
                />
              )
            }
          />
        </Panel>
      </div>
    </>
  )
}

function ContainerState({ of }: { of: { running: boolean; endedAt: Date | null } }) {
  if (of.running) return <StatusBadge status="operational">Runs</StatusBadge>
  if (of.endedAt === null) return <StatusBadge status="unknown">Not reported</StatusBadge>
  return (
    <StatusBadge status="unknown">
      Ended <Time at={of.endedAt} show="relative" />
    </StatusBadge>
  )
}
