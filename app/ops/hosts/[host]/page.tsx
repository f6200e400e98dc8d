import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { attempt, load, server } from '../../../server.ts'
import { Live } from '../../../shell/live.tsx'
import { CrumbName } from '../../../shell/crumbs.tsx'
import { figure, text } from '../../../ui/format.ts'
import { KpiStrip } from '../../../ui/kpis.tsx'
import { Facts, PageHead, Panel } from '../../../ui/panel.tsx'
import { Qty } from '../../../ui/qty.tsx'
import { Segmented } from '../../../ui/segmented.tsx'
import { ErrorPanel, Partial, Stale } from '../../../ui/states.tsx'
import { Tag } from '../../../ui/status.tsx'
import { Time } from '../../../ui/time.tsx'
import { HostStateBadge } from '../../host-state.tsx'
import { CommandsPanel } from '../commands-panel.tsx'
import { ContainersPanel } from '../containers-panel.tsx'
import { windowItems, windowOf } from '../window.ts'
import { HostActions } from './host-actions.tsx'
import { HostCharts } from './host-charts.tsx'
import { KeysPanel } from './keys-panel.tsx'

type Props = {
  params: Promise<{ host: string }>
  searchParams: Promise<Record<string, string | string[] | undefined>>
}

const idOf = (part: string): number => {
  const id = /^\d{1,9}$/.test(part) ? Number(part) : 0
  if (id === 0) notFound()
  return id
}

/** So many containers a page of the table. */
const MOST_CONTAINERS = 200
const SKEW_SHOWN_MS = 5_000

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const hostId = idOf((await params).host)
  const found = await attempt((await server()).hosts.get({ hostId }))
  return { title: found.ok ? found.value.host.name : 'Host' }
}

