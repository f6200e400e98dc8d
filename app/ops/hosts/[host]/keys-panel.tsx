'use client'

import type { Caller } from '#server/router.ts'
import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { useTRPC } from '../../../trpc.tsx'
import { Button } from '../../../ui/button.tsx'
import { ConfirmDialog } from '../../../ui/confirm-dialog.tsx'
import { TextField } from '../../../ui/field.tsx'
import { Panel } from '../../../ui/panel.tsx'
import { StatusBadge } from '../../../ui/status.tsx'
import { Table, type Column } from '../../../ui/table.tsx'
import { Time } from '../../../ui/time.tsx'

type Key = Awaited<ReturnType<Caller['hosts']['get']>>['keys'][number]

/** The keys a host signs with. Rotating is done on the host: `wharf agent rotate`. */
export function KeysPanel({ hostId, keys }: { hostId: number; keys: readonly Key[] }) {
  const [ending, setEnding] = useState<Key>()
  const [reason, setReason] = useState('')
  const router = useRouter()
  const revoke = useMutation(useTRPC().hosts.revokeKey.mutationOptions())
  const columns: Column<Key>[] = [
    { head: 'Key', phone: 'title', cell: (key) => <span className="mono">{key.fingerprint}</span> },
    {
      head: 'State',
      phone: 'state',
      cell: (key) =>
        key.works ? (
          <StatusBadge status={key.revokedAt ? 'degraded' : 'operational'}>
            {key.revokedAt ? 'Ends soon' : 'In use'}
          </StatusBadge>
        ) : (
          <StatusBadge status="maintenance">Revoked</StatusBadge>
        ),
    },
    { head: 'Since', cell: (key) => <Time at={key.createdAt} show="relative" /> },
    {
      head: 'Ends',
      cell: (key) => (key.revokedAt ? <Time at={key.revokedAt} show="relative" /> : <span className="dim">–</span>),
    },
    {
      head: '',
      align: 'right',
      cell: (key) =>
        key.works && keys.filter(({ works }) => works).length > 1 ? (
          <Button size="sm" onClick={() => setEnding(key)}>
            Revoke<span className="vh"> key {key.fingerprint}</span>
          </Button>
        ) : null,
    },
  ]
  return (
    <Panel
      title="Keys"
      sub="SHA-256 of the public half"
      flush
      foot={<span className="text-2">Rotate on the host: wharf agent rotate, then restart its agent.</span>}
    >
      <Table label="Keys" columns={columns} rows={keys} rowKey={(key) => key.id} />
      <ConfirmDialog
        open={ending !== undefined}
        onOpenChange={(open) => !open && setEnding(undefined)}
        title={`Revoke key ${ending?.fingerprint ?? ''}?`}
        confirm="Revoke the key"
        cancel="Keep the key"
        onConfirm={async () => {
          if (!ending) return
          await revoke.mutateAsync({ hostId, keyId: ending.id, reason })
          router.refresh()
        }}
      >
        <div className="stack">
          <p>Requests signed with it are refused from now on. The host’s other keys go on. It is in the audit log.</p>
          <TextField label="Why" value={reason} onChange={(event) => setReason(event.target.value)} required />
        </div>
      </ConfirmDialog>
    </Panel>
  )
}
