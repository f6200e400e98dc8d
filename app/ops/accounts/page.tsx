import { attempt, load, server } from '../../server.ts'
import { Button } from '../../ui/button.tsx'
import { FilterSelect, FilterText } from '../../ui/filters.tsx'
import { KpiStrip } from '../../ui/kpis.tsx'
import { PageHead, Panel } from '../../ui/panel.tsx'
import { Qty } from '../../ui/qty.tsx'
import { Empty, ErrorPanel } from '../../ui/states.tsx'
import { StatusBadge } from '../../ui/status.tsx'
import { Table } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'
import { AccountTabs } from './account-tabs.tsx'
import { NewOrganization } from './new-organization.tsx'

export const metadata = { title: 'Accounts' }

type Search = { q?: string; held?: string; plan?: string; kind?: string; cursor?: string }

const kindOf = (kind: string | undefined) => (kind === 'user' || kind === 'organization' ? kind : undefined)

/** The address of this list with another cursor. */
const pageAt = (search: Search, cursor: string) =>
  `/ops/accounts?${new URLSearchParams({ ...search, cursor }).toString()}`

export default async function AccountsPage({ searchParams }: { searchParams: Promise<Search> }) {
  const search = await searchParams
  const { q = '', held = '', plan = '', cursor } = search
  const kind = kindOf(search.kind)
  const api = await server()
  const [me, totals] = await load(Promise.all([api.accounts.me(), api.accounts.totals()]))
  const list = await attempt(
    api.accounts.list({
      limit: 50,
      held: held === 'yes',
      ...(q ? { search: q } : {}),
      ...(plan ? { plan } : {}),
      ...(kind ? { kind } : {}),
      ...(cursor ? { cursor } : {}),
    }),
  )
  const isFiltered = q !== '' || held !== '' || plan !== '' || kind !== undefined
  return (
    <>
      <PageHead
        title="Accounts"
        sub="Who runs apps here and who pays for them."
        actions={me.roles.includes('admin') && <NewOrganization />}
      />
      <div className="stack">
        <KpiStrip
          of={[
            { label: 'Accounts', figure: <Qty of="count" value={totals.accounts} unit={false} />, note: 'open' },
            {
              label: 'Suspended',
              figure: <Qty of="count" value={totals.held} unit={false} />,
              note: totals.held === 0 ? 'no account has a hold' : 'with at least one hold',
              ...(totals.held > 0 ? { status: 'degraded' as const } : {}),
            },
            {
              label: 'Plans',
              figure: <Qty of="count" value={totals.plans.length} unit={false} />,
              note: totals.plans.join(', '),
            },
          ]}
        />
        <AccountTabs />
        <div className="row">
          <FilterText label="Name or owner" name="q" value={q} />
          <FilterSelect
            name="held"
            label="Holds"
            value={held}
            options={[
              { value: '', label: 'Any state' },
              { value: 'yes', label: 'Suspended' },
            ]}
          />
          <FilterSelect
            name="kind"
            label="Kind"
            value={kind ?? ''}
            options={[
              { value: '', label: 'Any kind' },
              { value: 'organization', label: 'Organizations' },
              { value: 'user', label: 'Personal' },
            ]}
          />
          <FilterSelect
            name="plan"
            label="Plan"
            value={plan}
            options={[{ value: '', label: 'Any plan' }, ...totals.plans.map((one) => ({ value: one, label: one }))]}
          />
        </div>
        <Panel flush>
          {list.ok ? (
            <Table
              label="Accounts"
              rows={list.value.rows}
              rowKey={(row) => row.id}
              columns={[
                {
                  head: 'Account',
                  phone: 'title',
                  sort: 'ascending',
                  cell: (row) => <a href={`/ops/accounts/${row.name}`}>{row.name}</a>,
                },
                { head: 'Display name', cell: (row) => row.displayName },
                {
                  head: 'State',
                  phone: 'state',
                  cell: (row) =>
                    row.holds.length === 0 ? (
                      <StatusBadge status="operational">Open</StatusBadge>
                    ) : (
                      <StatusBadge status="major">Suspended: {row.holds.join(', ')}</StatusBadge>
                    ),
                },
                { head: 'Kind', cell: (row) => (row.kind === 'user' ? 'personal' : row.kind) },
                { head: 'Plan', cell: (row) => row.plan },
                { head: 'Owners', cell: (row) => row.owners.join(', ') || <span className="dim">none yet</span> },
                { head: 'Members', align: 'right', cell: (row) => row.members },
                { head: 'Since', cell: (row) => <Time at={row.createdAt} show="relative" /> },
              ]}
              empty={
                isFiltered ? (
                  <Empty title="No accounts match." action={<Button href="/ops/accounts">Clear filters</Button>} />
                ) : (
                  <Empty title="No accounts yet">Each user has one; organizations are made here or by users.</Empty>
                )
              }
            />
          ) : (
            <ErrorPanel title="The list did not load">{list.message}</ErrorPanel>
          )}
        </Panel>
        {list.ok && list.value.nextCursor && (
          <div>
            <Button href={pageAt(search, list.value.nextCursor)}>Next 50 accounts</Button>
          </div>
        )}
      </div>
    </>
  )
}
