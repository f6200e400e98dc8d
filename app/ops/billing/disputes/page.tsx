import type { Metadata } from 'next'
import type { Caller } from '#server/router.ts'
import { load, server } from '../../../server.ts'
import { moneyText } from '../../../ui/format.ts'
import { PageHead, Panel } from '../../../ui/panel.tsx'
import { Segmented } from '../../../ui/segmented.tsx'
import { Empty } from '../../../ui/states.tsx'
import { StatusBadge } from '../../../ui/status.tsx'
import { Table, type Column } from '../../../ui/table.tsx'
import { Time } from '../../../ui/time.tsx'

export const metadata: Metadata = { title: 'Disputes' }

type Row = Awaited<ReturnType<Caller['billing']['evidence']['disputes']['list']>>[number]

const STATES = {
  open: ['degraded', 'Open'],
  upheld: ['operational', 'Corrected'],
  rejected: ['unknown', 'Answered'],
} as const

/** What customers ask about their invoices: the oldest open question first. */
export default async function DisputesPage({
  searchParams,
}: {
  searchParams: Promise<Record<string, string | string[] | undefined>>
}) {
  const state = (await searchParams)['state'] === 'closed' ? 'closed' : 'open'
  const api = await server()
  const [rows, counts] = await Promise.all([
    load(api.billing.evidence.disputes.list({ state })),
    load(api.billing.evidence.disputes.counts()),
  ])
  return (
    <>
      <PageHead
        title="Disputes"
        sub={
          counts.oldestAt ? (
            <>
              {counts.open} open, the oldest asked <Time at={counts.oldestAt} />.
            </>
          ) : (
            'No open questions about invoices.'
          )
        }
        actions={
          <Segmented
            label="Show"
            items={(['open', 'closed'] as const).map((of) => ({
              label: of === 'open' ? 'Open' : 'Closed',
              href: of === 'open' ? '/ops/billing/disputes' : '/ops/billing/disputes?state=closed',
              current: of === state,
            }))}
          />
        }
      />
      <Panel
        title={state === 'open' ? 'Open' : 'Closed'}
        sub={state === 'open' ? `${rows.length}, oldest first` : `${rows.length}, newest first`}
        flush
      >
        <Table
          label="Disputes"
          columns={COLUMNS}
          rows={rows}
          rowKey={(row) => `${row.accountId}:${row.id}`}
          empty={
            <Empty title={state === 'open' ? 'Nobody questions an invoice.' : 'No question was answered yet.'}>
              Customers ask from a line’s evidence; what proves the line is kept until it is answered.
            </Empty>
          }
        />
      </Panel>
    </>
  )
}

const COLUMNS: Column<Row>[] = [
  {
    head: 'Question',
    phone: 'title',
    cell: (row) => (
      <a className="mono" href={`/ops/billing/disputes/${row.account}/${row.id}`}>
        Q-{String(row.id)}
      </a>
    ),
  },
  { head: 'Account', cell: (row) => row.account },
  { head: 'Invoice', cell: (row) => <span className="mono">{row.number}</span> },
  { head: 'About', prose: true, cell: (row) => row.line ?? 'the whole invoice' },
  { head: 'Asked', cell: (row) => <Time at={row.openedAt} /> },
  {
    head: 'State',
    phone: 'state',
    cell: (row) => {
      const [status, word] = STATES[row.state]
      return (
        <StatusBadge status={status} as="small">
          {word}
        </StatusBadge>
      )
    },
  },
  {
    head: 'Amount',
    align: 'right',
    cell: (row) => <span className="num">{moneyText(row.lineMinor ?? row.totalMinor, row.currency)}</span>,
  },
]
