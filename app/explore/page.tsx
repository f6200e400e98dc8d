import { load, server } from '../server.ts'
import { RegistryBanner } from '../registry-parts/registry-banner.tsx'
import { Button } from '../ui/button.tsx'
import { FilterText } from '../ui/filters.tsx'
import { PageHead, Panel } from '../ui/panel.tsx'
import { Qty } from '../ui/qty.tsx'
import { Segmented } from '../ui/segmented.tsx'
import { Empty } from '../ui/states.tsx'
import { Tag } from '../ui/status.tsx'
import { Table } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import { NewOfficial } from './new-official.tsx'
import { OrderOfficial } from './order-official.tsx'

export const metadata = { title: 'Explore' }

const one = (value: string | string[] | undefined) => (Array.isArray(value) ? value[0] : value) ?? ''

/** Public repositories, by words or by what nearly is one. */
export default async function ExplorePage({
  searchParams,
}: {
  searchParams: Promise<Record<string, string | string[] | undefined>>
}) {
  const search = await searchParams
  const text = one(search['q']).slice(0, 200)
  const isOfficial = one(search['official']) === '1'
  const offset = Math.min(200, Math.max(0, Number.parseInt(one(search['offset']), 10) || 0))
  const api = await server()
  const [me, found, health] = await load(
    Promise.all([
      api.accounts.whoami(),
      api.registry.search({ text, offset, limit: 20, ...(isOfficial ? { official: true } : {}) }),
      api.registry.health(),
    ]),
  )
  const here = (to: Record<string, string>) => {
    const query = new URLSearchParams({ ...(text && { q: text }), ...(isOfficial && { official: '1' }), ...to })
    for (const [name, value] of [...query]) if (!value) query.delete(name)
    return query.size > 0 ? `/explore?${query}` : '/explore'
  }
  return (
    <>
      <PageHead
        title="Explore"
        sub="Public repositories of this registry. Anybody can pull them, without signing in."
        actions={
          me?.roles.includes('admin') && (
            <>
              {isOfficial && !text && offset === 0 && found.rows.length > 1 && (
                <OrderOfficial paths={found.rows.map(({ path }) => path)} />
              )}
              <NewOfficial />
            </>
          )
        }
      />
      <div className="stack">
        <RegistryBanner of={health} />
        <Panel
          title={text ? `Results for “${text.slice(0, 60)}”` : isOfficial ? 'Official images' : 'Most used'}
          sub={text ? 'by fit, pulls and stars' : isOfficial ? undefined : 'by pulls and stars'}
          flush
          actions={
            <>
              <Segmented
                label="Which"
                items={[
                  { label: 'All', href: here({ official: '' }), current: !isOfficial },
                  { label: 'Official', href: here({ official: '1' }), current: isOfficial },
                ]}
              />
              <FilterText label="Search repositories" value={text} />
            </>
          }
          foot={
            (offset > 0 || found.nextOffset !== null) && (
              <div className="row">
                {offset > 0 && <Button href={here({ offset: String(Math.max(0, offset - 20)) })}>Earlier</Button>}
                {found.nextOffset !== null && <Button href={here({ offset: String(found.nextOffset) })}>More</Button>}
              </div>
            )
          }
        >
          <Table
            label="Repositories"
            roomy
            rows={found.rows}
            rowKey={(row) => row.id}
            columns={[
              {
                head: 'Repository',
                phone: 'title',
                cell: (row) => (
                  <span className="row inline-flex">
                    <a href={`/explore/${row.path}`}>{row.path}</a>
                    {row.official && <Tag>Official</Tag>}
                  </span>
                ),
              },
              {
                head: 'About',
                prose: true,
                cell: (row) => row.description || <span className="dim">no description</span>,
              },
              { head: 'Stars', align: 'right', cell: (row) => <Qty of="count" value={row.stars} /> },
              { head: 'Pulls', align: 'right', cell: (row) => <Qty of="count" value={row.pulls} /> },
              {
                head: 'Last push',
                align: 'right',
                phone: 'hide',
                cell: (row) => <Time at={row.pushedAt} show="relative" />,
              },
            ]}
            empty={
              <Empty
                title={
                  text ? 'Nothing is called that' : isOfficial ? 'No official images yet' : 'No public repositories yet'
                }
                action={text ? <Button href={here({ q: '', official: '' })}>Show the most used</Button> : undefined}
              >
                {text
                  ? 'Neither names nor descriptions have these words, and no name is nearly one of them.'
                  : isOfficial
                    ? 'Admins of the platform choose them.'
                    : 'A repository appears here once its admins make it public.'}
              </Empty>
            }
          />
        </Panel>
      </div>
    </>
  )
}
