import type { Caller } from '#server/router.ts'
import { figure, text } from '../ui/format.ts'
import { Panel } from '../ui/panel.tsx'
import { Qty } from '../ui/qty.tsx'
import { Empty } from '../ui/states.tsx'
import { StatusBadge } from '../ui/status.tsx'
import { Table, type Column } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'

type Violation = Awaited<ReturnType<Caller['hosts']['fleet']>>['violations'][number]

const MIB = 1_048_576

/** Quotas count MiB for what is held, bytes for egress, and containers by number. */
const amount = (meter: string, value: number) =>
  text(meter === 'containers' ? figure('count', value) : figure('bytes', meter === 'egress' ? value : value * MIB))

const columns: Column<Violation>[] = [
  {
    head: 'Account / app',
    phone: 'title',
    cell: (v) =>
      v.account ? (
        <a href={`/ops/quotas/${v.id}`}>
          {v.account}
          {v.app && ` / ${v.app}`}
        </a>
      ) : (
        <a href={`/ops/quotas/${v.id}`}>unattributed</a>
      ),
  },
  { head: 'Resource', cell: (v) => (v.kind === 'runaway_log' ? 'Runaway log' : v.meter) },
  {
    head: 'Used of limit',
    align: 'right',
    cell: (v) =>
      v.limitValue === null
        ? amount(v.meter, v.used)
        : `${amount(v.meter, v.used)} of ${amount(v.meter, v.limitValue)}`,
  },
  {
    head: 'Use',
    align: 'right',
    cell: (v) => <Qty of="percent" value={v.limitValue ? (v.used / v.limitValue) * 100 : null} />,
  },
  { head: 'Since', align: 'right', cell: (v) => <Time at={v.openedAt} show="relative" /> },
  {
    head: 'State',
    phone: 'state',
    cell: (v) => (
      <StatusBadge status={v.state === 'acknowledged' ? 'maintenance' : v.level === 'hard' ? 'partial' : 'degraded'}>
        {v.state === 'acknowledged' ? 'Acknowledged' : v.level === 'hard' ? 'Over hard limit' : 'Over soft limit'}
      </StatusBadge>
    ),
  },
]

/** Violations that are not resolved, the worst first. */
export function ViolationsPanel({ of, count }: { of: readonly Violation[]; count: number }) {
  return (
    <Panel
      title="Quota violations"
      sub={of.length > 0 ? `${of.length} of ${count}, worst first` : undefined}
      actions={<a href="/ops/quotas">All violations</a>}
      flush
    >
      <Table
        label="Quota violations"
        columns={columns}
        rows={of}
        rowKey={(v) => v.id}
        empty={<Empty title="No open violation.">Every account is within its limits.</Empty>}
      />
    </Panel>
  )
}
