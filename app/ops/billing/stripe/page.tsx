import type { Caller } from '#server/router.ts'
import type { Metadata } from 'next'
import { load, server } from '../../../server.ts'
import { Button } from '../../../ui/button.tsx'
import { KpiStrip } from '../../../ui/kpis.tsx'
import { PageHead, Panel } from '../../../ui/panel.tsx'
import { Qty } from '../../../ui/qty.tsx'
import { Empty } from '../../../ui/states.tsx'
import { Banner, StatusBadge } from '../../../ui/status.tsx'
import { Table, type Column } from '../../../ui/table.tsx'
import { Time } from '../../../ui/time.tsx'
import { CompareButton, CorrectButton, ReplayButton, RetryButton } from './actions.tsx'

export const metadata: Metadata = { title: 'Stripe' }

type Stripe = Caller['billing']['stripe']
type Drift = Awaited<ReturnType<Stripe['drifts']>>[number]
type Event = Awaited<ReturnType<Stripe['events']>>[number]
type Call = Awaited<ReturnType<Stripe['calls']>>[number]
type Search = Promise<Record<string, string | string[] | undefined>>

const KINDS: Record<string, string> = {
  invoice_total: 'Total before tax',
  invoice_state: 'State or total',
  payment: 'Payment',
  invoice_missing_here: 'Invoice only at Stripe',
  invoice_missing_there: 'Invoice only here',
  subscription_missing_here: 'Subscription only at Stripe',
  subscription_missing_there: 'Subscription only here',
  subscription: 'Subscription',
  credit_note_missing_here: 'Credit note only at Stripe',
}

const nothing = <span className="dim">nothing</span>
const accountLink = (account: string | null) => (account ? <a href={`/${account}`}>{account}</a> : nothing)

const driftColumns: Column<Drift>[] = [
  { head: 'What differs', phone: 'title', cell: (d) => KINDS[d.kind] ?? d.kind },
  {
    head: 'State',
    phone: 'state',
    cell: (d) =>
      d.resolvedAt ? (
        <StatusBadge status="operational">Resolved</StatusBadge>
      ) : (
        <StatusBadge status={d.kind === 'invoice_total' ? 'major' : 'degraded'}>
          {d.kind === 'invoice_total' ? 'Stopped' : 'Open'}
        </StatusBadge>
      ),
  },
  { head: 'Account', cell: (d) => accountLink(d.account) },
  { head: 'At Stripe', cell: (d) => <span className="mono break-all">{d.objectId}</span> },
  { head: 'Ours', prose: true, cell: (d) => d.ours ?? nothing },
  { head: 'Stripe’s', prose: true, cell: (d) => d.theirs ?? nothing },
  { head: 'Found', sort: 'descending', cell: (d) => <Time at={d.foundAt} /> },
  {
    head: 'Action',
    cell: (d) =>
      d.kind === 'invoice_total' && !d.resolvedAt ? (
        <CorrectButton invoice={d.objectId} ours={d.ours ?? ''} theirs={d.theirs ?? ''} />
      ) : null,
  },
]

const eventColumns: Column<Event>[] = [
  { head: 'Event', phone: 'title', cell: (e) => e.type },
  {
    head: 'State',
    phone: 'state',
    cell: (e) =>
      e.processedAt ? (
        <StatusBadge status="operational">Done</StatusBadge>
      ) : e.lastError ? (
        <StatusBadge status="major">Failed, is tried again</StatusBadge>
      ) : (
        <StatusBadge status="degraded">Waiting</StatusBadge>
      ),
  },
  { head: 'Account', cell: (e) => accountLink(e.account) },
  { head: 'About', cell: (e) => <span className="mono break-all">{e.objectId}</span> },
  { head: 'Last error', prose: true, cell: (e) => e.lastError ?? nothing },
  { head: 'Received', sort: 'descending', cell: (e) => <Time at={e.receivedAt} /> },
  { head: 'Action', cell: (e) => <ReplayButton event={e.id} type={e.type} /> },
]

