'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, useTRPC } from '../../../trpc.tsx'
import { ConfirmDialog } from '../../../ui/confirm-dialog.tsx'
import type { Status } from '../../../ui/glyph.tsx'
import { Menu, type MenuItem } from '../../../ui/menu.tsx'
import { StatusBadge } from '../../../ui/status.tsx'
import { Table } from '../../../ui/table.tsx'
import { Time } from '../../../ui/time.tsx'
import { toast } from '../../../ui/toast.tsx'

export type Subscriber = {
  id: string
  kind: 'email' | 'webhook' | 'slack'
  address: string
  components: string[] | null
  state: 'told' | 'asked' | 'quarantined' | 'left'
  reason: string | null
  createdBy: string
  createdAt: Date
  confirmedAt: Date | null
  lastTold: Date | null
}

const KINDS = { email: 'E-mail', webhook: 'Webhook', slack: 'Slack' }
const STATES: Record<Subscriber['state'], { status: Status; word: string }> = {
  told: { status: 'operational', word: 'Told' },
  asked: { status: 'unknown', word: 'Not confirmed' },
  quarantined: { status: 'degraded', word: 'Quarantined' },
  left: { status: 'maintenance', word: 'Left' },
}

/** Subscribers, each with what can be done. */
export function Subscribers({ rows, empty }: { rows: readonly Subscriber[]; empty: React.ReactNode }) {
  const [removing, setRemoving] = useState<Subscriber | null>(null)
  const router = useRouter()
  const removal = useMutation(
    useTRPC().incidents.subscribers.remove.mutationOptions({ onSuccess: () => router.refresh() }),
  )
  return (
    <>
      <Table
        label="Subscribers"
        rows={rows}
        rowKey={({ id }) => id}
        empty={empty}
        columns={[
          {
            head: 'Address',
            phone: 'title',
            prose: true,
            cell: ({ address, reason }) => (
              <>
                {address}
                {reason && <p className="help">{reason}</p>}
              </>
            ),
          },
          {
            head: 'State',
            phone: 'state',
            cell: ({ state }) => <StatusBadge status={STATES[state].status}>{STATES[state].word}</StatusBadge>,
          },
          { head: 'Kind', cell: ({ kind }) => KINDS[kind] },
          { head: 'Services', prose: true, cell: ({ components }) => components?.join('; ') ?? 'all' },
          {
            head: 'Since',
            cell: ({ confirmedAt, createdAt }) => <Time at={confirmedAt ?? createdAt} show="relative" />,
          },
          { head: 'Last told', cell: ({ lastTold }) => <Time at={lastTold} /> },
          { head: '', cell: (row) => row.state !== 'left' && <Acts row={row} remove={() => setRemoving(row)} /> },
        ]}
      />
      <ConfirmDialog
        open={removing !== null}
        onOpenChange={(open) => !open && setRemoving(null)}
        title={`Unsubscribe ${removing?.address ?? ''}?`}
        confirm="Unsubscribe"
        onConfirm={async () => {
          if (removing) await removal.mutateAsync({ id: removing.id })
        }}
      >
        Nothing more is sent there, and no import brings it back. They can subscribe anew on the status page.
      </ConfirmDialog>
    </>
  )
}

function Acts({ row: { id, address, state }, remove }: { row: Subscriber; remove: () => void }) {
  const router = useRouter()
  const { askAgain, release } = useTRPC().incidents.subscribers
  const done = (words: string) => ({
    onSuccess: () => {
      toast(words)
      router.refresh()
    },
    onError: (error: unknown) => toast(messageOf(error), { failed: true }),
  })
  const asking = useMutation(askAgain.mutationOptions())
  const releasing = useMutation(release.mutationOptions())
  const ask: MenuItem = {
    label: 'Ask to confirm',
    onSelect: () => asking.mutate({ id }, done(`${address} is asked again`)),
  }
  const back: MenuItem = {
    label: 'Tell again',
    detail: 'the address works now',
    onSelect: () => releasing.mutate({ id }, done(`${address} is told again`)),
  }
  return (
    <Menu
      label={`Actions for ${address}`}
      icon="more"
      iconOnly
      align="end"
      size="sm"
      items={[
        ...(state === 'quarantined' ? [back] : []),
        ...(state === 'told' ? [] : [ask]),
        { label: 'Unsubscribe', danger: true, onSelect: remove },
      ]}
    />
  )
}
