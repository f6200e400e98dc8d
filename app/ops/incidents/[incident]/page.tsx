import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { load, server } from '../../../server.ts'
import { CrumbName } from '../../../shell/crumbs.tsx'
import { Live } from '../../../shell/live.tsx'
import { Button } from '../../../ui/button.tsx'
import { KpiStrip } from '../../../ui/kpis.tsx'
import { Facts, PageHead, Panel } from '../../../ui/panel.tsx'
import { StatusBadge, Tag } from '../../../ui/status.tsx'
import { Table } from '../../../ui/table.tsx'
import { Countdown, Time } from '../../../ui/time.tsx'
import { counted, glyphOf, impactWords, stateWords, STATUS_WORDS } from '../words.ts'
import { Ledger } from '../ledger.tsx'
import { EditFacts } from './edit-facts.tsx'
import { Handover } from './handover.tsx'
import { MoveMaintenance } from './move-maintenance.tsx'
import { Postmortem } from './postmortem.tsx'
import { Timeline } from './timeline.tsx'
import { Acknowledge } from './update/acknowledge.tsx'
import { Discard } from './discard.tsx'

export async function generateMetadata({ params }: { params: Promise<{ incident: string }> }): Promise<Metadata> {
  return { title: (await params).incident }
}

/** An incident: where it stands, what was said and who got it, who was hit, and what whoever takes over must know. */
export default async function IncidentPage({ params }: { params: Promise<{ incident: string }> }) {
  const { incident: name } = await params
  if (!/^INC-\d+$/.test(name)) notFound()
  const api = await server()
  const [one, ledger] = await load(
    Promise.all([api.incidents.incident.get({ incident: name }), api.incidents.channels.ledger({ incident: name })]),
  )
  const isDraft = one.state === 'draft'
  const isOver = one.resolvedAt !== null
  const accounts = new Set(one.customers.map(({ account }) => account)).size
  return (
    <>
      <Live topics={[`incident:${one.id}`]} />
      <CrumbName name={one.incident} />
      <PageHead
        title={one.title}
        sub={
          <span className="row">
            <span className="mono">{one.incident}</span>
            {one.isDrill && <Tag>Drill</Tag>}
            <StatusBadge status={glyphOf(one.impact)}>{impactWords(one.impact)}</StatusBadge>
            <span>{stateWords(one.state)}</span>
            {one.nextUpdateDue && <Countdown at={one.nextUpdateDue} to="promised update" />}
          </span>
        }
        actions={
          <>
            {isDraft && <Discard incident={name} />}
            {!isDraft && !one.isDrill && one.audience === 'everybody' && (
              <Button icon="external" href={one.publicLink}>
                Status page
              </Button>
            )}
            {one.acknowledgedAt === null && !isOver && <Acknowledge incident={name} />}
            {one.kind === 'maintenance' && !isOver && one.scheduledFor && one.scheduledUntil && (
              <MoveMaintenance
                incident={name}
                from={one.scheduledFor}
                until={one.scheduledUntil}
                hasBegun={one.state !== 'scheduled'}
              />
            )}
            <Button variant="primary" href={`/ops/incidents/${name}/update`}>
              Post update
            </Button>
          </>
        }
      />
      <div className="stack">
        <KpiStrip
          of={[
            {
              label: 'Lasted',
              figure: minutes(one.startedAt, one.resolvedAt ?? one.now),
              note: isOver ? 'from start to end' : 'so far',
            },
            {
              label: 'Until acknowledged',
              figure: one.acknowledgedAt ? minutes(one.detectedAt, one.acknowledgedAt) : '–',
            },
            { label: 'Hosts', figure: one.hosts },
            { label: 'Customers', figure: accounts, note: counted(one.customers.length, 'app') },
            {
              label: 'Not delivered',
              figure: one.failed,
              ...(one.failed > 0 ? { status: 'major' as const } : {}),
            },
          ]}
        />
        <div className="split split-wide items-start">
          <div className="stack">
            <Timeline
              incident={name}
              said={one.said.map(({ id, aboutId, ...said }) => ({
                ...said,
                id: String(id),
                aboutId: aboutId === null ? null : String(aboutId),
              }))}
            />
            <Ledger
              parts={ledger.map(({ updateId, rows, crowds, ...part }) => ({
                ...part,
                updateId: String(updateId),
                crowds: crowds.map(({ failures, ...crowd }) => ({
                  ...crowd,
                  failures: failures.map(({ id, ...failure }) => ({ ...failure, id: String(id) })),
                })),
                rows: rows.map(({ id, channelId: _, ...row }) => ({ ...row, id: String(id) })),
              }))}
            />
            <Postmortem
              incident={name}
              text={one.postmortem}
              isOver={isOver}
              isPublished={one.state === 'postmortem'}
            />
          </div>
          <div className="stack">
            <Panel
              title="Facts"
              actions={
                <EditFacts
                  incident={name}
                  title={one.title}
                  startedAt={one.startedAt}
                  detectedAt={one.detectedAt}
                  impactOverride={one.impactOverride}
                />
              }
            >
              <Facts
                of={[
                  ...(one.scheduledFor
                    ? ([
                        ['Planned from', <Time key="f" at={one.scheduledFor} />],
                        ['Planned until', <Time key="u" at={one.scheduledUntil} />],
                      ] as const)
                    : ([['Started', <Time key="s" at={one.startedAt} />]] as const)),
                  ['Detected', <Time key="d" at={one.detectedAt} />],
                  ['Acknowledged', <Time key="a" at={one.acknowledgedAt} />],
                  ['By', one.acknowledgedBy ?? '–'],
                  ['Resolved', one.resolvedAt ? <Time key="r" at={one.resolvedAt} /> : 'not yet'],
                  ['Told', one.audience === 'everybody' ? 'everybody' : 'customers on these hosts'],
                  ...(one.impactOverride ? ([['Impact', 'set by hand']] as const) : []),
                ]}
              />
            </Panel>
            <Panel title="Services" sub={counted(one.components.length, 'service')}>
              <ul className="affected">
                {one.components.map(({ id, name: service, status }) => (
                  <li key={id}>
                    <b>{service}</b>
                    <StatusBadge status={glyphOf(status)}>{STATUS_WORDS[status] ?? status}</StatusBadge>
                  </li>
                ))}
              </ul>
              {one.components.length === 0 && <p className="text-2">None named yet.</p>}
            </Panel>
            <Handover key={one.handover} incident={name} text={one.handover} />
            {one.hostsOut.length > 0 && (
              <Panel title="Hosts" sub={counted(one.hostsOut.length, 'host')} flush>
                <Table
                  label="Hosts that were out"
                  rows={one.hostsOut}
                  rowKey={({ id }) => String(id)}
                  columns={[
                    {
                      head: 'Host',
                      phone: 'title',
                      cell: ({ id, name: host }) => <a href={`/ops/hosts/${id}`}>{host}</a>,
                    },
                    { head: 'From', cell: ({ fromAt }) => <Time at={fromAt} show="absolute" /> },
                    {
                      head: 'Until',
                      cell: ({ untilAt }) => (untilAt ? <Time at={untilAt} show="absolute" /> : 'still'),
                    },
                  ]}
                />
              </Panel>
            )}
            {one.customers.length > 0 && (
              <Panel
                title="Customers"
                sub={`${counted(accounts, 'account')}, ${counted(one.customers.length, 'app')}`}
                flush
              >
                <Table
                  label="Customers that were hit"
                  rows={one.customers}
                  rowKey={({ account, app }) => `${account} ${app}`}
                  columns={[
                    {
                      head: 'App',
                      phone: 'title',
                      cell: ({ account, app }) => (
                        <a href={`/ops/accounts/${account}`}>
                          {account} / {app}
                        </a>
                      ),
                    },
                    { head: 'Containers', align: 'right', cell: ({ containers }) => containers },
                    { head: 'For', align: 'right', cell: ({ fromAt, untilAt }) => minutes(fromAt, untilAt ?? one.now) },
                  ]}
                />
              </Panel>
            )}
            {one.alerts.length > 0 && (
              <Panel title="Alerts" sub={counted(one.alerts.length, 'alert')} flush>
                <Table
                  label="Alerts"
                  rows={one.alerts}
                  rowKey={({ id }) => String(id)}
                  columns={[
                    { head: 'Alert', phone: 'title', prose: true, cell: ({ title }) => title },
                    { head: 'From', cell: ({ startsAt }) => <Time at={startsAt} show="absolute" /> },
                    { head: 'Until', cell: ({ endsAt }) => (endsAt ? <Time at={endsAt} show="absolute" /> : 'firing') },
                  ]}
                />
              </Panel>
            )}
          </div>
        </div>
      </div>
    </>
  )
}

const minutes = (from: Date, until: Date) => {
  const n = Math.max(0, Math.round((until.getTime() - from.getTime()) / 60_000))
  return n < 120 ? `${n} min` : n < 2_880 ? `${Math.floor(n / 60)} h ${n % 60} min` : `${Math.floor(n / 1_440)} d`
}
