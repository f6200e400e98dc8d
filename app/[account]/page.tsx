import type { Metadata } from 'next'
import { attempt, load, server } from '../server.ts'
import { Live } from '../shell/live.tsx'
import { KpiStrip } from '../ui/kpis.tsx'
import { PageHead, Panel } from '../ui/panel.tsx'
import { Qty } from '../ui/qty.tsx'
import { Empty, ErrorPanel } from '../ui/states.tsx'
import { Banner, StatusBadge, Tag } from '../ui/status.tsx'
import { Table, type Column } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import { Change, changeWords, comparedWords, presentFigures } from './figures.tsx'
import { storage } from './meters.ts'
import { MeteredTo, PendingUsage } from './metered.tsx'
import { OwnViolations } from './violations.tsx'

type Params = Promise<{ account: string }>

export const generateMetadata = async ({ params }: { params: Params }): Promise<Metadata> => ({
  title: (await params).account,
})

/** An account at a glance: what runs now, the month so far, its apps and what it should know. */
export default async function OverviewPage({ params }: { params: Params }) {
  const { account } = await params
  const api = await server()
  const [view, seen, notices, abuse] = await Promise.all([
    load(api.accounts.view({ account })),
    load(api.usage.overview({ account })),
    attempt(api.notices.ofAccount({ account, limit: 5 })),
    attempt(api.abuse.mine({ account })),
  ])
  const { now, used, before, apps, month, compared, metered, violations } = seen
  const suspected = abuse.ok ? abuse.value.filter(({ state }) => state !== 'closed').length : 0
  const than = comparedWords(compared, month.end)
  type App = (typeof apps)[number]
  const columns: Column<App>[] = [
    { head: 'App', phone: 'title', cell: (a) => <AppName account={account} app={a} /> },
    { head: 'Running', align: 'right', cell: (a) => <Qty of="count" value={a.now.running} /> },
    { head: 'CPU now', align: 'right', phone: 'hide', cell: (a) => <Qty of="cores" value={a.now.cpuCores} /> },
    {
      head: 'CPU',
      align: 'right',
      cell: (a) => <Qty of="cpuUs" value={a.used.cpuUs} />,
      foot: <Qty of="cpuUs" value={used.cpuUs} />,
    },
    {
      head: 'Memory',
      align: 'right',
      cell: (a) => <Qty of="mibS" value={a.used.memoryMibS} />,
      foot: <Qty of="mibS" value={used.memoryMibS} />,
    },
    {
      head: 'Storage',
      align: 'right',
      phone: 'hide',
      cell: (a) => <Qty of="mibS" value={storage(a.used)} />,
      foot: <Qty of="mibS" value={storage(used)} />,
    },
    {
      head: 'Egress',
      align: 'right',
      cell: (a) => <Qty of="bytes" value={a.used.txBytes} />,
      foot: <Qty of="bytes" value={used.txBytes} />,
    },
    {
      head: 'CPU, change',
      align: 'right',
      phone: 'hide',
      cell: (a) => <Change used={a.used.cpuUs} before={a.before.cpuUs} />,
      foot: <Change used={used.cpuUs} before={before.cpuUs} />,
    },
  ]
  const shown = apps
    .filter((a) => a.now.running > 0 || a.used.cpuUs > 0n || a.used.memoryMibS > 0n)
    .toSorted((a, b) => Number(b.used.cpuUs - a.used.cpuUs))
  return (
    <>
      <Live topics={[`usage:${view.id}`, `notices:${view.id}`, `violations:${view.id}`]} />
      <PageHead title={view.displayName} sub={<MeteredTo of={metered} />} />
      <div className="stack">
        <PendingUsage of={metered} />
        {suspected > 0 && (
          <Banner
            status="partial"
            title={suspected === 1 ? 'An app looks like abuse.' : `${suspected} apps look like abuse.`}
            actions={<a href={`/${account}/abuse`}>Reasons, and how to dispute</a>}
          >
            Read why, and what happens next.
          </Banner>
        )}
        <KpiStrip label="Now" of={presentFigures(now)} />
        <KpiStrip
          label="This month so far"
          of={[
            {
              label: 'CPU this month',
              figure: <Qty of="cpuUs" value={used.cpuUs} />,
              note: changeWords(used.cpuUs, before.cpuUs, than),
            },
            {
              label: 'Memory this month',
              figure: <Qty of="mibS" value={used.memoryMibS} />,
              note: changeWords(used.memoryMibS, before.memoryMibS, than),
            },
            {
              label: 'Storage this month',
              figure: <Qty of="mibS" value={storage(used)} />,
              note: changeWords(storage(used), storage(before), than),
            },
            {
              label: 'Egress this month',
              figure: <Qty of="bytes" value={used.txBytes} />,
              note: `${changeWords(used.txBytes, before.txBytes, than)}; counted, not priced`,
            },
          ]}
        />
        <OwnViolations account={account} of={violations} />
        <Panel
          title="Apps"
          sub={shown.length > 0 ? 'this month, most CPU first' : undefined}
          actions={<a href={`/${account}/usage`}>Usage in detail</a>}
          flush
        >
          <Table
            label="Apps"
            columns={columns}
            rows={shown}
            rowKey={(a) => a.name}
            roomy
            empty={
              <Empty title="Nothing runs yet.">
                Containers appear here within a minute of their start, once they carry the label{' '}
                <code>io.wharfinger.account={account}</code>.
              </Empty>
            }
          />
        </Panel>
        <Panel title="Notices" actions={<a href="/settings/notices">All notices</a>} flush>
          {!notices.ok ? (
            <ErrorPanel title="Notices cannot be shown">{notices.message}</ErrorPanel>
          ) : notices.value.rows.length === 0 ? (
            <Empty title="No notices.">Limits that are crossed and other news of this account appear here.</Empty>
          ) : (
            <ul className="m-0 list-none p-0">
              {notices.value.rows.map((notice) => (
                <li key={notice.id} className="border-t border-hair px-4 py-3 first:border-t-0">
                  <div className="row">
                    <StatusBadge
                      status={
                        notice.resolvedAt
                          ? 'operational'
                          : notice.severity === 'critical'
                            ? 'major'
                            : notice.severity === 'warning'
                              ? 'degraded'
                              : 'unknown'
                      }
                    >
                      {notice.resolvedAt
                        ? 'Over'
                        : notice.severity === 'critical'
                          ? 'Critical'
                          : notice.severity === 'warning'
                            ? 'Warning'
                            : 'Information'}
                    </StatusBadge>
                    {notice.href ? <a href={notice.href}>{notice.title}</a> : <b>{notice.title}</b>}
                    <span className="dim ml-auto text-xs">
                      <Time at={notice.createdAt} />
                    </span>
                  </div>
                  <p className="mt-1 text-sm text-2">{notice.body}</p>
                </li>
              ))}
            </ul>
          )}
        </Panel>
      </div>
    </>
  )
}

function AppName({
  account,
  app,
}: {
  account: string
  app: { name: string; violations: number; isProtected: boolean }
}) {
  return (
    <>
      <a href={`/${account}/apps/${encodeURIComponent(app.name)}`}>{app.name}</a>{' '}
      {app.violations > 0 && (
        <StatusBadge status="degraded" as="small">
          over a limit
        </StatusBadge>
      )}
      {app.isProtected && <Tag>protected</Tag>}
    </>
  )
}
