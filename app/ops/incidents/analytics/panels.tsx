import type { Caller } from '#server/router.ts'
import { duration, thousands } from '../../../ui/format.ts'
import { Panel } from '../../../ui/panel.tsx'
import { Meter } from '../../../ui/sparkline.tsx'
import { Empty } from '../../../ui/states.tsx'
import { StatusBadge } from '../../../ui/status.tsx'
import { Table } from '../../../ui/table.tsx'

type Overview = Awaited<ReturnType<Caller['incidents']['analytics']['overview']>>

const length = (ms: number) => (ms === 0 ? '–' : duration(ms))
const HOSTS_SHOWN = 20

/** Rounded down, so that 100 % is only what was never down. */
const uptimeText = (share: number | null) =>
  share === null ? '–' : share >= 1 ? '100 %' : `${(Math.floor(share * 100_000) / 1_000).toFixed(3)} %`

/** How long each service was out, and how badly. */
export function ServicesPanel({ of }: { of: Overview['components'] }) {
  return (
    <Panel title="Services" sub="most downtime first; a partial outage counts by half in uptime" flush>
      <Table
        label="Downtime by service"
        rows={of}
        rowKey={(row) => String(row.id)}
        empty={<Empty title="No services yet">Name them under Components.</Empty>}
        columns={[
          { head: 'Service', phone: 'title', prose: true, cell: (row) => row.name },
          { head: 'Outages', align: 'right', cell: (row) => row.outages },
          { head: 'Major', align: 'right', cell: (row) => length(row.majorMs) },
          { head: 'Partial', align: 'right', cell: (row) => length(row.partialMs) },
          { head: 'Degraded', align: 'right', cell: (row) => length(row.degradedMs) },
          { head: 'Uptime', align: 'right', cell: (row) => uptimeText(row.uptime) },
        ]}
      />
    </Panel>
  )
}

/** Which hosts were hit most. */
export function HostsPanel({ of }: { of: Overview['hosts'] }) {
  const longest = Math.max(1, ...of.map(({ outMs }) => outMs))
  return (
    <Panel
      title="Hosts"
      sub="most outages first; hosts that an update named as out"
      flush
      foot={of.length > HOSTS_SHOWN ? `${of.length - HOSTS_SHOWN} more in the CSV` : undefined}
    >
      <Table
        label="Hosts by outages"
        rows={of.slice(0, HOSTS_SHOWN)}
        rowKey={(row) => row.host}
        empty={<Empty title="No host was out">Name hosts in an update to have them counted.</Empty>}
        columns={[
          {
            head: 'Host',
            phone: 'title',
            cell: (row) => (
              <a className="mono" href={`/ops/hosts?q=${encodeURIComponent(row.host)}`}>
                {row.host}
              </a>
            ),
          },
          { head: 'Outages', align: 'right', cell: (row) => row.outages },
          { head: 'Out', align: 'right', cell: (row) => length(row.outMs) },
          { head: 'Longest', align: 'right', cell: (row) => length(row.longestMs) },
          {
            head: 'Beside the worst',
            phone: 'hide',
            cell: (row) => (
              <Meter percent={(row.outMs / longest) * 100} label={`${row.host}: ${duration(row.outMs)} out`} />
            ),
          },
        ]}
      />
    </Panel>
  )
}

/** How reliably each channel took what was sent. */
export function ChannelsPanel({ of }: { of: Overview['channels'] }) {
  return (
    <Panel title="Channels" sub="of what was sent; left out and overtaken updates count apart" flush>
      <Table
        label="Deliveries by channel"
        rows={of}
        rowKey={(row) => `${row.kind}/${row.name}`}
        empty={<Empty title="Nothing was sent yet">Updates that go out are counted here.</Empty>}
        columns={[
          { head: 'Channel', phone: 'title', prose: true, cell: (row) => row.name },
          { head: 'Kind', phone: 'hide', cell: (row) => row.kind },
          { head: 'Delivered', align: 'right', cell: (row) => thousands(row.delivered) },
          {
            head: 'Failed',
            align: 'right',
            cell: (row) => (row.failed > 0 ? <StatusBadge status="major">{row.failed}</StatusBadge> : '–'),
          },
          {
            head: 'Unknown',
            align: 'right',
            cell: (row) => (row.unknown > 0 ? <StatusBadge status="unknown">{row.unknown}</StatusBadge> : '–'),
          },
          { head: 'Not sent', align: 'right', cell: (row) => row.skipped || '–' },
          {
            head: 'Success',
            align: 'right',
            cell: (row) => (row.share === null ? '–' : `${(Math.floor(row.share * 1_000) / 10).toFixed(1)} %`),
          },
          {
            head: 'Median to accepted',
            align: 'right',
            cell: (row) => (row.acceptedMedianMs === null ? '–' : duration(row.acceptedMedianMs)),
          },
        ]}
      />
    </Panel>
  )
}