/** One host: what it is, how loaded it is, what runs there, and whether its reports are complete. */
export default async function HostPage({ params, searchParams }: Props) {
  const hostId = idOf((await params).host)
  const search = await searchParams
  const window = windowOf(search['window'])
  const one = (name: string) =>
    typeof search[name] === 'string' && search[name] ? search[name].slice(0, 100) : undefined
  const [named, cursor] = [one('q'), one('cursor')]
  const api = await server()
  const [found, series, containers] = await Promise.all([
    load(api.hosts.get({ hostId })),
    attempt(api.hosts.series({ hostId, window })),
    attempt(api.hosts.containers.list({ hostId, limit: MOST_CONTAINERS, text: named, cursor })),
  ])
  const { host, facts, keys, commands, pending, fileSystems, boots } = found
  const worst = fileSystems.toSorted((a, b) => b.usedMib / b.totalMib - a.usedMib / a.totalMib)[0]
  const late = host.state === 'stale' && host.lastReportAt
  return (
    <>
      <Live topics={[`host:${hostId}`, `command:${hostId}`]} />
      <CrumbName name={host.name} />
      <PageHead
        title={
          <>
            {host.name} {host.simulated && <Tag>simulated</Tag>}
          </>
        }
        sub={
          <span className="row">
            <HostStateBadge state={host.state} />
            <span>
              {host.cluster} ({host.clusterKind}), last report <Time at={host.lastReportAt} />
            </span>
          </span>
        }
        actions={
          <>
            <Segmented label="Window" items={windowItems(`/ops/hosts/${hostId}`, window)} />
            {host.state !== 'revoked' && <HostActions hostId={hostId} name={host.name} containers={found.containers} />}
          </>
        }
      />
      <div className="stack">
        {(late || pending || !host.complete || Math.abs(host.skewMs) > SKEW_SHOWN_MS) && (
          <div className="panel overflow-hidden">
            {late && (
              <Partial>
                Silent: usage is pending since <Time at={host.lastReportAt} />. The agent keeps its readings and sends
                them when it is back.
              </Partial>
            )}
            {pending && (
              <Partial>
                {pending.missing} report{pending.missing === 1 ? '' : 's'} missing in the sequence: usage is pending
                since <Time at={pending.sinceAt} />.
              </Partial>
            )}
            {!host.complete && <Partial>The last inspection was incomplete: {host.failures.join('; ')}.</Partial>}
            {Math.abs(host.skewMs) > SKEW_SHOWN_MS && (
              <Partial>
                Its wall clock is {text(figure('ms', Math.abs(host.skewMs)))} {host.skewMs > 0 ? 'ahead of' : 'behind'}{' '}
                ours. Readings are placed by its boot clock, so usage is right; set its clock all the same.
              </Partial>
            )}
          </div>
        )}
        <KpiStrip
          of={[
            {
              label: 'CPU',
              figure: late ? (
                <Stale asOf={late}>
                  <Qty of="percent" value={host.cpuPercent} />
                </Stale>
              ) : (
                <Qty of="percent" value={host.cpuPercent} />
              ),
              note: host.cores ? `of ${host.cores} cores, last minute` : 'cores not reported yet',
            },
            {
              label: 'Memory',
              figure: <Qty of="percent" value={host.memoryPercent} />,
              note:
                host.memoryUsedMib === null || host.memoryTotalMib === null
                  ? undefined
                  : `${text(figure('bytes', host.memoryUsedMib * 1_048_576))} of ${text(figure('bytes', host.memoryTotalMib * 1_048_576))}`,
            },
            {
              label: 'Load, 1 min',
              figure: <Qty of="count" value={host.load1} />,
              note: 'processes running or waiting',
            },
            {
              label: 'Fullest file system',
              figure: <Qty of="percent" value={worst ? (worst.usedMib / worst.totalMib) * 100 : null} />,
              note: worst?.mount,
              ...(worst && worst.usedMib / worst.totalMib > 0.9 ? { status: 'degraded' as const } : {}),
            },
            { label: 'Containers', figure: <Qty of="count" value={found.containers} />, note: 'running now' },
          ]}
        />
        {series.ok ? (
          <HostCharts series={series.value} host={host} window={window} />
        ) : (
          <Panel title="Charts">
            <ErrorPanel title="The readings could not be read.">{series.message}</ErrorPanel>
          </Panel>
        )}
        {containers.ok ? (
          <ContainersPanel
            of={containers.value.rows}
            running={found.containers}
            next={containers.value.nextCursor}
            engine={host.engine}
            path={`/ops/hosts/${hostId}`}
            asked={{ window, q: named, cursor }}
          />
        ) : (
          <Panel title="Containers">
            <ErrorPanel title="The containers could not be read.">{containers.message}</ErrorPanel>
          </Panel>
        )}
        <div className="split">
          <Panel title="Machine">
            <Facts
              of={[
                ['Host name', facts?.hostname ?? 'not reported yet'],
                ['Kernel', facts ? `${facts.kernel}, ${facts.architecture}, cgroup v${facts.cgroupVersion}` : '–'],
                [
                  'Engine',
                  facts
                    ? facts.engine === 'none'
                      ? 'none: only the host itself is reported'
                      : `${facts.engine} ${facts.engineVersion ?? ''}`
                    : '–',
                ],
                ['Disk limits', facts?.projectQuotas ? 'by project quotas' : 'not possible on this file system'],
                ['Agent', host.agentVersion ?? '–'],
                ['Booted', <Time key="boot" at={boots[0]?.bootedAtMs ?? null} />],
                ['Enrolled', <Time key="enrolled" at={host.enrolledAt} />],
                ['Clock', `${text(figure('ms', Math.abs(host.skewMs)))} ${host.skewMs >= 0 ? 'ahead' : 'behind'}`],
                ['Reports', `${host.contiguousSeq} in sequence, newest ${host.maxSeq}`],
              ]}
            />
          </Panel>
          <KeysPanel hostId={hostId} keys={keys} />
        </div>
        <CommandsPanel of={commands} withContainer />
      </div>
    </>
  )
}
