import type { Caller } from '#server/router.ts'
import { FilterText } from '../ui/filters.tsx'
import { Button } from '../ui/button.tsx'
import { Panel } from '../ui/panel.tsx'
import { Qty } from '../ui/qty.tsx'
import { Empty } from '../ui/states.tsx'
import { Table } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import { Digest, Platforms } from './visibility.tsx'

export type Tags = Awaited<ReturnType<Caller['registry']['repository']['tags']>>

/** A page of a repository's tags, newest push first; an image of several platforms is one. */
export function TagsPanel({
  tags,
  total,
  search,
  base,
  image,
  actions,
}: {
  tags: Tags
  total: number
  search: string
  /** Path of the page, without a query. */
  base: string
  image: string
  actions?: React.ReactNode
}) {
  const next = new URLSearchParams({ ...(search && { q: search }), offset: String(tags.nextOffset ?? 0) })
  return (
    <Panel
      title="Tags"
      sub={`${total}, newest push first`}
      flush
      actions={
        <>
          <FilterText label="Filter tags" value={search} />
          {actions}
        </>
      }
      foot={tags.nextOffset !== null && <Button href={`${base}?${next}`}>Older tags</Button>}
    >
      <Table
        label="Tags"
        rows={tags.rows}
        rowKey={(tag) => tag.name}
        columns={[
          {
            head: 'Tag',
            phone: 'title',
            cell: (tag) => (
              <>
                <a href={`${base}/tags/${encodeURIComponent(tag.name)}`} className="mono">
                  {tag.name}
                </a>{' '}
                <Digest of={tag.digest} />
              </>
            ),
          },
          { head: 'Platforms', cell: (tag) => <Platforms of={tag.platforms} /> },
          { head: 'Size', align: 'right', cell: (tag) => <Qty of="bytes" value={tag.sizeBytes} /> },
          { head: 'Pulls', align: 'right', cell: (tag) => <Qty of="count" value={tag.pulls} /> },
          { head: 'Pushed', align: 'right', phone: 'state', cell: (tag) => <Time at={tag.pushedAt} show="relative" /> },
        ]}
        empty={
          search ? (
            <Empty title="No tag has that in its name" action={<Button href={base}>Show all tags</Button>} />
          ) : (
            <Empty title="No tags yet">
              Push the first one: <code>docker push {image}:latest</code>
            </Empty>
          )
        }
      />
    </Panel>
  )
}
