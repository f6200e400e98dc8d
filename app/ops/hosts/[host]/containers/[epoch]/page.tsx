import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { attempt, load, server } from '../../../../../server.ts'
import { CrumbName } from '../../../../../shell/crumbs.tsx'
import { Live } from '../../../../../shell/live.tsx'
import { Evidence } from '../../../../../ui/evidence.tsx'
import { figure, text } from '../../../../../ui/format.ts'
import { KpiStrip } from '../../../../../ui/kpis.tsx'
import { Facts, PageHead, Panel } from '../../../../../ui/panel.tsx'
import { Qty } from '../../../../../ui/qty.tsx'
import { Segmented } from '../../../../../ui/segmented.tsx'
import { ErrorPanel } from '../../../../../ui/states.tsx'
import { StatusBadge, Tag } from '../../../../../ui/status.tsx'
import { Time } from '../../../../../ui/time.tsx'
import { CommandsPanel } from '../../../commands-panel.tsx'
import { windowItems, windowOf } from '../../../window.ts'
import { ContainerActions } from './container-actions.tsx'
import { ContainerCharts } from './container-charts.tsx'
import { AttributionPanel, EvidencePanel, LivesPanel, ObjectsPanel } from './container-panels.tsx'

type Props = {
  params: Promise<{ host: string; epoch: string }>
  searchParams: Promise<Record<string, string | string[] | undefined>>
}

const MIB = 1_048_576

const namesOf = async (params: Props['params']) => {
  const { host, epoch } = await params
  const [hostId, epochId] = [Number(host), Number(epoch)]
  if (!/^\d{1,9}$/.test(host) || !/^\d{1,16}$/.test(epoch) || !Number.isSafeInteger(epochId)) notFound()
  return { hostId, epoch: epochId }
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const found = await attempt((await server()).hosts.containers.get(await namesOf(params)))
  return { title: found.ok ? found.value.container.name : 'Container' }
}

