import type { Metadata } from 'next'
import type { Caller } from '#server/router.ts'
import { InvoiceStanding, type Standing } from '../../../[account]/invoices/standing.tsx'
import { dateText, daysText } from '../../../[account]/invoices/words.ts'
import { one, type Search, withQuery } from '../../../[account]/window.ts'
import { load, server } from '../../../server.ts'
import { Live } from '../../../shell/live.tsx'
import { Button } from '../../../ui/button.tsx'
import { FilterSelect, FilterText } from '../../../ui/filters.tsx'
import { moneyText } from '../../../ui/format.ts'
import { KpiStrip } from '../../../ui/kpis.tsx'
import { Money } from '../../../ui/money.tsx'
import { PageHead, Panel } from '../../../ui/panel.tsx'
import { Qty } from '../../../ui/qty.tsx'
import { Empty } from '../../../ui/states.tsx'
import { Table, type Column } from '../../../ui/table.tsx'
import { Time } from '../../../ui/time.tsx'
import { stepWords } from './step-words.ts'

export const metadata: Metadata = { title: 'Invoices' }

type Row = Awaited<ReturnType<Caller['billing']['collection']['invoices']>>['rows'][number]
type Totals = Awaited<ReturnType<Caller['billing']['collection']['totals']>>['totals']

const STATES = ['all', 'open', 'past_due', 'paid', 'draft', 'void', 'uncollectible'] as const
const standingOf = (row: Row): Standing => (row.state !== 'finalized' ? row.state : row.isPastDue ? 'past_due' : 'open')

const sums = (totals: Totals, of: 'openMinor' | 'pastDueMinor') => {
  const some = totals.filter((row) => row[of] !== 0n)
  return some.length === 0 ? '0' : some.map((row) => moneyText(row[of], row.currency)).join(', ')
}
const count = (totals: Totals, of: 'open' | 'pastDue') => totals.reduce((sum, row) => sum + row[of], 0)
const invoices = (n: number) => `${n} ${n === 1 ? 'invoice' : 'invoices'}`

/** The invoices of all accounts, and what is owed. */
export default async function AllInvoicesPage({ searchParams }: { searchParams: Promise<Search> }) {
  const search = await searchParams
  const state = STATES.find((known) => known === one(search['state'])) ?? 'all'
  const [text, cursor] = [one(search['q']), one(search['cursor'])]
  const now = new Date()
  const api = await server()
  const [{ rows, nextCursor }, { totals, drafts, proposed }] = await Promise.all([
    load(
      api.billing.collection.invoices({
        state,
        ...(text ? { text } : {}),
        ...(cursor && /^\d+\.\d+$/.test(cursor) ? { cursor } : {}),
      }),
    ),
    load(api.billing.collection.totals()),
  ])
  const isFiltered = state !== 'all' || text !== undefined
  return (
    <>
      <Live topics={['billing']} />
      <PageHead
        title="Invoices"
        sub="Of all accounts. A finalized invoice never changes: corrections are credit notes and adjustments."
      />
      <div className="stack">
        <KpiStrip
          label="What is owed"
          of={[
            { label: 'Open', figure: sums(totals, 'openMinor'), note: invoices(count(totals, 'open')) },
            {
              label: 'Past due',
              figure: sums(totals, 'pastDueMinor'),
              note: invoices(count(totals, 'pastDue')),
              ...(count(totals, 'pastDue') > 0 ? { status: 'major' as const } : {}),
            },
            {
              label: 'Drafts',
              figure: <Qty of="count" value={drafts} />,
              note: drafts > 0 ? 'wait for their hosts, a day at most' : 'none waits',
            },
            {
              label: 'Adjustments to decide',
              figure: <Qty of="count" value={proposed} />,
              note: proposed > 0 ? <a href="/ops/billing/adjustments">Decide</a> : 'none waits',
              ...(proposed > 0 ? { status: 'degraded' as const } : {}),
            },
          ]}
        />
        <Panel
          title="Invoices"
          sub={`${rows.length}${nextCursor ? ' and more' : ''}, ${state === 'open' || state === 'past_due' ? 'the first due first' : 'newest first'}`}
          actions={
            <div className="row">
              <FilterText label="Number or account" value={text ?? ''} />
              <FilterSelect
                name="state"
                label="State"
                value={state === 'all' ? '' : state}
                options={[
                  { value: '', label: 'All finalized' },
                  { value: 'open', label: 'Open' },
                  { value: 'past_due', label: 'Past due' },
                  { value: 'paid', label: 'Paid' },
                  { value: 'draft', label: 'Drafts' },
                  { value: 'void', label: 'Void' },
                  { value: 'uncollectible', label: 'Written off' },
                ]}
              />
            </div>
          }
          foot={
            nextCursor ? (
              <a href={withQuery('/ops/billing/invoices', search, { cursor: nextCursor })}>More</a>
            ) : undefined
          }
          flush
        >
          <Table
            label="Invoices"
            columns={columns(now)}
            rows={rows}
            rowKey={(row) => `${row.accountId}:${row.id}`}
            empty={
              isFiltered ? (
                <Empty
                  title="No invoice matches."
                  action={<Button href="/ops/billing/invoices">Clear filters</Button>}
                />
              ) : (
                <Empty title="No invoices yet.">The first are made when plans are paid for or a month ends.</Empty>
              )
            }
          />
        </Panel>
      </div>
    </>
  )
}

const columns = (now: Date): Column<Row>[] => [
  {
    head: 'Invoice',
    phone: 'title',
    cell: (row) => (
      <a href={`/ops/billing/invoices/${row.account}/${row.id}`} className={row.number ? 'mono' : ''}>
        {row.number ?? `Draft of ${row.account}`}
      </a>
    ),
  },
  { head: 'Account', cell: (row) => <a href={`/ops/accounts/${row.account}`}>{row.account}</a> },
  { head: 'State', phone: 'state', cell: (row) => <InvoiceStanding of={standingOf(row)} /> },
  { head: 'Period', phone: 'hide', cell: (row) => daysText(row.periodStart, row.periodEnd, now) },
  { head: 'Issued', phone: 'hide', cell: (row) => (row.finalizedAt ? dateText(row.finalizedAt) : '–') },
  {
    head: 'Due',
    cell: (row) =>
      row.dueAt && row.openMinor > 0n ? (
        <>
          {row.isPastDue ? <Time at={row.dueAt} show="relative" /> : dateText(row.dueAt)}
          {row.lastStep && <span className="dim">, {stepWords(row.lastStep)}</span>}
        </>
      ) : (
        '–'
      ),
  },
  { head: 'By', phone: 'hide', cell: (row) => (row.driver === 'stripe' ? 'card' : 'transfer') },
  {
    head: 'Total',
    align: 'right',
    cell: (row) =>
      row.state === 'draft' ? (
        <span className="dim">when final</span>
      ) : (
        <Money of={row.totalMinor} currency={row.currency} />
      ),
  },
  {
    head: 'Open',
    align: 'right',
    cell: (row) => (row.openMinor === 0n ? '–' : <Money of={row.openMinor} currency={row.currency} />),
  },
]
