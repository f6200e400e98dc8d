import type { Metadata } from 'next'
import { load, server } from '../../server.ts'
import { Live } from '../../shell/live.tsx'
import { FilterSelect } from '../../ui/filters.tsx'
import { PageHead } from '../../ui/panel.tsx'
import { MeteredTo, PendingUsage } from '../metered.tsx'
import type { Search } from '../window.ts'
import { AppTable } from './app-table.tsx'
import { CapBanner } from './cap-banner.tsx'
import { ExportSpend } from './export-spend.tsx'
import { NoPlan } from './no-plan.tsx'
import { askedPeriod, periodName, periodWords } from './period.ts'
import { CourseChart, DaysChart } from './spend-charts.tsx'
import { SpendHead } from './spend-head.tsx'

export const metadata: Metadata = { title: 'Spend' }

/** What a billing period has cost so far, what it will come to, and what happens at budget and cap. */
export default async function SpendPage({
  params,
  searchParams,
}: {
  params: Promise<{ account: string }>
  searchParams: Promise<Search>
}) {
  const { account } = await params
  const at = askedPeriod(await searchParams)
  const now = new Date()
  const asked = { account, ...(at ? { at } : {}) }
  const api = await server()
  const [view, me, overview, metered] = await Promise.all([
    load(api.accounts.view({ account })),
    load(api.accounts.me()),
    load(api.billing.spend.overview(asked)),
    load(api.usage.metered({ account })),
  ])
  if (!overview) return <NoPlan title="Spend" account={account} then={at !== undefined} />
  const { period, periods } = overview
  const mayLift = me.roles.includes('admin') || (view.role !== null && view.role !== 'member')
  const hasCost = overview.spent > 0n || (overview.before?.spent ?? 0n) > 0n || (overview.forecast?.high ?? 0n) > 0n
  const name = `${account}-${period.start.toISOString().slice(0, 10)}`
  return (
    <>
      <Live topics={[`usage:${view.id}`, `account:${view.id}`]} />
      <PageHead
        title="Spend"
        sub={
          <>
            {periodWords(period, now)} {period.isRunning && <MeteredTo of={metered} />}
          </>
        }
        actions={
          <>
            {periods.length > 1 && (
              <FilterSelect
                name="period"
                label="Billing period"
                value={period.isRunning ? '' : period.start.toISOString()}
                options={periods.map((one, index) => ({
                  value: index === 0 ? '' : one.start.toISOString(),
                  label: periodName(one, now),
                }))}
              />
            )}
            <ExportSpend account={account} at={at} />
          </>
        }
      />
      <div className="stack">
        <CapBanner of={overview} account={account} mayLift={mayLift} />
        {period.isRunning && <PendingUsage of={metered} />}
        <SpendHead of={overview} account={account} now={now} />
        {hasCost && (
          <div className="split split-wide">
            <CourseChart of={overview} csvName={`${name}-spend`} />
            <DaysChart of={overview} csvName={`${name}-spend-by-day`} />
          </div>
        )}
        <AppTable of={overview} account={account} now={now} />
      </div>
    </>
  )
}