/** One life of a container: whose it is, what it uses, what was done to it, and what proves the figures. */
export default async function ContainerPage({ params, searchParams }: Props) {
  const names = await namesOf(params)
  const window = windowOf((await searchParams)['window'])
  const api = await server()
  const [found, series] = await Promise.all([
    load(api.hosts.containers.get(names)),
    attempt(api.hosts.containers.series({ ...names, window })),
  ])
  const { container, life, lives, objects, attribution, commands, reports, findings, totals } = found
  const path = `/ops/hosts/${names.hostId}/containers/${names.epoch}`
  const running = container.endedAt === null
  const { memoryMib, cpuMilli, pids } = container.limits ?? {}
  const source = reports[0] ? `report ${reports[0].seq} and before, signed by key ${reports[0].keyId}` : 'no report yet'
  return (
    <>
      <Live topics={[`host:${names.hostId}`, `command:${names.hostId}`]} />
      <CrumbName name={container.name} />
      <PageHead
        title={
          <>
            {container.name} {container.protected && <Tag>protected</Tag>}
          </>
        }
        sub={
          <span className="row">
            <StatusBadge status={running ? 'operational' : 'maintenance'}>{running ? 'Running' : 'Ended'}</StatusBadge>
            <span>
              {container.account ? (
                <>
                  <a href={`/${container.account}`}>{container.account}</a> / {container.app}
                </>
              ) : (
                'unattributed'
              )}{' '}
              on <a href={`/ops/hosts/${names.hostId}`}>{container.host}</a>, since <Time at={container.openedAt} />
              {container.endedAt && (
                <>
                  , ended <Time at={container.endedAt} />
                </>
              )}
            </span>
          </span>
        }
        actions={
          <>
            <Segmented label="Window" items={windowItems(path, window)} />
            <ContainerActions
              target={{
                ...names,
                name: container.name,
                running,
                protectedBy: container.protected ? `${container.account}/${container.app}` : null,
              }}
            />
          </>
        }
      />
      <div className="stack">
        <KpiStrip
          of={[
            {
              label: 'CPU',
              figure: (
                <Evidence
                  title="CPU in use over the last minute"
                  facts={[
                    [
                      'Total of this life',
                      totals && 'cpuUs' in totals ? text(figure('cpuUs', totals.cpuUs as bigint)) : 'none yet',
                    ],
                  ]}
                  window="between its last two readings"
                  source={source}
                  asOf={container.lastMinuteAt}
                  href="#evidence"
                >
                  <Qty of="cores" value={container.cpuCores} />
                </Evidence>
              ),
              note: cpuMilli ? `of ${cpuMilli / 1000} vCPU` : 'no limit',
            },
            {
              label: 'Memory',
              figure: (
                <Evidence
                  title="Memory held, mean of the last minute"
                  facts={[
                    [
                      'Total of this life',
                      totals && 'memoryMibS' in totals ? text(figure('mibS', totals.memoryMibS as bigint)) : 'none yet',
                    ],
                  ]}
                  source={source}
                  asOf={container.lastMinuteAt}
                  href="#evidence"
                >
                  <Qty of="bytes" value={container.memoryMib === null ? null : Math.round(container.memoryMib * MIB)} />
                </Evidence>
              ),
              note: memoryMib ? `of ${text(figure('bytes', memoryMib * MIB))}` : 'no limit',
            },
            {
              label: 'Layer',
              figure: <Qty of="bytes" value={container.layerBytes} />,
              note: 'written by the container',
            },
            { label: 'Volumes', figure: <Qty of="bytes" value={container.volumesBytes} /> },
            { label: 'Log', figure: <Qty of="bytes" value={container.logBytes} /> },
            {
              label: 'Processes',
              figure: <Qty of="count" value={container.state.pids ?? null} />,
              note: pids ? `of ${pids}` : 'no limit',
            },
            {
              label: 'OOM kills',
              figure: <Qty of="count" value={container.state.oomKills ?? 0} />,
              note:
                container.state.restarts === 1
                  ? '1 restart by the engine'
                  : `${container.state.restarts ?? 0} restarts by the engine`,
              ...((container.state.oomKills ?? 0) > 0 ? { status: 'degraded' as const } : {}),
            },
          ]}
        />
        {series.ok ? (
          <ContainerCharts series={series.value} container={container} window={window} />
        ) : (
          <Panel title="Charts">
            <ErrorPanel title="The readings could not be read.">{series.message}</ErrorPanel>
          </Panel>
        )}
        <div className="split">
          <Panel title="Identity">
            <Facts
              of={[
                [
                  'Container',
                  <span key="id" className="mono break-all">
                    {container.containerId}
                  </span>,
                ],
                [
                  'Image',
                  <span key="image" className="break-all">
                    {container.image}
                  </span>,
                ],
                [
                  'Image id',
                  <span key="image-id" className="mono break-all">
                    {life?.imageId ?? '–'}
                  </span>,
                ],
                [
                  'Epoch',
                  <span key="epoch" className="mono">
                    {names.epoch}
                  </span>,
                ],
                [
                  'Boot',
                  <span key="boot" className="mono break-all">
                    {life?.bootId ?? '–'}
                  </span>,
                ],
                [
                  'Counting began',
                  life?.witnessed ? 'at its start, which the agent saw' : 'when the agent first saw it',
                ],
                ['Exit code', container.state.exitCode ?? '–'],
              ]}
            />
          </Panel>
          <AttributionPanel of={attribution} labels={life?.labels ?? {}} />
        </div>
        <CommandsPanel of={commands} />
        <div className="split">
          <ObjectsPanel of={objects} />
          <LivesPanel of={lives} hostId={names.hostId} epoch={names.epoch} findings={findings} />
        </div>
        <EvidencePanel of={reports} host={container.host} />
      </div>
    </>
  )
}
