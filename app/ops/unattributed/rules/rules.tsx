'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import type { Caller } from '#server/router.ts'
import { useTRPC } from '../../../trpc.tsx'
import { Button, IconButton } from '../../../ui/button.tsx'
import { ConfirmDialog } from '../../../ui/confirm-dialog.tsx'
import { Panel } from '../../../ui/panel.tsx'
import { Empty } from '../../../ui/states.tsx'
import { Table, type Column } from '../../../ui/table.tsx'
import { Time } from '../../../ui/time.tsx'
import { toast } from '../../../ui/toast.tsx'
import { keyWords } from '../groups.tsx'
import { RuleDialog } from '../rule-dialog.tsx'

type Rule = Awaited<ReturnType<Caller['usage']['labelRules']['list']>>[number]

/** The rules in force, with their editor. */
export function Rules({ rows, mayEdit }: { rows: readonly Rule[]; mayEdit: boolean }) {
  const [adding, setAdding] = useState(0)
  const [isOpen, setOpen] = useState(false)
  const [removing, setRemoving] = useState<Rule>()
  const router = useRouter()
  const remove = useMutation(useTRPC().usage.labelRules.remove.mutationOptions())
  const columns: Column<Rule>[] = [
    {
      head: 'Label',
      phone: 'title',
      cell: (r) => (
        <>
          <span className="dim">{keyWords(r.labelKey)} </span>
          <span className="mono">{r.labelValue}</span>
        </>
      ),
    },
    { head: 'Account', cell: (r) => <a href={`/${r.account}`}>{r.account}</a> },
    { head: 'App', cell: (r) => r.app ?? <span className="dim">by the label</span> },
    { head: 'Cluster', phone: 'hide', cell: (r) => r.cluster ?? 'all' },
    { head: 'Priority', align: 'right', cell: (r) => r.priority },
    { head: 'Attributed', align: 'right', cell: (r) => r.containers },
    {
      head: 'Added',
      align: 'right',
      phone: 'hide',
      cell: (r) => (
        <>
          <Time at={r.createdAt} show="relative" /> <span className="dim">by {r.createdBy}</span>
        </>
      ),
    },
    ...(mayEdit
      ? [
          {
            head: '',
            align: 'right' as const,
            phone: 'state' as const,
            cell: (r: Rule) => (
              <IconButton
                icon="trash"
                size="sm"
                label={`Remove the rule for ${r.labelValue}`}
                onClick={() => setRemoving(r)}
              />
            ),
          },
        ]
      : []),
  ]
  return (
    <>
      <Panel
        title="Rules"
        sub={mayEdit ? `${rows.length} in force` : `${rows.length} in force. Changing them needs the role admin.`}
        actions={
          mayEdit && (
            <Button
              size="sm"
              icon="plus"
              onClick={() => {
                setAdding(Date.now())
                setOpen(true)
              }}
            >
              Add a rule
            </Button>
          )
        }
        flush
      >
        <Table
          label="Label rules"
          columns={columns}
          rows={rows}
          rowKey={(r) => r.id}
          empty={
            <Empty title="No rules yet.">
              A rule maps a label of another platform, such as a Compose project, to an account.
            </Empty>
          }
        />
      </Panel>
      {adding > 0 && <RuleDialog key={adding} open={isOpen} onOpenChange={setOpen} of={null} />}
      <ConfirmDialog
        open={removing !== undefined}
        onOpenChange={(open) => !open && setRemoving(undefined)}
        title={`Remove the rule for ${removing?.labelValue ?? ''}?`}
        confirm="Remove the rule"
        cancel="Keep it"
        onConfirm={async () => {
          if (!removing) return
          await remove.mutateAsync({ id: String(removing.id) })
          toast('The rule is removed.')
          router.refresh()
        }}
      >
        <p>
          What it attributed stays with {removing?.account}. New containers it would have matched are unattributed from
          now on.
        </p>
      </ConfirmDialog>
    </>
  )
}
