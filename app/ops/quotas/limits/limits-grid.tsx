'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { quotaAmount } from '../../../[account]/violations.tsx'
import { useTRPC } from '../../../trpc.tsx'
import { Button } from '../../../ui/button.tsx'
import { ConfirmDialog } from '../../../ui/confirm-dialog.tsx'
import { duration } from '../../../ui/format.ts'
import { Menu } from '../../../ui/menu.tsx'
import { Panel } from '../../../ui/panel.tsx'
import { Empty } from '../../../ui/states.tsx'
import { Table, type Column } from '../../../ui/table.tsx'
import { toast } from '../../../ui/toast.tsx'
import { LimitDialog } from './limit-dialog.tsx'
import type { LimitRow } from './page.tsx'

const ACTION: Record<string, string> = {
  notice: 'Notice only',
  throttle: 'Throttle',
  stop: 'Stop',
  truncate_log: 'Truncate the log',
}
const SCOPE = { account: 'account in all', app: 'each app', container: 'each container' }

const ownerOf = (row: LimitRow) => row.plan ?? `${row.account}${row.app ? `/${row.app}` : ''}`

/** Limits of plans, or of accounts and apps, with their editor. */
export function LimitsGrid({
  title,
  rows,
  mayEdit,
  kind,
}: {
  title: string
  rows: readonly LimitRow[]
  mayEdit: boolean
  kind: 'plan' | 'account'
}) {
  const [editing, setEditing] = useState<{ of: LimitRow | null; key: number }>()
  const [isOpen, setOpen] = useState(false)
  const [removing, setRemoving] = useState<LimitRow>()
  const router = useRouter()
  const remove = useMutation(useTRPC().usage.quotas.remove.mutationOptions())
  const edit = (of: LimitRow | null) => {
    // A key of its own, so that each opening starts from what is stored.
    setEditing({ of, key: Date.now() })
    setOpen(true)
  }
  const columns: Column<LimitRow>[] = [
    { head: kind === 'plan' ? 'Plan' : 'Account or app', phone: 'title', cell: ownerOf },
    { head: 'Meter', cell: (r) => r.meter },
    { head: 'Counted for', phone: 'hide', cell: (r) => SCOPE[r.scope] },
    { head: 'Soft', align: 'right', cell: (r) => (r.soft === null ? <None /> : quotaAmount(r.meter, r.soft)) },
    { head: 'Hard', align: 'right', cell: (r) => (r.hard === null ? <None /> : quotaAmount(r.meter, r.hard)) },
    { head: 'Grace', align: 'right', phone: 'hide', cell: (r) => duration(r.graceSeconds * 1000) },
    { head: 'Action', cell: (r) => ACTION[r.action] ?? r.action },
    { head: 'Violations', align: 'right', phone: 'hide', cell: (r) => r.violations },
    ...(mayEdit
      ? [
          {
            head: '',
            align: 'right' as const,
            phone: 'state' as const,
            cell: (r: LimitRow) => (
              <Menu
                label={`Change the ${r.meter} limit of ${ownerOf(r)}`}
                icon="more"
                iconOnly
                size="sm"
                variant="ghost"
                align="end"
                items={[
                  { label: 'Change…', icon: 'edit', onSelect: () => edit(r) },
                  { label: 'Remove…', icon: 'trash', danger: true, onSelect: () => setRemoving(r) },
                ]}
              />
            ),
          },
        ]
      : []),
  ]
  return (
    <>
      <Panel
        title={title}
        sub={`${rows.length} limits`}
        actions={
          mayEdit && (
            <Button size="sm" icon="plus" onClick={() => edit(null)}>
              {kind === 'plan' ? 'Set a plan limit' : 'Set an override'}
            </Button>
          )
        }
        flush
      >
        <Table
          label={title}
          columns={columns}
          rows={rows}
          rowKey={(r) => r.id}
          empty={
            <Empty title={kind === 'plan' ? 'No plan has a limit.' : 'No account has a limit of its own.'}>
              {kind === 'plan' ? 'Their defaults are set by the first judgement.' : 'The limits of its plan hold.'}
            </Empty>
          }
        />
      </Panel>
      {editing && <LimitDialog key={editing.key} open={isOpen} onOpenChange={setOpen} kind={kind} of={editing.of} />}
      <ConfirmDialog
        open={removing !== undefined}
        onOpenChange={(open) => !open && setRemoving(undefined)}
        title={`Remove the ${removing?.meter} limit of ${removing ? ownerOf(removing) : ''}?`}
        confirm="Remove the limit"
        cancel="Keep it"
        onConfirm={async () => {
          if (!removing) return
          await remove.mutateAsync({ id: String(removing.id) })
          toast('The limit is removed.')
          router.refresh()
        }}
      >
        <p>
          The next less specific limit holds from then on, or none. {removing?.violations ?? 0} open violations depend
          on it.
        </p>
      </ConfirmDialog>
    </>
  )
}

const None = () => <span className="dim">none</span>
