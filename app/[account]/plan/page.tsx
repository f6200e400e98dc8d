import type { Caller } from '#server/router.ts'
import { load, server } from '../../server.ts'
import { entitlementName, entitlementText } from '../../billing-parts/price-words.ts'
import { Live } from '../../shell/live.tsx'
import { PageHead, Panel } from '../../ui/panel.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { Table } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'
import { CurrentPlan } from './current-plan.tsx'
import { Offers } from './offers.tsx'

export const metadata = { title: 'Plan' }

export type PlanView = Awaited<ReturnType<Caller['billing']['subscription']['get']>>
type Search = { interval?: string; currency?: string }

const STATE = { trialing: 'trial', active: '', paused: 'paused' }

/** What the account is on, what that gives and costs, and what else it may choose. */
export default async function PlanPage({
  params,
  searchParams,
}: {
  params: Promise<{ account: string }>
  searchParams: Promise<Search>
}) {
  const [{ account: name }, search] = await Promise.all([params, searchParams])
  const input = { account: name }
  const api = await server()
  const [me, account, view] = await load(
    Promise.all([api.accounts.me(), api.accounts.view(input), api.billing.subscription.get(input)]),
  )
  const [{ currency, currencies, offers }, profile, cards] = await load(
    Promise.all([
      api.billing.subscription.offers({
        ...input,
        ...(search.currency?.length === 3 && { currency: search.currency }),
      }),
      api.billing.profile.get(input),
      api.billing.stripe.setting(input),
    ]),
  )
  const { role } = account
  const isPaying = me.roles.includes('admin') || role === 'owner' || role === 'admin' || role === 'billing'
  const mayChange = isPaying && (account.holds.length === 0 || me.roles.includes('admin'))
  const interval = search.interval === 'year' || search.interval === 'month' ? search.interval : view.version.interval
  const here = (to: Search) => `/${name}/plan?${new URLSearchParams({ interval, currency, ...to })}`
  return (
    <>
      <Live topics={[`billing:${account.id}`, `account:${account.id}`]} />
      <PageHead
        title="Plan"
        sub="What this account pays for in advance, its prices for what it uses, and its limits."
      />
      <div className="stack">
        <CurrentPlan account={name} view={view} mayChange={mayChange} mayEnd={isPaying} />
        <div className="split">
          <Panel title="What it gives" sub="In effect now" flush>
            <Table
              label="What the plan gives"
              columns={[
                { head: 'Of what', phone: 'title', cell: (row) => entitlementName(row.key) },
                {
                  head: 'How much',
                  align: 'right',
                  phone: 'state',
                  cell: (row) => entitlementText(row.key, row.value),
                },
                {
                  head: 'By',
                  phone: 'hide',
                  cell: (row) => <span className="dim">{row.source.replace(':', ' ')}</span>,
                },
              ]}
              rows={view.entitlements}
              rowKey={(row) => row.key}
            />
          </Panel>
          <Panel title="Until now" sub="Newest first" flush>
            <Table
              label="Plans of this account"
              columns={[
                {
                  head: 'Plan',
                  phone: 'title',
                  cell: (row) => `${row.planName}${STATE[row.state] ? `, ${STATE[row.state]}` : ''}`,
                },
                { head: 'Bought', phone: 'hide', cell: (row) => Object.values(row.quantities).join(', ') || '' },
                { head: 'From', align: 'right', cell: (row) => <Time at={row.fromAt} show="absolute" /> },
                {
                  head: 'Until',
                  align: 'right',
                  phone: 'state',
                  cell: (row) => (row.untilAt ? <Time at={row.untilAt} show="absolute" /> : 'now'),
                },
              ]}
              rows={view.history}
              rowKey={(row) => `${row.fromAt.getTime()}:${row.state}:${row.planVersionId}`}
            />
          </Panel>
        </div>
        <section aria-labelledby="plans">
          <div className="mb-3 flex flex-wrap items-center gap-x-4 gap-y-2">
            <h2 className="section-title" id="plans">
              Plans
            </h2>
            <Segmented
              label="Paid"
              items={[
                { label: 'Monthly', href: here({ interval: 'month' }), current: interval === 'month' },
                { label: 'Yearly', href: here({ interval: 'year' }), current: interval === 'year' },
              ]}
            />
            {currencies.length > 1 && (
              <Segmented
                label="Currency"
                items={currencies.map((code) => ({
                  label: code,
                  href: here({ currency: code }),
                  current: code === currency,
                }))}
              />
            )}
          </div>
          <Offers
            account={name}
            view={view}
            offers={offers}
            interval={interval}
            mayChange={mayChange}
            needsCard={cards.takesCards && !profile?.card}
          />
        </section>
      </div>
    </>
  )
}
