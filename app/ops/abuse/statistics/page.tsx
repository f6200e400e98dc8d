import type { Metadata } from 'next'
import type { Caller } from '#server/router.ts'
import { one, type Search } from '../../../[account]/window.ts'
import { load, server } from '../../../server.ts'
import { CrumbName } from '../../../shell/crumbs.tsx'
import { KpiStrip } from '../../../ui/kpis.tsx'
import { PageHead, Panel } from '../../../ui/panel.tsx'
import { Qty } from '../../../ui/qty.tsx'
import { Segmented } from '../../../ui/segmented.tsx'
import { StackedBars } from '../../../ui/stacked-bars.tsx'
import { Empty } from '../../../ui/states.tsx'
import { Table, type Column } from '../../../ui/table.tsx'
import { Sections } from '../sections.tsx'
import { counted } from '../words.ts'

export const metadata: Metadata = { title: 'Abuse statistics' }

type Rule = Awaited<ReturnType<Caller['abuse']['statistics']>>['rules'][number]
const WINDOWS = [7, 30, 90] as const

const seconds = (value: number | null) =>
  value === null ? '–' : `${value < 10 ? value.toFixed(1) : Math.round(value)}`
const share = (part: number, of: number) => (of === 0 ? '–' : `${((part / of) * 100).toFixed(1)} %`)

/** What was done, by day and by rule, how quickly, and how often it was wrong. */
export default async function StatisticsPage({ searchParams }: { searchParams: Promise<Search> }) {
  const asked = one((await searchParams)['days'])
  const days = WINDOWS.find((known) => String(known) === asked) ?? 30
  const api = await server()
  const of = await load(api.abuse.statistics({ days }))
  const decided = of.disputes.cleared + of.disputes.stands
  return (
    <>
      <CrumbName name="Statistics" />
      <PageHead
        title="Statistics"
        sub={`The last ${days} days, UTC, today so far.`}
        actions={<Sections current="/ops/abuse/statistics" />}
      />
      <div className="stack">
        <div className="row">
          <Segmented
            label="Window"
            items={WINDOWS.map((window) => ({
              label: `${window} d`,
              href: `/ops/abuse/statistics?days=${window}`,
              current: window === days,
            }))}
          />
        </div>
        <KpiStrip
          of={[
            { label: 'Stopped by hosts', figure: <Qty of="count" value={of.stops} /> },
            {
              label: 'Start to stop, median',
              figure: <Qty figure={{ value: seconds(of.stopP50S), unit: 's' }} />,
              note: `95 % within ${seconds(of.stopP95S)} s`,
            },
            { label: 'Strikes', figure: <Qty of="count" value={of.strikes} />, note: `${of.erased} erased since` },
            {
              label: 'Strikes that were wrong',
              figure: share(of.erased, of.strikes),
              note: `${of.disputes.cleared} of ${counted(decided, 'dispute')} cleared`,
            },
            { label: 'Accounts suspended', figure: <Qty of="count" value={of.suspended} /> },
          ]}
        />
        <StackedBars
          title="Containers acted on"
          sub="a day"
          finding={`${of.stops} stops in ${days} days.`}
          days={of.days.map(({ day }) => `${day}T00:00:00Z`)}
          series={[
            { label: 'Stopped', values: of.days.map(({ stops }) => stops) },
            { label: 'Slowed', values: of.days.map(({ throttles }) => throttles) },
          ]}
          kind="count"
          partialLast
          csvName="abuse-actions"
        />
        <StackedBars
          title="Strikes and deleted apps"
          sub="a day"
          finding={`${of.strikes} strikes in ${days} days.`}
          days={of.days.map(({ day }) => `${day}T00:00:00Z`)}
          series={[
            { label: 'Strikes', values: of.days.map(({ strikes }) => strikes) },
            { label: 'Apps deleted', values: of.days.map(({ deleted }) => deleted) },
          ]}
          kind="count"
          partialLast
          csvName="abuse-strikes"
        />
        <Panel title="By rule" sub="Stops a rule took part in, most first" flush>
          <Table
            label="Stops by rule"
            columns={COLUMNS}
            rows={of.rules}
            rowKey={(row) => row.rule}
            empty={<Empty title="No rule took part in a stop.">Nothing was stopped in this window.</Empty>}
          />
        </Panel>
      </div>
    </>
  )
}

const COLUMNS: Column<Rule>[] = [
  { head: 'Rule', phone: 'title', cell: (row) => <span className="mono text-sm">{row.rule}</span> },
  { head: 'Stops', align: 'right', cell: (row) => <Qty of="count" value={row.stops} /> },
  { head: 'Accounts', align: 'right', cell: (row) => <Qty of="count" value={row.owners} /> },
  { head: 'Strikes erased', align: 'right', cell: (row) => <Qty of="count" value={row.erased} /> },
  { head: 'Wrong', align: 'right', cell: (row) => <span className="num">{share(row.erased, row.stops)}</span> },
]
