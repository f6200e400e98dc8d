import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { attempt, load, server } from '../../../server.ts'
import { CrumbName } from '../../../shell/crumbs.tsx'
import { Live } from '../../../shell/live.tsx'
import { TimeSeries } from '../../../ui/chart.tsx'
import { PageHead, Panel } from '../../../ui/panel.tsx'
import { StatusBadge, Tag } from '../../../ui/status.tsx'
import { Time } from '../../../ui/time.tsx'
import { categoryWords, counted, shown, stateOf } from '../words.ts'
import { AssignButton, Decide, ExportButton, RestoreButton } from './decide.tsx'
import { Evidence, Related, Story } from './evidence-panels.tsx'
import { ScorePanel } from './score-panel.tsx'
import { Strikes } from './strikes.tsx'

export const metadata: Metadata = { title: 'Abuse case' }
const DAY_MS = 86_400_000

/** One case: why it scores what it does, what was done, what the machine does next, and what an admin may do instead. */
export default async function CasePage({ params }: { params: Promise<{ case: string }> }) {
  const { case: id } = await params
  if (!/^(?:AB-)?\d{1,18}$/i.test(id)) notFound()
  const api = await server()
  const [about, me] = await Promise.all([load(api.abuse.case({ id })), load(api.accounts.me())])
  const heaviest = about.sightings.toSorted((a, b) => b.points - a.points || Number(b.id - a.id))[0]
  const name = `AB-${about.id}`
  const [status, words] = stateOf(about)
  const app = shown(about.app, 60)
  const deletion = about.deletions[0]
  const isFresh = heaviest !== undefined && Date.now() - heaviest.seenAt.getTime() < DAY_MS
  const cpu = heaviest
    ? await attempt(
        api.hosts.containers.series({
          hostId: heaviest.hostId,
          epoch: Number(heaviest.epoch),
          window: isFresh ? '24h' : '7d',
        }),
      )
    : undefined
  return (
    <>
      <Live topics={[`abuse:${about.id}`, 'command']} />
      <CrumbName name={name} />
      <PageHead
        title={`${categoryWords(about.category)} in ${shown(about.owner, 40)} / ${app}`}
        sub={
          <>
            <span className="mono">{name}</span>, opened <Time at={about.openedAt} />
            {heaviest && (
              <>
                , on <a href={`/ops/hosts/${heaviest.hostId}`}>{heaviest.host}</a>
              </>
            )}
            {about.plan ? `, plan ${about.plan}` : ', no account has this label'}.{' '}
            {about.simulated && <Tag>simulated</Tag>}
          </>
        }
        actions={
          <>
            <StatusBadge status={status} as="chip">
              {words}
            </StatusBadge>
            <ExportButton id={String(about.id)} />
            {about.state !== 'closed' && <AssignButton id={String(about.id)} assignedTo={about.assignedTo} />}
          </>
        }
      />
      <div className="split split-wide">
        <div className="stack min-w-0 content-start">
          {heaviest && <ScorePanel of={heaviest} />}
          {cpu?.ok && cpu.value.times.length > 1 && (
            <TimeSeries
              title={`CPU of ${shown(heaviest?.name ?? app, 40)}`}
              sub={`vCPU in use, ${cpu.value.stepMinutes} min means`}
              finding="The processor it used around the finding."
              kind="cores"
              times={cpu.value.times}
              series={[
                { label: 'Used', values: cpu.value.cpuCores },
                { label: 'Throttled', values: cpu.value.throttledCores },
              ]}
              marks={about.events
                .filter(({ kind }) => kind === 'stopped' || kind === 'throttled')
                .slice(-6)
                .map(({ at, kind }) => ({ at, label: kind }))}
              csvName={`${name}-cpu`}
            />
          )}
        </div>
        <div className="stack min-w-0 content-start">
          <Decide
            id={String(about.id)}
            app={about.app}
            state={about.state}
            isAdmin={me.roles.includes('admin')}
            hasAccount={about.accountId !== null}
            next={{ words: about.next.words, at: about.next.at?.toISOString() ?? null }}
          />
          {about.disputes.map((dispute) => (
            <Panel
              key={String(dispute.id)}
              title="Dispute"
              badge={
                <StatusBadge
                  status={
                    dispute.state === 'pending' ? 'maintenance' : dispute.state === 'cleared' ? 'operational' : 'major'
                  }
                  as="chip"
                >
                  {dispute.state === 'pending' ? 'Runs' : dispute.state === 'cleared' ? 'Cleared' : 'Strike stands'}
                </StatusBadge>
              }
            >
              <p className="m-0">{shown(dispute.words, 1_000) || 'No words were given.'}</p>
              <p className="dim mb-0 text-sm">
                By {dispute.openedBy}, <Time at={dispute.openedAt} />. Busy for {counted(dispute.busyS, 's', 's')} so
                far.{' '}
                {dispute.decision ?? (
                  <>
                    Looked at <Time at={dispute.dueAt} />.
                  </>
                )}
              </p>
            </Panel>
          ))}
          {deletion && (
            <Panel title="Deleted app">
              <p className="m-0">
                {deletion.done} of {counted(deletion.containers, 'container')} deleted <Time at={deletion.at} />; the
                configuration of {deletion.kept} is kept.
              </p>
              {deletion.restoredAt ? (
                <p className="dim mb-0">
                  Restored <Time at={deletion.restoredAt} />.
                </p>
              ) : deletion.wipedAt ? (
                <p className="dim mb-0">What was kept is gone.</p>
              ) : (
                <RestoreButton deletion={String(deletion.id)} app={app} keepUntil={deletion.keepUntil.toISOString()} />
              )}
            </Panel>
          )}
          <Related about={about} />
        </div>
      </div>
      <div className="stack mt-4">
        <Evidence sightings={about.sightings} />
        <Strikes of={about} />
        <Story events={about.events} />
      </div>
    </>
  )
}
