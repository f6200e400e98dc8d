import type { Metadata } from 'next'
import { load, server } from '../../../server.ts'
import { Live } from '../../../shell/live.tsx'
import { moneyText, share } from '../../../ui/format.ts'
import { KpiStrip } from '../../../ui/kpis.tsx'
import { Money } from '../../../ui/money.tsx'
import { PageHead, Panel } from '../../../ui/panel.tsx'
import { Qty } from '../../../ui/qty.tsx'
import { Empty } from '../../../ui/states.tsx'
import { Table, type Column } from '../../../ui/table.tsx'
import type { Search } from '../../window.ts'
import { NoPlan } from '../no-plan.tsx'
import { askedPeriod, periodQuery, periodWords, readingsOf } from '../period.ts'

type Params = Promise<{ account: string; app: string }>

export const generateMetadata = async ({ params }: { params: Params }): Promise<Metadata> => ({
  title: `Spend of ${decodeURIComponent((await params).app)}`,
})

const SHOWN = 200
const METERS = [
  { meter: 'cpu', label: 'CPU', kind: 'cpuUs', readings: 'cpuUs' },
  { meter: 'memory', label: 'Memory', kind: 'mibS', readings: 'memoryMibS' },
  { meter: 'disk', label: 'Storage', kind: 'mibS', readings: 'diskMibS' },
  { meter: 'egress', label: 'Egress', kind: 'bytes', readings: 'txBytes' },
] as const

/** What an app costs, by meter and by container. */
export default async function AppSpendPage({
  params,
  searchParams,
}: {
  params: Params
  searchParams: Promise<Search>
}) {
  const { account, app: encoded } = await params
  const app = decodeURIComponent(encoded)
  const at = askedPeriod(await searchParams)
  const now = new Date()
  const api = await server()
  const [view, spend] = await Promise.all([
    load(api.accounts.view({ account })),
    load(api.billing.spend.app({ account, app, ...(at ? { at } : {}) })),
  ])
  if (!spend) return <NoPlan title={app} account={account} then={at !== undefined} />
  const { currency, period, containers, rest } = spend
  type Row = (typeof containers)[number]
  const window = readingsOf(account, app, period, 'cpuUs', now).split('?')[1] ?? ''
  const rows = containers.slice(0, SHOWN)
  const left = containers.slice(SHOWN).reduce((sum, row) => sum + row.cost, 0n) + rest
  const columns: Column<Row>[] = [
    {
      head: 'Container',
      phone: 'title',
      cell: (r) => (
        <a href={`/${account}/apps/${encodeURIComponent(app)}/${r.hostId}-${r.containerId}?${window}`}>{r.name}</a>
      ),
      foot: 'Total',
    },
    { head: 'Host', phone: 'hide', cell: (r) => r.host },
    ...METERS.map(({ meter, label, kind }): Column<Row> => ({
      head: label,
      align: 'right',
      phone: meter === 'disk' || meter === 'egress' ? 'hide' : undefined,
      cell: (r) => <Qty of={kind} value={r.used[meter]} />,
      foot: <Qty of={kind} value={spend.app.used[meter]} />,
    })),
    {
      head: 'Share',
      align: 'right',
      phone: 'hide',
      cell: (r) => <Qty figure={share(r.cost, spend.app.cost)} />,
    },
    {
      head: `Spend, ${currency}`,
      align: 'right',
      phone: 'state',
      sort: 'descending',
      cell: (r) => (
        <b>
          <Money of={r.cost} currency={currency} bare />
        </b>
      ),
      foot: (
        <b className="total">
          <Money of={spend.app.cost} currency={currency} bare />
        </b>
      ),
    },
  ]
  return (
    <>
      <Live topics={[`usage:${view.id}`]} />
      <PageHead
        title={app}
        sub={
          <>
            Part of the <a href={`/${account}/spend${periodQuery(period)}`}>spend</a> of {account}.{' '}
            {periodWords(period, now)}
          </>
        }
        actions={<a href={`/${account}/apps/${encodeURIComponent(app)}`}>Readings of the app</a>}
      />
      <div className="stack">
        <KpiStrip
          label="Spend by meter"
          of={[
            {
              label: period.isRunning ? 'Spent so far' : 'Spent',
              figure: <Money of={spend.app.cost} currency={currency} />,
              note: 'before tax',
            },
            ...METERS.map(({ meter, label, kind, readings }) => ({
              label,
              figure: <Money of={spend.app.byMeter[meter]} currency={currency} />,
              note: (
                <a className="ev" href={readingsOf(account, app, period, readings, now)}>
                  <Qty of={kind} value={spend.app.used[meter]} />
                </a>
              ),
            })),
          ]}
        />
        <Panel
          title="By container"
          sub={
            containers.length > SHOWN
              ? `${SHOWN} of ${containers.length}, dearest first`
              : `${containers.length}, dearest first. Each has its share of the app's amount by what it used.`
          }
          foot={
            left === 0n ? undefined : (
              <span>
                {containers.length > SHOWN ? `${containers.length - SHOWN} others cost` : 'Not of one container'}:{' '}
                {moneyText(left, currency)}.
              </span>
            )
          }
          flush
        >
          <Table
            label="Spend by container"
            columns={columns}
            rows={rows}
            rowKey={(r) => `${r.hostId}:${r.containerId}`}
            roomy
            empty={<Empty title="No container used anything in this period." />}
          />
        </Panel>
      </div>
    </>
  )
}
