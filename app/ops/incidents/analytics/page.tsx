import type { Caller } from '#server/router.ts'
import type { Metadata } from 'next'
import { one, type Search } from '../../../[account]/window.ts'
import { load, server } from '../../../server.ts'
import { duration, thousands } from '../../../ui/format.ts'
import { KpiStrip } from '../../../ui/kpis.tsx'
import { PageHead } from '../../../ui/panel.tsx'
import { Segmented } from '../../../ui/segmented.tsx'
import { StackedBars } from '../../../ui/stacked-bars.tsx'
import { Sections } from '../sections.tsx'
import { counted } from '../words.ts'
import { ExportMenu } from './export-menu.tsx'
import { ChannelsPanel, HostsPanel, ServicesPanel } from './panels.tsx'

export const metadata: Metadata = { title: 'Analytics of incidents' }

type Overview = Awaited<ReturnType<Caller['incidents']['analytics']['overview']>>
type Speed = Overview['detect']

const SPANS = [3, 6, 12, 24] as const

/** What the record says: how often something was out, how fast it was met, what it hit, how channels did. */
export default async function AnalyticsPage({ searchParams }: { searchParams: Promise<Search> }) {
  const asked = Number(one((await searchParams)['months']))
  const months = SPANS.find((span) => span === asked) ?? 6
  const found = await load((await server()).incidents.analytics.overview({ months }))
  const { promises } = found
  const due = promises.kept + promises.missed
  return (
    <>
      <PageHead
        title="Analytics"
        sub="From the record of what was said and how long things were out. Drills and maintenances do not count."
        actions={
          <>
            <Sections current="/ops/incidents/analytics" />
            <Segmented
              label="Window"
              items={SPANS.map((span) => ({
                label: `${span} months`,
                href: `/ops/incidents/analytics?months=${span}`,
                current: span === months,
              }))}
            />
            <ExportMenu months={months} />
          </>
        }
      />
      <div className="stack">
        <KpiStrip
          label="Outages and how they were met"
          of={[
            {
              label: 'Outages',
              figure: thousands(found.outages),
              note: found.open > 0 ? `${found.open} of them open` : 'none open',
            },
            { label: 'Until detected', ...speed(found.detect, 'from the start') },
            { label: 'Until acknowledged', ...speed(found.acknowledge, 'from detection') },
            { label: 'Until first told', ...speed(found.firstUpdate, 'from detection') },
            { label: 'Until resolved', ...speed(found.resolve, 'from the start') },
            {
              label: 'Promises kept',
              figure: due === 0 ? '–' : `${promises.kept} of ${due}`,
              note: promises.waiting > 0 ? `${promises.waiting} not due yet` : '“next update by”',
            },
            {
              label: 'Customers hit',
              figure: thousands(found.customers),
              note: `${duration(found.customerMs)} in all`,
            },
          ]}
        />
        <div className="split">
          <StackedBars
            title="Outages a month"
            sub="by the month one began in, UTC, and its impact"
            finding={outagesFinding(found)}
            days={found.months.map(({ month }) => month)}
            kind="count"
            step="month"
            partialLast
            csvName="outages"
            series={[
              { label: 'Major outage', values: found.months.map(({ byImpact }) => byImpact.critical) },
              { label: 'Partial outage', values: found.months.map(({ byImpact }) => byImpact.major) },
              { label: 'Degraded', values: found.months.map(({ byImpact }) => byImpact.minor) },
              { label: 'No impact', values: found.months.map(({ byImpact }) => byImpact.none) },
            ]}
          />
          <StackedBars
            title="Customer minutes a month"
            sub="each customer’s time with an app on a host that was out"
            finding={`${duration(found.customerMs)} in ${months} months, of ${counted(found.customers, 'customer')}.`}
            days={found.months.map(({ month }) => month)}
            kind="count"
            step="month"
            partialLast
            csvName="customer-minutes"
            series={[
              { label: 'Minutes', values: found.months.map(({ customerMs }) => Math.round(customerMs / 60_000)) },
            ]}
          />
        </div>
        <div className="split">
          <ServicesPanel of={found.components} />
          <HostsPanel of={found.hosts} />
        </div>
        <ChannelsPanel of={found.channels} />
      </div>
    </>
  )
}

const speed = ({ count, meanMs, medianMs }: Speed, from: string) =>
  meanMs === null || medianMs === null
    ? { figure: '–', note: 'not known yet' }
    : { figure: duration(meanMs), note: `mean of ${count}, ${from}; median ${duration(medianMs)}` }

const outagesFinding = ({ outages, months }: Overview): string => {
  if (outages === 0) return 'Nothing was out.'
  const most = months.toSorted((a, b) => total(b) - total(a))[0]
  const name = most?.month.toISOString().slice(0, 7)
  return `${counted(outages, 'outage')} in ${months.length} months, most in ${name}.`
}
const total = ({ byImpact }: Overview['months'][number]) => Object.values(byImpact).reduce((sum, n) => sum + n, 0)
