import type { Metadata } from 'next'
import { attempt, load, server } from '../../server.ts'
import { Live } from '../../shell/live.tsx'
import { amountText, moneyText } from '../../ui/format.ts'
import { KpiStrip } from '../../ui/kpis.tsx'
import { PageHead, Panel } from '../../ui/panel.tsx'
import { Banner } from '../../ui/status.tsx'
import { Empty } from '../../ui/states.tsx'
import { Table, type Column } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'
import type { Caller } from '#server/router.ts'
import { one, type Search } from '../window.ts'
import { InvoiceStanding, type Standing } from './standing.tsx'
import { dateText, daysText, filePath, invoicePath } from './words.ts'

export const metadata: Metadata = { title: 'Invoices' }

type Row = Awaited<ReturnType<Caller['billing']['invoices']['list']>>['rows'][number]
type Owed = { currency: string; openMinor: bigint; pastDueMinor: bigint; pastDue: number }

const standingOf = (row: Row): Standing => {
  if (row.state !== 'finalized') return row.state
  return row.isPastDue && row.openMinor > 0n ? 'past_due' : 'open'
}

const invoicesText = (count: number) => `${count} ${count === 1 ? 'invoice' : 'invoices'}`

/** What is open of the invoices shown, a currency a row. */
const owedOf = (rows: readonly Row[]): Owed[] => {
  const byCurrency = new Map<string, Owed>()
  for (const row of rows) {
    if (row.state !== 'finalized') continue
    const { currency } = row
    const owed = byCurrency.get(currency) ?? { currency, openMinor: 0n, pastDueMinor: 0n, pastDue: 0 }
    const isPastDue = standingOf(row) === 'past_due'
    byCurrency.set(currency, {
      currency,
      openMinor: owed.openMinor + row.openMinor,
      pastDueMinor: owed.pastDueMinor + (isPastDue ? row.openMinor : 0n),
      pastDue: owed.pastDue + (isPastDue ? 1 : 0),
    })
  }
  return [...byCurrency.values()]
}

const moneys = (of: readonly Owed[], amount: 'openMinor' | 'pastDueMinor') =>
  of.length === 0 ? '0' : of.map((row) => moneyText(row[amount], row.currency)).join(', ')

/** An account's invoices, newest first, with what is open and what the next one comes to so far. */
export default async function InvoicesPage({
  params,
  searchParams,
}: {
  params: Promise<{ account: string }>
  searchParams: Promise<Search>
}) {
  const { account } = await params
  const cursor = one((await searchParams)['before'])
  const now = new Date()
  const api = await server()
  const [view, list, next] = await Promise.all([
    load(api.accounts.view({ account })),
    load(api.billing.invoices.list({ account, limit: 100, ...(cursor ? { cursor } : {}) })),
    attempt(api.billing.invoices.preview({ account })),
  ])
  const open = owedOf(list.rows)
  const pastDue = open.filter((row) => row.pastDue > 0)
  const upcoming = next.ok ? next.value : null
  const nextDue = list.rows
    .flatMap((row) => (row.state === 'finalized' && row.openMinor > 0n && row.dueAt ? [row.dueAt] : []))
    .toSorted((a, b) => +a - +b)[0]
  return (
    <>
      <Live topics={[`billing:${view.id}`]} />
      <PageHead title="Invoices" sub="Every usage line opens to the signed readings behind it." />
      <div className="stack">
        {pastDue.length > 0 && (
          <Banner status="major" title={`${moneys(pastDue, 'pastDueMinor')} is past due.`}>
            Pay it so that containers keep running. Each invoice says how and until when.
          </Banner>
        )}
        <KpiStrip
          label="What is owed"
          of={[
            {
              label: 'Open',
              figure: moneys(open, 'openMinor'),
              note: nextDue ? <>due {dateText(nextDue)}</> : 'nothing to pay',
            },
            {
              label: 'Past due',
              figure: moneys(open, 'pastDueMinor'),
              note: pastDue.length > 0 ? invoicesText(pastDue.reduce((sum, row) => sum + row.pastDue, 0)) : 'none',
              ...(pastDue.length > 0 ? { status: 'major' as const } : {}),
            },
            {
              label: 'Next invoice, so far',
              figure: upcoming ? moneyText(upcoming.totals.totalMinor, upcoming.currency) : '–',
              note: upcoming
                ? `for ${daysText(upcoming.period.start, upcoming.period.end, now)}`
                : 'no plan that charges',
            },
          ]}
        />
        <Panel title="Invoices" sub={`${list.rows.length} shown, newest first`} flush>
          <Table
            label="Invoices"
            columns={columns(account, now)}
            rows={list.rows}
            rowKey={(row) => row.id}
            roomy
            empty={
              <Empty title="No invoices yet." action={<a href={`/${account}/plan`}>See plans</a>}>
                The first one is made when a plan is paid for or a billing period ends.
              </Empty>
            }
          />
          {list.nextCursor && (
            <div className="panel-foot">
              <a href={`/${account}/invoices?before=${list.nextCursor}`}>Older invoices</a>
            </div>
          )}
        </Panel>
      </div>
    </>
  )
}

const columns = (account: string, now: Date): Column<Row>[] => [
  {
    head: 'Invoice',
    phone: 'title',
    cell: (row) =>
      row.number === null ? (
        'Being made'
      ) : (
        <a href={invoicePath(account, row.number)} className="mono">
          {row.number}
        </a>
      ),
  },
  { head: 'Period', cell: (row) => daysText(row.periodStart, row.periodEnd, now) },
  { head: 'Issued', phone: 'hide', cell: (row) => (row.finalizedAt ? dateText(row.finalizedAt) : '–') },
  {
    head: 'Due',
    cell: (row) =>
      standingOf(row) === 'past_due' ? (
        <Time at={row.dueAt} />
      ) : row.dueAt && row.openMinor > 0n ? (
        dateText(row.dueAt)
      ) : (
        '–'
      ),
  },
  { head: 'State', phone: 'state', cell: (row) => <InvoiceStanding of={standingOf(row)} /> },
  {
    head: 'Total',
    align: 'right',
    cell: (row) =>
      row.state === 'draft' ? (
        <span className="dim">when final</span>
      ) : (
        <>
          <span className="num">{amountText(row.totalMinor, row.currency)}</span>{' '}
          <span className="unit">{row.currency}</span>
        </>
      ),
  },
  {
    head: 'Open',
    align: 'right',
    cell: (row) =>
      row.state === 'draft' ? '–' : <span className="num">{amountText(row.openMinor, row.currency)}</span>,
  },
  {
    head: 'File',
    align: 'right',
    phone: 'hide',
    cell: (row) =>
      row.number === null ? null : (
        <a href={filePath(account, row.number, 'pdf')} download>
          PDF<span className="vh"> of {row.number}</span>
        </a>
      ),
  },
]
