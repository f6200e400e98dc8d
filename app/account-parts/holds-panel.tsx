import { Panel } from '../ui/panel.tsx'
import { StatusBadge } from '../ui/status.tsx'
import { Table } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'

export type HoldView = {
  id: string
  kind: string
  reason: string
  placedAt: Date
  placedBy: string
  liftedAt: Date | null
  liftedBy: string | null
}

/** Every hold an account had, with its reason for ever. `action` is beside one that is still on. */
export function HoldsPanel({
  holds,
  actions,
  action,
  empty,
}: {
  holds: readonly HoldView[]
  actions?: React.ReactNode
  action?: (hold: HoldView) => React.ReactNode
  empty?: React.ReactNode
}) {
  const on = holds.filter((hold) => hold.liftedAt === null).length
  return (
    <Panel title="Holds" sub={`${on} on, ${holds.length - on} lifted`} flush actions={actions}>
      <Table
        label="Holds"
        roomy
        rows={holds}
        rowKey={(hold) => hold.id}
        columns={[
          { head: 'Kind', phone: 'title', cell: (hold) => hold.kind },
          {
            head: 'State',
            phone: 'state',
            cell: (hold) =>
              hold.liftedAt ? (
                <StatusBadge status="operational">Lifted</StatusBadge>
              ) : (
                <StatusBadge status="major">On</StatusBadge>
              ),
          },
          { head: 'Reason', prose: true, cell: (hold) => hold.reason },
          {
            head: 'Placed',
            cell: (hold) => (
              <>
                <Time at={hold.placedAt} /> <span className="dim">by {hold.placedBy}</span>
              </>
            ),
          },
          {
            head: 'Lifted',
            cell: (hold) =>
              hold.liftedAt ? (
                <>
                  <Time at={hold.liftedAt} /> <span className="dim">by {hold.liftedBy}</span>
                </>
              ) : (
                <span className="dim">not yet</span>
              ),
          },
          ...(action
            ? [{ head: '', align: 'right' as const, cell: (hold: HoldView) => (hold.liftedAt ? null : action(hold)) }]
            : []),
        ]}
        empty={empty}
      />
    </Panel>
  )
}
