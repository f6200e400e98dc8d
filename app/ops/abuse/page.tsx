import type { Metadata } from 'next'
import type { Caller } from '#server/router.ts'
import { one, type Search, withQuery } from '../../[account]/window.ts'
import { load, server } from '../../server.ts'
import { Live } from '../../shell/live.tsx'
import { FilterSelect } from '../../ui/filters.tsx'
import { KpiStrip } from '../../ui/kpis.tsx'
import { PageHead, Panel } from '../../ui/panel.tsx'
import { Qty } from '../../ui/qty.tsx'
import { Segmented } from '../../ui/segmented.tsx'
import { Empty } from '../../ui/states.tsx'
import { Banner, StatusBadge, Tag } from '../../ui/status.tsx'
import { Table, type Column } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'
import { Sections } from './sections.tsx'
import { CATEGORY, categoryWords, shown, stateOf } from './words.ts'

export const metadata: Metadata = { title: 'Abuse' }

type Row = Awaited<ReturnType<Caller['abuse']['cases']>>['cases'][number]
const CATEGORIES = ['miner', 'game_server', 'log_runaway', 'scanner', 'mail_flood', 'fork_storm'] as const

/** What looks like abuse, what was done about it, and who is on it. */
export default async function AbusePage({ searchParams }: { searchParams: Promise<Search> }) {
  const search = await searchParams
  const open = one(search['show']) !== 'closed'
  const category = CATEGORIES.find((known) => known === one(search['category']))
  const [owner, cursor] = [one(search['owner']), one(search['cursor'])]
  const api = await server()
  const [{ cases, nextCursor }, counts, settings] = await Promise.all([
    load(
      api.abuse.cases({
        open,
        ...(category ? { category } : {}),
        ...(owner ? { owner } : {}),
        ...(cursor && /^\d+$/.test(cursor) ? { cursor } : {}),
      }),
    ),
    load(api.abuse.counts()),
    load(api.abuse.settings()),
  ])
  const struck = cases.filter(({ strikes }) => strikes > 0).length
  return (
    <>
      <Live topics={['abuse']} />
      <PageHead
        title="Abuse"
        sub="Offenders are stopped on their host with proof; everything else is only slowed, or left alone."
        actions={<Sections current="/ops/abuse" />}
      />
      <div className="stack">
        {settings.holdFire.on && (
          <Banner status="maintenance" title="Hold fire is on." actions={<a href="/ops/abuse/settings">Settings</a>}>
            Nothing is stopped or slowed for abuse. {settings.holdFire.reason}
          </Banner>
        )}
        <KpiStrip
          of={[
            { label: 'Open cases', figure: <Qty of="count" value={counts.open} /> },
            { label: 'Disputed', figure: <Qty of="count" value={counts.disputed} />, note: 'decided by what they do' },
            { label: 'With strikes, here', figure: <Qty of="count" value={struck} /> },
          ]}
        />
        <Panel
          title={open ? 'Open' : 'Closed'}
          sub={`${cases.length}${nextCursor ? ' and more' : ''}, newest first`}
          actions={
            <div className="row">
              <Segmented
                label="Show"
                items={[
                  { label: 'Open', href: '/ops/abuse', current: open },
                  { label: 'Closed', href: '/ops/abuse?show=closed', current: !open },
                ]}
              />
              <FilterSelect
                name="category"
                label="Kind"
                value={category ?? ''}
                options={[
                  { value: '', label: 'All kinds' },
                  ...CATEGORIES.map((value) => ({ value, label: CATEGORY[value] ?? value })),
                ]}
              />
            </div>
          }
          foot={
            nextCursor ? <a href={withQuery('/ops/abuse', search, { cursor: nextCursor })}>Older ones</a> : undefined
          }
          flush
        >
          <Table
            label="Cases"
            columns={COLUMNS}
            rows={cases}
            rowKey={(row) => row.id}
            empty={
              category || owner ? (
                <Empty title="No case matches these filters." action={<a href="/ops/abuse">Clear filters</a>} />
              ) : (
                <Empty title={open ? 'No open case.' : 'No case was closed yet.'}>
                  Agents look at every container; what they find comes here with its reasons.
                </Empty>
              )
            }
          />
        </Panel>
      </div>
    </>
  )
}

const COLUMNS: Column<Row>[] = [
  {
    head: 'Case',
    phone: 'title',
    cell: (row) => (
      <>
        <a className="mono" href={`/ops/abuse/${row.id}`}>
          AB-{String(row.id)}
        </a>{' '}
        {row.simulated && <Tag>simulated</Tag>}
      </>
    ),
  },
  {
    head: 'State',
    phone: 'state',
    cell: (row) => {
      const [status, words] = stateOf(row)
      return <StatusBadge status={status}>{words}</StatusBadge>
    },
  },
  {
    head: 'Account / app',
    cell: (row) => (
      <>
        {row.accountId === null ? (
          <>
            {shown(row.owner, 40)} <Tag>no account</Tag>
          </>
        ) : (
          <a className="underline" href={`/${row.owner}`}>
            {row.owner}
          </a>
        )}{' '}
        / {shown(row.app, 40)}
      </>
    ),
  },
  { head: 'What', cell: (row) => categoryWords(row.category) },
  { head: 'Score', align: 'right', cell: (row) => <Qty of="count" value={row.points} /> },
  { head: 'Strikes', align: 'right', cell: (row) => <span className="num">{row.strikes} of 5</span> },
  { head: 'Opened', cell: (row) => <Time at={row.openedAt} show="relative" /> },
  { head: 'Last seen', cell: (row) => <Time at={row.lastSeenAt} show="relative" /> },
  { head: 'With', phone: 'hide', cell: (row) => row.assignedTo ?? <span className="dim">nobody</span> },
]
