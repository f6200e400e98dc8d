import { change, share } from '../../ui/format.ts'
import { Money } from '../../ui/money.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Qty } from '../../ui/qty.tsx'
import { Empty } from '../../ui/states.tsx'
import { Table, type Column } from '../../ui/table.tsx'
import { beforeName, type Overview, periodQuery, readingsOf, type Row } from './period.ts'
import { Prices } from './prices.tsx'

const SHOWN = 100
const METERS = [
  { meter: 'cpu', head: 'CPU', kind: 'cpuUs', readings: 'cpuUs', phone: undefined },
  { meter: 'memory', head: 'Memory', kind: 'mibS', readings: 'memoryMibS', phone: undefined },
  { meter: 'disk', head: 'Storage', kind: 'mibS', readings: 'diskMibS', phone: 'hide' },
  { meter: 'egress', head: 'Egress', kind: 'bytes', readings: 'txBytes', phone: 'hide' },
] as const

const sum = (of: readonly Row[], amount: (row: Row) => bigint) => of.reduce((all, row) => all + amount(row), 0n)

/** Many small apps in one row, so that the rows go on to sum to the total. */
const gathered = (rows: readonly Row[]): Row => ({
  app: '',
  used: {
    cpu: sum(rows, (r) => r.used.cpu),
    memory: sum(rows, (r) => r.used.memory),
    disk: sum(rows, (r) => r.used.disk),
    egress: sum(rows, (r) => r.used.egress),
  },
  cost: sum(rows, (r) => r.cost) as Row['cost'],
  byMeter: rows[0]!.byMeter,
  before: sum(rows, (r) => r.before) as Row['before'],
  forecast: null,
})

/** Each app with what it used and cost; every figure leads to its readings. */
export function AppTable({ of, account, now }: { of: Overview; account: string; now: Date }) {
  const { apps, currency, spent, before, period } = of
  const rest = apps.slice(SHOWN)
  const rows = rest.length > 0 ? [...apps.slice(0, SHOWN), gathered(rest)] : apps
  const link = (app: string) => `/${account}/spend/${encodeURIComponent(app)}${periodQuery(period)}`
  const columns: Column<Row>[] = [
    {
      head: 'App',
      phone: 'title',
      cell: (r) =>
        r.app ? (
          <a href={link(r.app)}>{r.app}</a>
        ) : (
          <span className="dim">{rest.length} others; the export has all</span>
        ),
      foot: 'Total',
    },
    ...METERS.map(({ meter, head, kind, readings, phone }): Column<Row> => ({
      head,
      align: 'right',
      phone,
      cell: (r) =>
        r.app && r.used[meter] > 0n ? (
          <a className="ev" href={readingsOf(account, r.app, period, readings, now)}>
            <Qty of={kind} value={r.used[meter]} />
          </a>
        ) : (
          <Qty of={kind} value={r.used[meter]} />
        ),
      foot: <Qty of={kind} value={sum(apps, (r) => r.used[meter])} />,
    })),
  ]
  // Beside a period in which nothing was used every app would be new.
  if (before && before.spent > 0n) {
    columns.push({
      head: `vs ${beforeName(before)}`,
      align: 'right',
      cell: (r) => <Qty figure={change(r.cost, r.before)} />,
      foot: <Qty figure={change(spent, before.spent)} />,
    })
  }
  columns.push(
    {
      head: 'Share',
      align: 'right',
      phone: 'hide',
      cell: (r) => <Qty figure={share(r.cost, spent)} />,
      foot: <Qty figure={share(spent, spent)} />,
    },
    {
      head: `Spend, ${currency}`,
      align: 'right',
      phone: 'state',
      sort: 'descending',
      cell: (r) =>
        r.app ? (
          <a className="ev" href={link(r.app)}>
            <b>
              <Money of={r.cost} currency={currency} bare />
            </b>
          </a>
        ) : (
          <b>
            <Money of={r.cost} currency={currency} bare />
          </b>
        ),
      foot: (
        <b className="total">
          <Money of={spent} currency={currency} bare />
        </b>
      ),
    },
  )
  return (
    <Panel
      id="by-app"
      title="By app"
      sub={
        apps.length > 0
          ? `${apps.length} ${apps.length === 1 ? 'app' : 'apps'}. Every figure opens its readings.`
          : undefined
      }
      foot={<Prices of={of} account={account} />}
      flush
    >
      <Table
        label="Spend by app"
        columns={columns}
        rows={rows}
        rowKey={(r) => r.app}
        roomy
        empty={
          <Empty title="Nothing was used yet.">
            Usage and what it costs appear within two minutes of a container's start.
          </Empty>
        }
      />
    </Panel>
  )
}
