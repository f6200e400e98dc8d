import type { Caller } from '#server/router.ts'
import type { Metadata } from 'next'
import { one, type Search } from '../../[account]/window.ts'
import { load, server } from '../../server.ts'
import { Live } from '../../shell/live.tsx'
import { Button } from '../../ui/button.tsx'
import { PageHead, Panel } from '../../ui/panel.tsx'
import { Empty } from '../../ui/states.tsx'
import { StatusBadge, Tag } from '../../ui/status.tsx'
import { Table } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'
import { Sections } from './sections.tsx'
import { counted, glyphOf, impactWords, stateWords } from './words.ts'

export const metadata: Metadata = { title: 'Incidents' }

type Row = Awaited<ReturnType<Caller['incidents']['incident']['list']>>[number]
const PAGE = 50

/** What goes on, what is planned and what was; all begin here. */
export default async function IncidentsPage({ searchParams }: { searchParams: Promise<Search> }) {
  const before = one((await searchParams)['before'])
  const api = await server()
  const of = (filter: 'open' | 'drafts' | 'planned') => load(api.incidents.incident.list({ filter }))
  const [open, drafts, planned, past] = await Promise.all([
    of('open'),
    of('drafts'),
    of('planned'),
    load(
      api.incidents.incident.list({
        filter: 'past',
        limit: PAGE,
        ...(before && /^INC-\d+$/.test(before) ? { before } : {}),
      }),
    ),
  ])
  const now = [...open, ...drafts]
  const last = past.at(-1)
  return (
    <>
      <Live topics={['incidents']} />
      <PageHead
        title="Incidents"
        sub="One update reaches every channel; what was out, for whom and how long is kept."
        actions={
          <>
            <Sections current="/ops/incidents" />
            <Button href="/ops/incidents/maintenance">Plan a maintenance</Button>
            <Button variant="primary" icon="plus" href="/ops/incidents/new">
              Report an incident
            </Button>
          </>
        }
      />
      <div className="stack">
        <Panel title="Now" sub={counted(now.length, 'incident')} flush>
          <Rows
            label="Open incidents"
            rows={now}
            empty={<Empty title="Nothing is out">Alerts that page open a draft here.</Empty>}
          />
        </Panel>
        {planned.length > 0 && (
          <Panel title="Planned" sub={counted(planned.length, 'maintenance')} flush>
            <Rows label="Planned maintenances" rows={planned} />
          </Panel>
        )}
        <Panel
          title="Past"
          sub={`${past.length}, newest first`}
          actions={
            <Button size="sm" href="/ops/incidents/past">
              Write down a past one
            </Button>
          }
          flush
          foot={
            last && past.length === PAGE ? (
              <a href={`/ops/incidents?before=${last.incident}`}>Older incidents</a>
            ) : undefined
          }
        >
          <Rows
            label="Past incidents"
            rows={past}
            empty={<Empty title="No incident yet">What ends is kept here.</Empty>}
          />
        </Panel>
      </div>
    </>
  )
}

function Rows({ label, rows, empty }: { label: string; rows: readonly Row[]; empty?: React.ReactNode }) {
  return (
    <Table
      label={label}
      rows={rows}
      rowKey={(row) => row.incident}
      empty={empty}
      columns={[
        {
          head: 'Incident',
          phone: 'title',
          prose: true,
          cell: (row) => (
            <>
              <a href={`/ops/incidents/${row.incident}`}>
                <span className="mono mr-1 whitespace-nowrap">{row.incident}</span> {row.title}
              </a>
              {row.alert && <small className="dim block">{row.alert}</small>}
            </>
          ),
        },
        {
          head: 'State',
          phone: 'state',
          cell: (row) => (
            <span className="row">
              {row.isDrill && <Tag>Drill</Tag>}
              {stateWords(row.state)}
            </span>
          ),
        },
        {
          head: 'Impact',
          cell: (row) => <StatusBadge status={glyphOf(row.impact)}>{impactWords(row.impact)}</StatusBadge>,
        },
        { head: 'Services', prose: true, cell: (row) => row.components.map(({ name }) => name).join('; ') || '–' },
        { head: 'Hosts', align: 'right', cell: (row) => row.hosts },
        { head: 'Customers', align: 'right', cell: (row) => row.accounts },
        { head: 'Started', cell: (row) => <Time at={row.scheduledFor ?? row.startedAt} /> },
        { head: 'Lasted', align: 'right', cell: (row) => lasted(row) },
        {
          head: 'Not delivered',
          align: 'right',
          cell: (row) => (row.failed > 0 ? <StatusBadge status="major">{row.failed}</StatusBadge> : '–'),
        },
      ]}
    />
  )
}

const lasted = ({ startedAt, resolvedAt }: Row) => {
  if (!resolvedAt) return '–'
  const minutes = Math.max(0, Math.round((resolvedAt.getTime() - startedAt.getTime()) / 60_000))
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