const callColumns: Column<Call>[] = [
  { head: 'Call', phone: 'title', cell: (c) => c.kind },
  {
    head: 'State',
    phone: 'state',
    cell: (c) =>
      c.state === 'failed' ? (
        <StatusBadge status="major">Refused</StatusBadge>
      ) : (
        <StatusBadge status="degraded">Waiting, tried {c.attempts}×</StatusBadge>
      ),
  },
  { head: 'Account', cell: (c) => accountLink(c.account) },
  { head: 'Key', cell: (c) => <span className="mono break-all">{c.key}</span> },
  { head: 'Last error', prose: true, cell: (c) => c.lastError ?? nothing },
  { head: 'Since', sort: 'ascending', cell: (c) => <Time at={c.createdAt} /> },
  { head: 'Action', cell: (c) => (c.state === 'failed' ? <RetryButton call={c.id.toString()} kind={c.kind} /> : null) },
]

/** How Stripe and Wharfinger agree: what differs, webhooks that failed, calls not made. */
export default async function StripePage({ searchParams }: { searchParams: Search }) {
  const all = (await searchParams)['events'] === 'all'
  const api = (await server()).billing.stripe
  const [state, drifts, events, calls] = await Promise.all([
    load(api.overview()),
    load(api.drifts({})),
    load(api.events({ all })),
    load(api.calls({})),
  ])
  return (
    <>
      <PageHead
        title="Stripe"
        sub={
          state.lastComparedAt ? (
            <>
              Compared both ways each night; last <Time at={state.lastComparedAt} />.
            </>
          ) : (
            'Compared both ways each night; not yet so far.'
          )
        }
        actions={state.takesCards ? <CompareButton /> : undefined}
      />
      <div className="stack">
        {!state.takesCards && (
          <Banner status="unknown" title="No cards are taken">
            STRIPE_SECRET_KEY is not set: every account is collected by invoice and transfer.
          </Banner>
        )}
        {state.isStandIn && (
          <Banner status="maintenance" title="A stand-in for Stripe">
            STRIPE_API_BASE names it. No card is charged and no money moves.
          </Banner>
        )}
        {state.takesCards && !state.isStandIn && state.isTest && (
          <Banner status="maintenance" title="Stripe’s test mode">
            The key is a test key. No money moves.
          </Banner>
        )}
        {state.takesCards && !state.takesWebhooks && (
          <Banner status="degraded" title="No webhooks">
            STRIPE_WEBHOOK_SECRET is not set: what happens at Stripe is heard of every five minutes.
          </Banner>
        )}
        <Panel>
          <KpiStrip
            tight
            label="Stripe at a glance"
            of={[
              {
                label: 'Differences',
                figure: <Qty of="count" value={state.driftsOpen} />,
                ...(state.driftsOpen > 0 ? { status: 'degraded' as const } : {}),
              },
              {
                label: 'Webhooks waiting',
                figure: <Qty of="count" value={state.eventsOpen} />,
                note: `${state.eventsFailed} failed`,
                ...(state.eventsFailed > 0 ? { status: 'major' as const } : {}),
              },
              {
                label: 'Calls outstanding',
                figure: <Qty of="count" value={state.callsPending} />,
                note: `${state.callsFailed} refused`,
                ...(state.callsFailed > 0 ? { status: 'major' as const } : {}),
              },
              {
                label: 'Customers by card',
                figure: <Qty of="count" value={state.customers} />,
                note: state.lastEventAt ? (
                  <>
                    last webhook <Time at={state.lastEventAt} show="relative" />
                  </>
                ) : (
                  'no webhook yet'
                ),
              },
            ]}
          />
        </Panel>
        <Panel title="Differences" flush>
          <Table
            label="Differences"
            rows={drifts}
            rowKey={(d) => d.id.toString()}
            columns={driftColumns}
            empty={<Empty title="Stripe and Wharfinger agree.">Nothing differed when they were compared last.</Empty>}
          />
        </Panel>
        <Panel
          title="Webhooks"
          flush
          actions={
            <Button size="sm" href={all ? '/ops/billing/stripe' : '/ops/billing/stripe?events=all'}>
              {all ? 'Only those not acted on' : 'All'}
            </Button>
          }
        >
          <Table
            label="Webhooks"
            rows={events}
            rowKey={(e) => e.id}
            columns={eventColumns}
            empty={<Empty title="Every webhook was acted on." />}
          />
        </Panel>
        <Panel title="Calls outstanding" flush>
          <Table
            label="Calls outstanding"
            rows={calls}
            rowKey={(c) => c.id.toString()}
            columns={callColumns}
            empty={<Empty title="Every call was made." />}
          />
        </Panel>
      </div>
    </>
  )
}
