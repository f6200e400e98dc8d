import type { Caller } from '#server/router.ts'
import { load, server } from '../../server.ts'
import { DayCharts } from '../../registry-parts/day-charts.tsx'
import { RegistryBanner } from '../../registry-parts/registry-banner.tsx'
import { Visibility } from '../../registry-parts/visibility.tsx'
import { Live } from '../../shell/live.tsx'
import { Button } from '../../ui/button.tsx'
import { FilterText } from '../../ui/filters.tsx'
import { PageHead, Panel } from '../../ui/panel.tsx'
import { Qty } from '../../ui/qty.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { Empty } from '../../ui/states.tsx'
import { Tag } from '../../ui/status.tsx'
import { Table } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'
import { LimitStrip } from './limit-strip.tsx'
import { NewRepository } from './new-repository.tsx'

export const metadata = { title: 'Repositories' }

export type Overview = Awaited<ReturnType<Caller['registry']['account']['overview']>>

/** An account's repositories, and what it has of its plan. */
export default async function RepositoriesPage({
  params,
  searchParams,
}: {
  params: Promise<{ account: string }>
  searchParams: Promise<{ q?: string; show?: string }>
}) {
  const [{ account: name }, search] = await Promise.all([params, searchParams])
  const input = { account: name }
  const api = await server()
  const [account, view, days, health] = await load(
    Promise.all([
      api.accounts.view(input),
      api.registry.account.overview(input),
      api.registry.account.days(input),
      api.registry.health(),
    ]),
  )
  const text = String(search.q ?? '').toLowerCase()
  const show = search.show === 'public' || search.show === 'private' ? search.show : undefined
  const { repositories } = view
  const rows = repositories.filter((row) => row.name.includes(text) && (show === undefined || row.visibility === show))
  const count = (visibility: 'public' | 'private') => repositories.filter((row) => row.visibility === visibility).length
  const here = (to: Record<string, string>) => {
    const query = new URLSearchParams({ ...(text && { q: text }), ...to })
    return query.size > 0 ? `/${name}/repositories?${query}` : `/${name}/repositories`
  }
  const mayCreate = view.mayCreate && account.holds.length === 0
  const isManager = account.role === 'owner' || account.role === 'admin'
  return (
    <>
      <Live topics={[`account:${account.id}`]} />
      <PageHead
        title="Repositories"
        sub={
          <>
            {repositories.length} in {name}. Images are named <code>{view.image}/NAME</code>.
          </>
        }
        actions={
          <>
            <Button href="/explore">Explore</Button>
            <Button href={`/${name}/robots`}>Tokens and robots</Button>
            {mayCreate && <NewRepository account={name} defaultVisibility={view.held.defaultVisibility} />}
          </>
        }
      />
      <div className="stack">
        <RegistryBanner of={health} />
        {name !== 'library' && <LimitStrip account={name} held={view.held} limits={view.limits} />}
        <Panel
          title="All repositories"
          sub={`${rows.length} of ${repositories.length}`}
          flush
          actions={
            <>
              <Segmented
                label="Visibility"
                items={[
                  { label: `All ${repositories.length}`, href: here({}), current: show === undefined },
                  {
                    label: `Private ${count('private')}`,
                    href: here({ show: 'private' }),
                    current: show === 'private',
                  },
                  { label: `Public ${count('public')}`, href: here({ show: 'public' }), current: show === 'public' },
                ]}
              />
              <FilterText label="Filter by name" value={text} />
            </>
          }
          foot="Layers that repositories share are stored and counted once for the account."
        >
          <Table
            label="Repositories"
            rows={rows}
            rowKey={(row) => row.id}
            columns={[
              {
                head: 'Repository',
                phone: 'title',
                cell: (row) => (
                  <span className="row inline-flex">
                    <a href={`/${name}/repositories/${row.name}`}>{row.name}</a>
                    {row.deleteAt && <Tag>Being deleted</Tag>}
                  </span>
                ),
              },
              { head: 'Visibility', phone: 'state', cell: (row) => <Visibility of={row.visibility} /> },
              {
                head: 'Teams',
                phone: 'hide',
                cell: (row) =>
                  row.teams.length > 0 ? (
                    <span className="row inline-flex">
                      {row.teams.slice(0, 3).map((team) => (
                        <Tag key={team}>{team}</Tag>
                      ))}
                      {row.teams.length > 3 && <span className="dim">{row.teams.length - 3} more</span>}
                    </span>
                  ) : (
                    <span className="dim">owners and admins</span>
                  ),
              },
              { head: 'Tags', align: 'right', cell: (row) => <Qty of="count" value={row.tags} /> },
              { head: 'Size', align: 'right', cell: (row) => <Qty of="bytes" value={row.sizeBytes} /> },
              { head: 'Pulls, 30 d', align: 'right', cell: (row) => <Qty of="count" value={row.pullsMonth} /> },
              {
                head: 'Last push',
                align: 'right',
                phone: 'hide',
                cell: (row) => <Time at={row.pushedAt} show="relative" />,
              },
            ]}
            empty={
              repositories.length > 0 ? (
                <Empty
                  title="No repository fits"
                  action={<Button href={`/${name}/repositories`}>Show all repositories</Button>}
                />
              ) : (
                <Empty title="No repositories yet">
                  {isManager ? (
                    <>
                      Sign in with <code>docker login {view.image.split('/')[0]}</code>, then push:{' '}
                      <code>docker push {view.image}/api:latest</code> makes the repository api.
                    </>
                  ) : (
                    'Those that you may use appear here. An owner or admin gives access, to you or to a team of yours.'
                  )}
                </Empty>
              )
            }
          />
        </Panel>
        {repositories.length > 0 && <DayCharts days={days} of={name} nowMs={Date.now()} />}
      </div>
    </>
  )
}
