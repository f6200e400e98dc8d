import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { attempt, load, server } from '../../../../server.ts'
import { Live } from '../../../../shell/live.tsx'
import { CopyText } from '../../../../ui/copy-text.tsx'
import { KpiStrip } from '../../../../ui/kpis.tsx'
import { Facts, PageHead, Panel } from '../../../../ui/panel.tsx'
import { Qty } from '../../../../ui/qty.tsx'
import { ErrorPanel } from '../../../../ui/states.tsx'
import { StatusBadge } from '../../../../ui/status.tsx'
import { Time } from '../../../../ui/time.tsx'
import { meterOf, storage } from '../../../meters.ts'
import { MeteredTo, PendingUsage } from '../../../metered.tsx'
import { TotalChart } from '../../../usage-charts.tsx'
import { asked, type Search, windowOf } from '../../../window.ts'
import { WindowPicker } from '../../../window-picker.tsx'

type Params = Promise<{ account: string; app: string; container: string }>

export const metadata: Metadata = { title: 'Container' }

const MIB = 1_048_576
const SHOWN = ['cpuUs', 'memoryMibS', 'txBytes', 'rxBytes', 'blockWriteBytes', 'blockReadBytes'] as const

/** One container: what it is, holds and used, each meter over the window. */
export default async function ContainerPage({
  params,
  searchParams,
}: {
  params: Params
  searchParams: Promise<Search>
}) {
  const { account, app: encoded, container } = await params
  const app = decodeURIComponent(encoded)
  const [, host, containerId] = /^(\d{1,9})-([\w.-]{1,128})$/.exec(container) ?? []
  if (!host || !containerId) notFound()
  const of = { hostId: Number(host), containerId }
  const search = await searchParams
  const path = `/${account}/apps/${encodeURIComponent(app)}/${container}`
  const window = windowOf(search, new Date(), '1h')
  const api = await server()
  const [view, seen, charts] = await Promise.all([
    load(api.accounts.view({ account })),
    load(api.usage.container({ account, app, ...of, window: asked(window) })),
    attempt(
      api.usage.charts({
        account,
        app,
        container: of,
        window: asked(window),
        of: SHOWN.map((meter) => ({ meter, by: 'total' as const })),
      }),
    ),
  ])
  const { limits, used } = seen
  return (
    <>
      <Live topics={[`usage:${view.id}`]} />
      <PageHead
        title={seen.name}
        sub={
          <>
            Container of{' '}
            <a href={`/${account}/apps/${encodeURIComponent(app)}`}>
              {account}/{app}
            </a>
            . <MeteredTo of={seen.metered} />
          </>
        }
        actions={
          seen.running ? (
            <StatusBadge status="operational" as="chip">
              Runs
            </StatusBadge>
          ) : (
            <StatusBadge status="unknown" as="chip">
              Does not run
            </StatusBadge>
          )
        }
      />
      <div className="stack">
        <PendingUsage of={{ ...seen.metered, pending: seen.metered.pending.filter((p) => p.hostId === of.hostId) }} />
        <KpiStrip
          label="Now"
          of={[
            {
              label: 'CPU now',
              figure: <Qty of="cores" value={seen.running ? seen.cpuCores : null} />,
              note: limits?.cpuMilli ? `limit ${limits.cpuMilli / 1000} vCPU` : 'no limit',
            },
            {
              label: 'Memory now',
              figure: (
                <Qty
                  of="bytes"
                  value={seen.running && seen.memoryMib !== null ? Math.round(seen.memoryMib * MIB) : null}
                />
              ),
              note: limits?.memoryMib ? (
                <>
                  limit <Qty of="bytes" value={limits.memoryMib * MIB} />
                </>
              ) : (
                'no limit'
              ),
            },
            { label: 'Disk and volumes', figure: <Qty of="bytes" value={seen.diskBytes} /> },
            { label: 'Log', figure: <Qty of="bytes" value={seen.logBytes} /> },
          ]}
        />
        <div className="split split-wide">
          <Panel title="Used" sub={`${window.words}, in the whole hours it touches`} flush>
            <KpiStrip
              tight
              of={[
                { label: 'CPU', figure: <Qty of="cpuUs" value={used?.cpuUs} /> },
                { label: 'Memory', figure: <Qty of="mibS" value={used?.memoryMibS} /> },
                { label: 'Storage', figure: <Qty of="mibS" value={used && storage(used)} /> },
                { label: 'Egress', figure: <Qty of="bytes" value={used?.txBytes} /> },
                { label: 'Ingress', figure: <Qty of="bytes" value={used?.rxBytes} /> },
              ]}
            />
            <p className="px-4 pb-3 text-xs text-3">
              Since it was first seen: <Qty of="cpuUs" value={seen.ever?.cpuUs} />,{' '}
              <Qty of="mibS" value={seen.ever?.memoryMibS} /> of memory.
            </p>
          </Panel>
          <Panel title="What it is">
            <Facts
              of={[
                ['Container id', <CopyText key="id" text={containerId} />],
                [
                  'Image',
                  <span key="image" className="mono">
                    {seen.image || 'unnamed'}
                  </span>,
                ],
                ['Host', seen.host],
                ['Counted since', <Time key="since" at={seen.openedAt} />],
                ...(seen.endedAt ? [['Ended', <Time key="end" at={seen.endedAt} />] as const] : []),
                ['Starts seen', String(seen.lives)],
                ['Killed for memory', `${seen.oomKills} times`],
              ]}
            />
          </Panel>
        </div>
        <WindowPicker path={path} search={search} window={window} />
        {charts.ok ? (
          <div className="split">
            {charts.value.map((chart) => (
              <TotalChart
                key={chart.meter}
                of={chart}
                meter={meterOf(chart.meter)}
                csvName={`${seen.name}-${chart.meter}`}
              />
            ))}
          </div>
        ) : (
          <Panel title="Charts">
            <ErrorPanel title="The charts cannot be shown">{charts.message}</ErrorPanel>
          </Panel>
        )}
      </div>
    </>
  )
}
