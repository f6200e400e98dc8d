'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, useTRPC } from '../../../trpc.tsx'
import { Button } from '../../../ui/button.tsx'
import { ConfirmDialog } from '../../../ui/confirm-dialog.tsx'
import type { Status } from '../../../ui/glyph.tsx'
import { Menu } from '../../../ui/menu.tsx'
import { Panel } from '../../../ui/panel.tsx'
import { Empty } from '../../../ui/states.tsx'
import { StatusBadge, Tag } from '../../../ui/status.tsx'
import { Table } from '../../../ui/table.tsx'
import { Time } from '../../../ui/time.tsx'
import { toast } from '../../../ui/toast.tsx'
import { ChannelDialog, type Kind } from './channel-dialog.tsx'

export type Channel = {
  id: string
  kind: string
  name: string
  isPublic: boolean
  settings: Record<string, string>
  position: number
  enabled: boolean
  health: 'unknown' | 'ok' | 'failing' | 'unauthorized'
  healthDetail: string | null
  healthAt: Date | null
  lastDeliveredAt: Date | null
}

const HEALTH: Record<Channel['health'], { status: Status; word: string }> = {
  unknown: { status: 'unknown', word: 'Not tried yet' },
  ok: { status: 'operational', word: 'Works' },
  failing: { status: 'degraded', word: 'Failing' },
  unauthorized: { status: 'major', word: 'Sign-in refused' },
}

/** All channels, with what can be done with each. */
export function ChannelsPanel({
  channels,
  kinds,
  isAdmin,
}: {
  channels: readonly Channel[]
  kinds: readonly Kind[]
  isAdmin: boolean
}) {
  const [editing, setEditing] = useState<Channel | 'new' | null>(null)
  const [removing, setRemoving] = useState<Channel | null>(null)
  const router = useRouter()
  const { remove } = useTRPC().incidents.channels
  const removal = useMutation(remove.mutationOptions({ onSuccess: () => router.refresh() }))
  const nameOf = (kind: string) => kinds.find((one) => one.kind === kind)?.name ?? kind
  const add = isAdmin && (
    <Button size="sm" variant="primary" onClick={() => setEditing('new')}>
      Add a channel
    </Button>
  )
  return (
    <Panel
      title="Channels"
      sub={`${channels.filter(({ enabled }) => enabled).length} of ${channels.length} on`}
      actions={add}
      flush
    >
      <Table
        label="Channels"
        rows={channels}
        rowKey={({ id }) => id}
        empty={<Empty title="No channel yet">Updates reach the status page and the customers’ banner alone.</Empty>}
        columns={[
          {
            head: 'Channel',
            phone: 'title',
            cell: ({ name, isPublic, enabled }) => (
              <>
                {name} {!isPublic && <Tag>internal</Tag>} {!enabled && <Tag>off</Tag>}
              </>
            ),
          },
          { head: 'Kind', cell: ({ kind }) => nameOf(kind) },
          {
            head: 'Health',
            phone: 'state',
            cell: ({ health }) => <StatusBadge status={HEALTH[health].status}>{HEALTH[health].word}</StatusBadge>,
          },
          { head: 'Detail', prose: true, cell: ({ healthDetail }) => healthDetail ?? '–' },
          { head: 'Last delivered', cell: ({ lastDeliveredAt }) => <Time at={lastDeliveredAt} /> },
          {
            head: '',
            cell: (channel) =>
              isAdmin && (
                <Acts channel={channel} edit={() => setEditing(channel)} remove={() => setRemoving(channel)} />
              ),
          },
        ]}
      />
      {editing && (
        <ChannelDialog
          key={editing === 'new' ? 'new' : editing.id}
          kinds={kinds}
          channel={editing === 'new' ? null : editing}
          onClose={() => setEditing(null)}
        />
      )}
      <ConfirmDialog
        open={removing !== null}
        onOpenChange={(open) => !open && setRemoving(null)}
        title={`Remove ${removing?.name ?? 'the channel'}?`}
        confirm={`Remove ${removing?.name ?? ''}`}
        cancel="Keep the channel"
        danger
        onConfirm={async () => {
          if (removing) await removal.mutateAsync({ id: removing.id })
        }}
      >
        Nothing more is sent there and its secret is forgotten. What was delivered stays in the ledger.
      </ConfirmDialog>
    </Panel>
  )
}

function Acts({ channel, edit, remove }: { channel: Channel; edit: () => void; remove: () => void }) {
  const router = useRouter()
  const { test, enable } = useTRPC().incidents.channels
  const failed = (error: unknown) => toast(messageOf(error), { failed: true })
  const trial = useMutation(test.mutationOptions())
  const turn = useMutation(enable.mutationOptions())
  const { id, name, enabled } = channel
  const sendTest = () =>
    trial.mutate(
      { id },
      {
        onSuccess: ({ kind, detail }) => {
          if (kind === 'delivered') toast(`${name} took the test`)
          else toast(`${name}: ${detail}`, { failed: true })
          router.refresh()
        },
        onError: failed,
      },
    )
  return (
    <span className="flex gap-2">
      <Button size="sm" busy={trial.isPending} onClick={sendTest}>
        Send test
      </Button>
      <Menu
        label={`More for ${name}`}
        icon="more"
        iconOnly
        align="end"
        size="sm"
        items={[
          { label: 'Edit', onSelect: edit },
          {
            label: enabled ? 'Turn off' : 'Turn on',
            onSelect: () =>
              turn.mutate({ id, enabled: !enabled }, { onSuccess: () => router.refresh(), onError: failed }),
          },
          { label: 'Remove', danger: true, onSelect: remove },
        ]}
      />
    </span>
  )
}
