import type { Metadata } from 'next'
import type { Caller } from '#server/router.ts'
import { one, type Search } from '../../../[account]/window.ts'
import { load, server } from '../../../server.ts'
import { moneyText } from '../../../ui/format.ts'
import { KpiStrip } from '../../../ui/kpis.tsx'
import { Money } from '../../../ui/money.tsx'
import { PageHead, Panel } from '../../../ui/panel.tsx'
import { Segmented } from '../../../ui/segmented.tsx'
import { StackedBars } from '../../../ui/stacked-bars.tsx'
import { Empty } from '../../../ui/states.tsx'
import { Table } from '../../../ui/table.tsx'

export const metadata: Metadata = { title: 'Revenue' }

type Overview = Awaited<ReturnType<Caller['billing']['revenue']['overview']>>

const sum = (amounts: readonly bigint[]) => amounts.reduce((all, one_) => all + one_, 0n)
const count = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`

/** The currencies there is anything in, the one that brings most first. */
const currenciesOf = ({ plans, months, books }: Overview): string[] => {
  const weight = (currency: string) => sum(plans.filter((row) => row.currency === currency).map((row) => row.recurring))
  const all = new Set([...plans, ...months, ...books].map((row) => row.currency))
  return [...all].toSorted((a, b) => Number(weight(b) - weight(a)) || a.localeCompare(b))
}

const monthsIn = ({ calendar, months }: Overview, currency: string) =>
  calendar.map((month) => {
    const row = months.find((one_) => one_.currency === currency && one_.month.getTime() === month.getTime())
    return { month, plans: row?.plansMinor ?? 0n, usage: row?.usageMinor ?? 0n, other: row?.otherMinor ?? 0n }
  })

/** What the platform earns: recurring and by usage, what is owed, what was given ahead. */
export default async function RevenuePage({ searchParams }: { searchParams: Promise<Search> }) {
  const search = await searchParams
  const overview = await load((await server()).billing.revenue.overview())
  const currencies = currenciesOf(overview)
  const currency = currencies.find((known) => known === one(search['currency'])) ?? currencies[0] ?? 'EUR'
  const plans = overview.plans.filter((row) => row.currency === currency)
  const months = monthsIn(overview, currency)
  const books = overview.books.find((row) => row.currency === currency)
  const owed = overview.owed.find((row) => row.currency === currency)
  const recurring = sum(plans.map((row) => row.recurring))
  const last = months.at(-2)
  const active = plans.reduce((all, row) => all + row.paying, 0)
  const paying = plans.filter((row) => row.plan !== 'free').reduce((all, row) => all + row.paying, 0)
  const begun = months.findIndex((row) => row.plans !== 0n || row.usage !== 0n || row.other !== 0n)
  const credit = (books?.prepaidLeft ?? 0n) + (books?.promotionalLeft ?? 0n)
  return (
    <>
      <PageHead
        title="Revenue"
        sub="Before tax. Recurring is what plans are paid in advance, a year's as twelve months, before coupons."
        actions={
          currencies.length > 1 && (
            <Segmented
              label="Currency"
              items={currencies.map((label) => ({
                label,
                href: `/ops/billing/revenue?currency=${label}`,
                current: label === currency,
              }))}
            />
          )
        }
      />
      <div className="stack">
        <KpiStrip
          label="Revenue"
          of={[
            {
              label: 'Recurring a month',
              figure: <Money of={recurring} currency={currency} />,
              note: `${count(paying, 'subscription')} that ${paying === 1 ? 'is' : 'are'} not free`,
            },
            {
              label: 'Usage, last month',
              figure: <Money of={last?.usage ?? 0n} currency={currency} />,
              note: 'as invoiced',
            },
            {
              label: 'Past due',
              figure: <Money of={owed?.pastDueMinor ?? 0n} currency={currency} />,
              note: owed?.pastDue ? (
                <a href="/ops/billing/invoices?state=past_due">{count(owed.pastDue, 'invoice')}</a>
              ) : (
                'nothing'
              ),
              ...(owed?.pastDue ? { status: 'major' as const } : {}),
            },
            {
              label: 'Credit to use up',
              figure: <Money of={credit} currency={currency} />,
              note: `${moneyText(books?.prepaidLeft ?? 0n, currency)} of it prepaid`,
            },
          ]}
        />
        {books && books.sum !== 0n && <p role="alert">The books of {currency} do not balance. See the ledger.</p>}
        <StackedBars
          title="Invoiced a month"
          sub={`${currency}, before tax, by the month an invoice was finalized in`}
          finding={findingOf(months, currency)}
          days={months.map((row) => row.month)}
          kind={`money:${currency}`}
          step="month"
          partialLast
          csvName="revenue"
          series={[
            { label: 'Plans', values: months.map((row) => row.plans) },
            { label: 'Usage', values: months.map((row) => row.usage) },
          ]}
        />
        <Panel title="By plan" sub="subscriptions as they stand now" flush>
          <Table
            label="Revenue by plan"
            rows={plans}
            rowKey={(row) => row.plan}
            columns={[
              { head: 'Plan', phone: 'title', cell: (row) => row.planName, foot: 'All plans' },
              { head: 'Active', align: 'right', cell: (row) => row.paying, foot: active },
              { head: 'Trials', align: 'right', cell: (row) => row.trials },
              { head: 'Paused', align: 'right', phone: 'hide', cell: (row) => row.paused },
              {
                head: 'If trials stay',
                align: 'right',
                phone: 'hide',
                cell: (row) => <Money of={row.trialing} currency={currency} />,
              },
              {
                head: 'Recurring a month',
                align: 'right',
                cell: (row) => <Money of={row.recurring} currency={currency} />,
                foot: <Money of={recurring} currency={currency} />,
              },
            ]}
            empty={<Empty title="No subscriptions yet." />}
          />
        </Panel>
        <Panel title="By month" sub={currency} flush>
          <Table
            label="Invoiced by month"
            rows={months.slice(Math.max(0, begun)).toReversed()}
            rowKey={(row) => row.month.toISOString()}
            columns={[
              { head: 'Month (UTC)', phone: 'title', cell: (row) => row.month.toISOString().slice(0, 7) },
              { head: 'Plans', align: 'right', cell: (row) => <Money of={row.plans} currency={currency} /> },
              { head: 'Usage', align: 'right', cell: (row) => <Money of={row.usage} currency={currency} /> },
              {
                head: 'Discounts, adjustments, credit notes',
                align: 'right',
                cell: (row) => <Money of={row.other} currency={currency} />,
              },
              {
                head: 'In all',
                align: 'right',
                cell: (row) => <Money of={row.plans + row.usage + row.other} currency={currency} />,
              },
            ]}
          />
        </Panel>
      </div>
    </>
  )
}

const findingOf = (months: ReturnType<typeof monthsIn>, currency: string): string => {
  const whole = months.slice(0, -1).map((row) => row.plans + row.usage)
  const [before, last] = [whole.at(-2) ?? 0n, whole.at(-1) ?? 0n]
  if (last === 0n && before === 0n) return 'Nothing was invoiced in the last two months.'
  const more = last - before
  const word =
    more === 0n ? 'as much as' : `${moneyText(more < 0n ? -more : more, currency)} ${more > 0n ? 'more' : 'less'} than`
  return `Last month ${moneyText(last, currency)}, ${word} the month before.`
}
