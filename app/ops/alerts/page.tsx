import type { Caller } from '#server/router.ts'
import type { Metadata } from 'next'
import { load, server } from '../../server.ts'
import { Live } from '../../shell/live.tsx'
import type { Status } from '../../ui/glyph.tsx'
import { PageHead, Panel } from '../../ui/panel.tsx'
import { Empty } from '../../ui/states.tsx'
import { StatusBadge, Tag } from '../../ui/status.tsx'
import { Table } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'
import { counted } from '../incidents/words.ts'
import { EndSilence, RemoveHeartbeat, RemoveSource } from './acts.tsx'
import { AddHeartbeat } from './add-heartbeat.tsx'
import { AddSource } from './add-source.tsx'
import { AlertActs } from './alert-acts.tsx'
import { AddSilence, ChangeSilence } from './silence-dialog.tsx'
import { matcherWords } from './words.ts'

export const metadata: Metadata = { title: 'Alerts' }

type Alert = Awaited<ReturnType<Caller['incidents']['alerts']['list']>>[number]
const LOOKS: Record<Alert['severity'], { status: Status; word: string }> = {
  critical: { status: 'major', word: 'Critical' },
  warning: { status: 'degraded', word: 'Warning' },
  info: { status: 'maintenance', word: 'Info' },
}

/** What fires, what is silent on purpose, and where all of it comes from. */
export default async function AlertsPage() {
  const { alerts } = (await server()).incidents
  const [firing, ended, silences, sources, heartbeats] = await load(
    Promise.all([
      alerts.list({ filter: 'firing', limit: 200 }),
      alerts.list({ filter: 'ended', limit: 50 }),
      alerts.silences(),
      alerts.sources(),
      alerts.heartbeats(),
    ]),
  )
  return (
    <>
      <Live topics={['alerts']} />
      <PageHead
        title="Alerts"
        sub="What is critical pages whoever is on call and opens a draft incident. Nobody outside is told by an alert."
      />
      <div className="stack">
        <Panel title="Firing" sub={counted(firing.length, 'alert')} flush>
          <Alerts label="Alerts that fire" rows={firing} empty="Nothing fires" />
        </Panel>
        <Panel title="Silences" sub={`${silences.length} in force`} actions={<AddSilence />} flush>
          <Table
            label="Silences"
            rows={silences}
            rowKey={({ id }) => String(id)}
            empty={
              <Empty title="Nothing is silenced">Silence what is known, or what work that is planned sets off.</Empty>
            }
            columns={[
              { head: 'Alerts with', phone: 'title', prose: true, cell: ({ matchers }) => matcherWords(matchers) },
              { head: 'Why', prose: true, cell: ({ comment }) => comment },
              { head: 'By', cell: ({ createdBy }) => createdBy },
              { head: 'Until', cell: ({ endsAt }) => <Time at={endsAt} /> },
              { head: 'Keeps silent', align: 'right', cell: (one) => counted(one.alerts, 'alert') },
              {
                head: '',
                cell: ({ id, matchers, comment }) => (
                  <span className="row flex-nowrap">
                    <ChangeSilence id={String(id)} matchers={matchers} comment={comment} />
                    <EndSilence id={String(id)} />
                  </span>
                ),
              },
            ]}
          />
        </Panel>
        <Panel title="Ended" sub="the last 50, newest first" flush>
          <Alerts label="Alerts that ended" rows={ended} empty="No alert ended yet" />
        </Panel>
        <div className="split items-start">
          <Panel title="Sources" sub="whose tokens may send alerts" actions={<AddSource />} flush>
            <Table
              label="Sources of alerts"
              rows={sources}
              rowKey={({ id }) => String(id)}
              empty={
                <Empty title="No source yet">
                  Add one, and give its token to Alertmanager or to whatever can post JSON.
                </Empty>
              }
              columns={[
                { head: 'Source', phone: 'title', cell: ({ name }) => name },
                { head: 'Last used', cell: ({ lastUsedAt }) => <Time at={lastUsedAt} /> },
                { head: '', cell: ({ id, name }) => <RemoveSource id={String(id)} name={name} /> },
              ]}
            />
          </Panel>
          <Panel title="Heartbeats" sub="who must call every so often" actions={<AddHeartbeat />} flush>
            <Table
              label="Heartbeats"
              rows={heartbeats}
              rowKey={({ id }) => String(id)}
              empty={
                <Empty title="No heartbeat yet">A job that calls here after each run is missed when it does not.</Empty>
              }
              columns={[
                { head: 'Heartbeat', phone: 'title', cell: ({ name }) => name },
                {
                  head: 'State',
                  phone: 'state',
                  cell: ({ missedAt, lastAt }) =>
                    missedAt ? (
                      <StatusBadge status="major">Missed</StatusBadge>
                    ) : lastAt ? (
                      <StatusBadge status="operational">Alive</StatusBadge>
                    ) : (
                      <StatusBadge status="unknown">Never called</StatusBadge>
                    ),
                },
                { head: 'Every', align: 'right', cell: ({ everyMinutes }) => `${everyMinutes} min` },
                { head: 'Last called', cell: ({ lastAt }) => <Time at={lastAt} /> },
                { head: '', cell: ({ id, name }) => <RemoveHeartbeat id={String(id)} name={name} /> },
              ]}
            />
          </Panel>
        </div>
      </div>
    </>
  )
}

