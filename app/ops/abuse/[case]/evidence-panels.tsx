import type { Caller } from '#server/router.ts'
import { Panel } from '../../../ui/panel.tsx'
import { Empty } from '../../../ui/states.tsx'
import { Tag } from '../../../ui/status.tsx'
import { Table, type Column } from '../../../ui/table.tsx'
import { Time } from '../../../ui/time.tsx'
import { categoryWords, counted, shown, stateOf } from '../words.ts'

type View = Awaited<ReturnType<Caller['abuse']['case']>>
type Sighting = View['sightings'][number]
type Event = View['events'][number]

const SIGHTINGS: Column<Sighting>[] = [
  { head: 'Seen', phone: 'title', cell: (row) => <Time at={row.seenAt} seconds /> },
  {
    head: 'Container',
    cell: (row) => (
      <>
        <a href={`/ops/hosts/${row.hostId}/containers/${row.epoch}`}>{shown(row.name, 40)}</a>{' '}
        <span className="dim">{row.host}</span>
      </>
    ),
  },
  {
    head: 'Image',
    phone: 'hide',
    prose: true,
    cell: (row) => <span className="mono text-xs">{shown(row.image, 80)}</span>,
  },
  { head: 'Host did', phone: 'state', cell: (row) => row.action },
  {
    head: 'We say',
    cell: (row) => (
      <>
        {row.verdict} {row.heldBy && <Tag>{row.heldBy.replaceAll('_', ' ')}</Tag>}{' '}
        {row.wouldHave !== row.verdict && <Tag>dry-run: {row.wouldHave}</Tag>}
      </>
    ),
  },
  { head: 'Score', align: 'right', cell: (row) => <span className="num">{row.points}</span> },
  {
    head: 'Raw',
    prose: true,
    cell: (row) => (
      <details>
        <summary>{counted(row.observations.length, 'signal')}</summary>
        <pre className="raw">
          {row.observations
            .map(
              (seen) => `${seen.signal} = ${shown(String(seen.value), 200)}${seen.heldS ? ` for ${seen.heldS} s` : ''}`,
            )
            .join('\n')}
          {row.executables.map(
            (exe) =>
              `\n${shown(exe.path, 120)} ${exe.sha256 ?? 'not read'}${exe.deleted ? ' deleted' : ''}${exe.memfd ? ' memfd' : ''} ${Math.round(exe.busyPercent)} %`,
          )}
          {row.wallets.map((wallet) => `\npaid to ${shown(wallet, 120)}`)}
        </pre>
      </details>
    ),
  },
]

/** Every finding of the case, newest first, with its raw signals. */
export function Evidence({ sightings }: { sightings: readonly Sighting[] }) {
  return (
    <Panel title="Findings" sub={`${sightings.length}, newest first`} flush>
      <Table
        label="Findings"
        columns={SIGHTINGS}
        rows={sightings}
        rowKey={(row) => row.id}
        empty={<Empty title="No finding is kept.">It was opened by hand.</Empty>}
      />
    </Panel>
  )
}

const EVENTS: Column<Event>[] = [
  { head: 'When', cell: (event) => <Time at={event.at} seconds /> },
  { head: 'What', phone: 'title', prose: true, cell: (event) => shown(event.words, 1_000) },
  { head: 'By', phone: 'state', cell: (event) => <span className="dim">{shown(event.actor, 60)}</span> },
]

/** Everything that happened, oldest first. */
export function Story({ events }: { events: readonly Event[] }) {
  return (
    <Panel title="Timeline" sub={`${events.length} entries, oldest first; it cannot be changed`} flush>
      <Table label="Timeline" columns={EVENTS} rows={events} rowKey={(event) => event.id} />
    </Panel>
  )
}

/** Who else this is, and what else this account has open. */
export function Related({ about }: { about: View }) {
  if (about.related.length + about.others.length === 0) return null
  return (
    <Panel title="Related" sub="By what they share, never by public images or pools">
      <ul className="m-0 grid list-none gap-2 p-0 text-sm">
        {about.related.map((link) => (
          <li key={link.owner}>
            <a href={`/ops/abuse?owner=${encodeURIComponent(link.owner)}`}>{shown(link.owner, 60)}</a> shares{' '}
            {link.kinds.map((kind) => `a${/^[aei]/.test(kind) ? 'n' : ''} ${kind}`).join(' and ')};{' '}
            {counted(link.strikes, 'strike')}. {link.same && <Tag>same owner</Tag>}
          </li>
        ))}
        {about.others.map((other) => (
          <li key={String(other.id)}>
            <a className="mono" href={`/ops/abuse/${other.id}`}>
              AB-{String(other.id)}
            </a>{' '}
            {categoryWords(other.category)} in {shown(other.app, 40)}, {stateOf(other)[1].toLowerCase()}.
          </li>
        ))}
      </ul>
    </Panel>
  )
}
