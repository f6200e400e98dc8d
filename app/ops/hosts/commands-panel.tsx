import type { Caller } from '#server/router.ts'
import { Panel } from '../../ui/panel.tsx'
import { Empty } from '../../ui/states.tsx'
import { StatusBadge, type Status } from '../../ui/status.tsx'
import { Table, type Column } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'

type Command = Awaited<ReturnType<Caller['hosts']['get']>>['commands'][number]

const LOOKS: Record<Command['state'], { status: Status; word: string }> = {
  pending: { status: 'degraded', word: 'Waiting' },
  done: { status: 'operational', word: 'Done' },
  failed: { status: 'major', word: 'Failed' },
  refused: { status: 'major', word: 'Refused' },
  expired: { status: 'unknown', word: 'Expired' },
}

const argsOf = (args: Command['args']) =>
  Object.entries(args)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')

const evidenceOf = (evidence: Command['evidence']) =>
  evidence
    ? Object.entries(evidence)
        .map(([name, value]) => `${name} ${value}`)
        .join(', ')
    : ''

const container: Column<Command> = {
  head: 'Container',
  cell: (c) => (
    <a className="mono" href={`/ops/hosts/${c.hostId}/containers/${c.epoch}`}>
      {c.containerId.slice(0, 12)}
    </a>
  ),
}

const columns: Column<Command>[] = [
  {
    head: 'Command',
    phone: 'title',
    cell: (c) => (
      <>
        {c.kind.replace('_', ' ')} {Object.keys(c.args).length > 0 && <span className="dim">{argsOf(c.args)}</span>}
      </>
    ),
  },
  {
    head: 'State',
    phone: 'state',
    cell: (c) => {
      const { status, word } = LOOKS[c.state]
      return <StatusBadge status={status}>{c.state === 'pending' && c.deliveredAt ? 'Under way' : word}</StatusBadge>
    },
  },
  { head: 'Why', cell: (c) => c.reason },
  { head: 'By', cell: (c) => <span className="text-2 break-all">{c.issuedBy}</span> },
  {
    head: 'Result',
    cell: (c) =>
      c.detail ? (
        <>
          {c.detail} <span className="dim break-all">{evidenceOf(c.evidence)}</span>
        </>
      ) : (
        <span className="dim">–</span>
      ),
  },
  { head: 'Issued', align: 'right', cell: (c) => <Time at={c.issuedAt} show="relative" /> },
]

/** Commands to the agent, newest first, with what became of them. */
export function CommandsPanel({ of, withContainer = false }: { of: readonly Command[]; withContainer?: boolean }) {
  const [first, ...rest] = columns
  return (
    <Panel title="Commands" sub={of.length > 0 ? 'newest first' : undefined} flush>
      <Table
        label="Commands"
        columns={withContainer && first ? [first, container, ...rest] : columns}
        rows={of}
        rowKey={(c) => c.id}
        empty={<Empty title="No commands so far.">What operators and quotas have the agent do is listed here.</Empty>}
      />
    </Panel>
  )
}