function Alerts({ label, rows, empty }: { label: string; rows: readonly Alert[]; empty: string }) {
  const isFiring = rows.some(({ endsAt }) => endsAt === null)
  return (
    <Table
      label={label}
      rows={rows}
      rowKey={({ id }) => String(id)}
      empty={<Empty title={empty}>Prometheus, heartbeats and Wharfinger itself report here.</Empty>}
      columns={[
        {
          head: 'Alert',
          phone: 'title',
          prose: true,
          cell: ({ title, labels, link }) => (
            <>
              {link ? (
                <a href={link} rel="noreferrer">
                  {title}
                </a>
              ) : (
                title
              )}
              <details>
                <summary className="help">{counted(Object.keys(labels).length, 'label')}</summary>
                <ul className="mono text-2 break-all">
                  {Object.entries(labels).map(([name, value]) => (
                    <li key={name}>
                      {name}={value}
                    </li>
                  ))}
                </ul>
              </details>
            </>
          ),
        },
        {
          head: 'Severity',
          phone: 'state',
          cell: ({ severity }) => <StatusBadge status={LOOKS[severity].status}>{LOOKS[severity].word}</StatusBadge>,
        },
        {
          head: 'Stands',
          cell: ({ silencedUntil, acknowledgedBy }) =>
            silencedUntil ? (
              <Tag>silent</Tag>
            ) : acknowledgedBy ? (
              <span className="text-2">acknowledged by {acknowledgedBy}</span>
            ) : (
              '–'
            ),
        },
        {
          head: 'Hosts',
          prose: true,
          cell: ({ hosts }) =>
            hosts.length === 0
              ? '–'
              : hosts.slice(0, 8).map(({ id, name }) => (
                  <a key={id} href={`/ops/hosts/${id}`} className="mr-2">
                    {name}
                  </a>
                )),
        },
        { head: 'Source', cell: ({ source }) => source },
        { head: 'Since', cell: ({ startsAt }) => <Time at={startsAt} /> },
        ...(isFiring ? [] : [{ head: 'Ended', cell: ({ endsAt }: Alert) => <Time at={endsAt} /> }]),
        {
          head: '',
          cell: ({ id, labels, incident, silencedUntil, endsAt }) =>
            endsAt === null ? (
              <AlertActs id={String(id)} labels={labels} incident={incident} isSilent={silencedUntil !== null} />
            ) : (
              incident && <a href={`/ops/incidents/${incident}`}>{incident}</a>
            ),
        },
      ]}
    />
  )
}
