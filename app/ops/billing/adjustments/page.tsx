import type { Metadata } from 'next'
import { daysText } from '../../../[account]/invoices/words.ts'
import { one, type Search, withQuery } from '../../../[account]/window.ts'
import { load, server } from '../../../server.ts'
import { Button } from '../../../ui/button.tsx'
import { FilterSelect } from '../../../ui/filters.tsx'
import { Money } from '../../../ui/money.tsx'
import { PageHead, Panel } from '../../../ui/panel.tsx'
import { Empty } from '../../../ui/states.tsx'
import { StatusBadge, type Status } from '../../../ui/status.tsx'
import { Table } from '../../../ui/table.tsx'
import { Time } from '../../../ui/time.tsx'
import { DecideAdjustment } from './decide.tsx'
import { ProposeAdjustment } from './propose.tsx'

export const metadata: Metadata = { title: 'Adjustments' }

const STATES = ['proposed', 'approved', 'applied', 'rejected'] as const
type State = (typeof STATES)[number]
const SAID: Record<State, { status: Status; word: string }> = {
  proposed: { status: 'degraded', word: 'To decide' },
  approved: { status: 'maintenance', word: 'Approved' },
  applied: { status: 'operational', word: 'On an invoice' },
  rejected: { status: 'unknown', word: 'Rejected' },
}
const KINDS: Record<string, string> = {
  abuse: 'abuse',
  outage: 'outage',
  late_usage: 'late usage',
  dispute: 'dispute',
  manual: 'by hand',
  import: 'import',
}

/** Corrections before tax: those to decide first. Outages follow the plan's promise; hijacks always need an admin. */
export default async function AdjustmentsPage({ searchParams }: { searchParams: Promise<Search> }) {
  const search = await searchParams
  const wanted = one(search['state']) ?? 'proposed'
  const state = STATES.find((known) => known === wanted)
  const cursor = one(search['cursor'])
  const now = new Date()
  const api = await server()
  const { rows, nextCursor } = await load(
    api.billing.collection.adjustments.list({
      ...(state ? { state } : {}),
      ...(cursor && /^\d+$/.test(cursor) ? { cursor } : {}),
    }),
  )
  return (
    <>
      <PageHead
        title="Adjustments"
        sub="Corrections before tax. Approved, the account's next invoice takes them."
        actions={<ProposeAdjustment />}
      />
      <div className="stack">
        <Panel
          title={state ? SAID[state].word : 'All adjustments'}
          sub={`${rows.length}${nextCursor ? ' and more' : ''}, newest first`}
          actions={
            <FilterSelect
              name="state"
              label="State"
              value={state ?? 'all'}
              options={[
                { value: 'proposed', label: 'To decide' },
                { value: 'approved', label: 'Approved' },
                { value: 'applied', label: 'On an invoice' },
                { value: 'rejected', label: 'Rejected' },
                { value: 'all', label: 'All states' },
              ]}
            />
          }
          foot={
            nextCursor ? (
              <a href={withQuery('/ops/billing/adjustments', search, { cursor: nextCursor })}>Older ones</a>
            ) : undefined
          }
          flush
        >
          <Table
            label="Adjustments"
            rows={rows}
            rowKey={(row) => `${row.accountId}:${row.id}`}
            columns={[
              { head: 'What', phone: 'title', prose: true, cell: (row) => row.description },
              { head: 'Account', cell: (row) => <a href={`/ops/accounts/${row.account}`}>{row.account}</a> },
              {
                head: 'State',
                phone: 'state',
                cell: (row) => (
                  <StatusBadge status={SAID[row.state].status} as="small">
                    {SAID[row.state].word}
                  </StatusBadge>
                ),
              },
              { head: 'Why', cell: (row) => KINDS[row.kind] ?? row.kind },
              { head: 'For', phone: 'hide', cell: (row) => daysText(row.serviceStart, row.serviceEnd, now) },
              {
                head: 'By',
                phone: 'hide',
                cell: (row) => (
                  <>
                    {row.decidedBy ?? row.createdBy}, <Time at={row.decidedAt ?? row.createdAt} show="relative" />
                  </>
                ),
              },
              { head: 'Amount', align: 'right', cell: (row) => <Money of={row.amountMinor} currency={row.currency} /> },
              {
                head: '',
                align: 'right',
                cell: (row) =>
                  row.state === 'proposed' ? (
                    <DecideAdjustment
                      account={row.account}
                      adjustmentId={String(row.id)}
                      description={row.description}
                      amountMinor={String(row.amountMinor)}
                      currency={row.currency}
                      evidence={JSON.stringify(row.evidence)}
                    />
                  ) : row.invoice ? (
                    <a className="mono" href={`/ops/billing/invoices/${row.account}/${row.invoiceId}`}>
                      {row.invoice}
                    </a>
                  ) : null,
              },
            ]}
            empty={
              state === 'proposed' ? (
                <Empty
                  title="Nothing to decide."
                  action={<Button href="/ops/billing/adjustments?state=all">See all</Button>}
                >
                  Credit for a container stopped as abuse comes here with its evidence.
                </Empty>
              ) : (
                <Empty title="None." action={<Button href="/ops/billing/adjustments?state=all">See all</Button>} />
              )
            }
          />
        </Panel>
      </div>
    </>
  )
}
