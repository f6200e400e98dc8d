import type { Caller } from '#server/router.ts'
import { figure, text } from '../ui/format.ts'
import { Panel } from '../ui/panel.tsx'
import { StatusBadge } from '../ui/status.tsx'
import { Table, type Column } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'

export type Violation = Awaited<ReturnType<Caller['usage']['ownViolations']>>[number]

const MIB = 1_048_576n

/** An amount of a quota's meter: MiB for what is held, bytes for egress, containers by number. */
export const quotaAmount = (meter: string, value: bigint): string =>
  text(meter === 'containers' ? figure('count', value) : figure('bytes', meter === 'egress' ? value : value * MIB))

const METER_WORDS: Record<string, string> = {
  memory: 'Memory',
  disk: 'Disk',
  logs: 'Logs',
  egress: 'Egress this month',
  containers: 'Containers',
}
export const meterWords = (v: Pick<Violation, 'kind' | 'meter'>): string =>
  v.kind === 'runaway_log' ? 'Runaway log' : (METER_WORDS[v.meter] ?? v.meter)

/** How bad it is, and whether somebody is on it. */
export function ViolationBadge({ of }: { of: Pick<Violation, 'state' | 'level' | 'kind'> }) {
  if (of.state === 'resolved') return <StatusBadge status="operational">Resolved</StatusBadge>
  const words = of.kind === 'runaway_log' ? 'Runs away' : of.level === 'hard' ? 'Over hard limit' : 'Over soft limit'
  return (
    <StatusBadge status={of.level === 'hard' ? 'partial' : 'degraded'}>
      {of.state === 'acknowledged' ? 'Acknowledged' : words}
    </StatusBadge>
  )
}

const ACTION: Record<string, string> = {
  throttle: 'The largest containers are throttled',
  stop: 'Containers are stopped',
  truncate_log: 'The log is truncated',
}

/** What follows from a violation, and when. */
export function whatFollows(v: Violation): { words: string; at: Date | null } {
  const action = v.action ? ACTION[v.action] : undefined
  if (v.state === 'resolved' || !action) return { words: v.kind === 'runaway_log' ? '' : 'Notice only', at: null }
  if (v.level === 'hard' && v.hardSince) {
    const from = Math.max(v.hardSince.getTime(), v.actedAt?.getTime() ?? 0)
    return { words: action, at: new Date(from + (v.graceSeconds ?? 0) * 1000) }
  }
  return { words: v.hard === null ? 'Notice only' : `${action} over ${quotaAmount(v.meter, v.hard)}`, at: null }
}

const columns = (account: string): Column<Violation>[] => [
  {
    head: 'What',
    phone: 'title',
    cell: (v) => (
      <span className="prose">
        {meterWords(v)} of{' '}
        {v.app === null ? (
          'the account'
        ) : (
          <a href={`/${account}/apps/${encodeURIComponent(v.app)}`}>{v.container ?? v.app}</a>
        )}
      </span>
    ),
  },
  {
    head: 'Used of limit',
    align: 'right',
    cell: (v) =>
      v.limit === null
        ? quotaAmount(v.meter, v.used)
        : `${quotaAmount(v.meter, v.used)} of ${quotaAmount(v.meter, v.limit)}`,
  },
  { head: 'Since', align: 'right', cell: (v) => <Time at={v.openedAt} show="relative" /> },
  {
    head: 'What follows',
    prose: true,
    cell: (v) => {
      const { words, at } = whatFollows(v)
      return (
        <>
          {words}
          {at && (
            <>
              {' '}
              <Time at={at} />
            </>
          )}
        </>
      )
    },
  },
  { head: 'State', phone: 'state', cell: (v) => <ViolationBadge of={v} /> },
]

/** Limits that are crossed now. Nothing where none is. */
export function OwnViolations({ account, of }: { account: string; of: readonly Violation[] }) {
  if (of.length === 0) return null
  return (
    <Panel title="Over a limit" sub={`${of.length}, newest first`} flush>
      <Table label="Limits that are crossed" columns={columns(account)} rows={of} rowKey={(v) => v.id} roomy />
    </Panel>
  )
}
