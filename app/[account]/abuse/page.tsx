import type { Metadata } from 'next'
import type { Caller } from '#server/router.ts'
import { categoryWords, shown, stateOf } from '../../ops/abuse/words.ts'
import { load, server } from '../../server.ts'
import { PageHead, Panel } from '../../ui/panel.tsx'
import { Empty } from '../../ui/states.tsx'
import { StatusBadge } from '../../ui/status.tsx'
import { Table, type Column } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'

export const metadata: Metadata = { title: 'Abuse' }

type Row = Awaited<ReturnType<Caller['abuse']['mine']>>[number]

/** What we held against apps of this account, and where it can be disputed. */
export default async function AbusePage({ params }: { params: Promise<{ account: string }> }) {
  const { account } = await params
  const api = await server()
  const rows = await load(api.abuse.mine({ account }))
  const open = rows.filter(({ state }) => state !== 'closed').length
  return (
    <>
      <PageHead
        title="Abuse"
        sub="What looked like abuse in your apps, why, and what happens next. Every strike can be disputed, without waiting for a person."
      />
      <Panel title="Cases" sub={`${open} open, ${rows.length - open} closed`} flush>
        <Table
          label="Cases"
          columns={columns(account)}
          rows={rows}
          rowKey={(row) => row.id}
          empty={<Empty title="Nothing was found in your apps.">If that changes you are told with the reasons.</Empty>}
        />
      </Panel>
    </>
  )
}

const columns = (account: string): Column<Row>[] => [
  {
    head: 'Case',
    phone: 'title',
    cell: (row) => (
      <a className="mono" href={`/${account}/abuse/${row.id}`}>
        AB-{String(row.id)}
      </a>
    ),
  },
  { head: 'App', cell: (row) => shown(row.app, 60) },
  { head: 'What', cell: (row) => categoryWords(row.category) },
  {
    head: 'State',
    phone: 'state',
    cell: (row) => {
      const [status, words] = stateOf(row)
      return <StatusBadge status={status}>{words}</StatusBadge>
    },
  },
  { head: 'Strikes', align: 'right', cell: (row) => <span className="num">{row.strikes} of 5</span> },
  { head: 'Opened', cell: (row) => <Time at={row.openedAt} /> },
  { head: 'Last seen', phone: 'hide', cell: (row) => <Time at={row.lastSeenAt} show="relative" /> },
]
