import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import type { Caller } from '#server/router.ts'
import { Strikes } from '../../../ops/abuse/[case]/strikes.tsx'
import { categoryWords, counted, shown, stateOf } from '../../../ops/abuse/words.ts'
import { load, server } from '../../../server.ts'
import { CrumbName } from '../../../shell/crumbs.tsx'
import { PageHead, Panel } from '../../../ui/panel.tsx'
import { StatusBadge } from '../../../ui/status.tsx'
import { Table, type Column } from '../../../ui/table.tsx'
import { Time } from '../../../ui/time.tsx'
import { DisputeForm } from './dispute-form.tsx'

export const metadata: Metadata = { title: 'Abuse case' }

type View = Awaited<ReturnType<Caller['abuse']['mineCase']>>
type Sighting = View['sightings'][number]
type Event = View['events'][number]

/** One case as its owner reads it: what was seen, what was done, what comes next, and the dispute. */
export default async function OwnCasePage({ params }: { params: Promise<{ account: string; case: string }> }) {
  const { account, case: id } = await params
  if (!/^(?:AB-)?\d{1,18}$/i.test(id)) notFound()
  const api = await server()
  const [of, view] = await Promise.all([
    load(api.abuse.mineCase({ account, id })),
    load(api.accounts.view({ account })),
  ])
  const name = `AB-${of.id}`
  const app = shown(of.app, 60)
  const [status, words] = stateOf(of)
  const last = of.sightings[0]
  const mayChange = view.role === 'owner' || view.role === 'admin'
  return (
    <>
      <CrumbName name={name} />
      <PageHead
        title={`${categoryWords(of.category)} in ${app}`}
        sub={
          <>
            <span className="mono">{name}</span>, opened <Time at={of.openedAt} />.
          </>
        }
        actions={
          <StatusBadge status={status} as="chip">
            {words}
          </StatusBadge>
        }
      />
      <div className="stack">
        {last && (
          <Panel
            title="What we saw"
            sub={
              <>
                in {shown(last.name, 60)}, {counted(last.points, 'point')}, <Time at={last.seenAt} />
              </>
            }
          >
            <ul className="m-0 list-disc pl-5">
              {last.reasons.map((reason) => (
                <li key={reason.words}>
                  {shown(reason.words)} <b className="num">+{reason.points}</b>
                </li>
              ))}
            </ul>
            {of.reason && <p className="mb-0">{shown(of.reason, 1_000)}</p>}
          </Panel>
        )}
        <Strikes of={of} />
        {of.dispute && (
          <Panel
            title="Your dispute"
            badge={
              <StatusBadge
                status={
                  of.dispute.state === 'pending'
                    ? 'maintenance'
                    : of.dispute.state === 'cleared'
                      ? 'operational'
                      : 'major'
                }
                as="chip"
              >
                {of.dispute.state === 'pending' ? 'Runs' : of.dispute.state === 'cleared' ? 'Cleared' : 'Strike stands'}
              </StatusBadge>
            }
          >
            <p className="m-0">
              {of.dispute.decision ?? (
                <>
                  {app} runs at a tenth of a core and is looked at closely. It is decided <Time at={of.dispute.dueAt} />
                  , by what the same program did: it has to run and be busy. So far it was busy for {of.dispute.busyS}{' '}
                  s.
                </>
              )}
            </p>
          </Panel>
        )}
        {of.mayDispute && (
          <Panel title="Is this wrong?">
            <DisputeForm account={account} id={String(of.id)} app={app} mayChange={mayChange} />
          </Panel>
        )}
        {of.deletion && !of.deletion.restoredAt && !of.deletion.wipedAt && (
          <Panel title="The app was deleted">
            <p className="m-0">
              Its volumes and configuration are kept until <Time at={of.deletion.keepUntil} show="absolute" />. Ask us
              to restore it before then.
            </p>
          </Panel>
        )}
        <Panel title="Stops" sub={`${of.sightings.length} findings, newest first`} flush>
          <Table label="Findings" columns={SIGHTINGS} rows={of.sightings} rowKey={(row) => row.id} />
        </Panel>
        <Panel title="Timeline" sub={`${of.events.length} entries, oldest first`} flush>
          <Table label="Timeline" columns={EVENTS} rows={of.events} rowKey={(row) => row.id} />
        </Panel>
      </div>
    </>
  )
}

const SIGHTINGS: Column<Sighting>[] = [
  { head: 'Seen', phone: 'title', cell: (row) => <Time at={row.seenAt} seconds /> },
  { head: 'Container', cell: (row) => shown(row.name, 60) },
  {
    head: 'Image',
    phone: 'hide',
    prose: true,
    cell: (row) => <span className="mono text-xs">{shown(row.image, 80)}</span>,
  },
  { head: 'Done', phone: 'state', cell: (row) => row.action },
  { head: 'Points', align: 'right', cell: (row) => <span className="num">{row.points}</span> },
]

const EVENTS: Column<Event>[] = [
  { head: 'When', cell: (row) => <Time at={row.at} seconds /> },
  { head: 'What', phone: 'title', prose: true, cell: (row) => shown(row.words, 1_000) },
]
