'use client'

import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { authCall } from '../../auth.ts'
import { addPasskey, hasPasskeys } from '../../passkey.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { FieldError, TextField } from '../../ui/field.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Empty } from '../../ui/states.tsx'
import { Table } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'
import { toast } from '../../ui/toast.tsx'

type Passkey = { id: string; name: string | null; createdAt: Date | null; backedUp: boolean }

/** Passkeys: what can sign this person in without a password. */
export function PasskeysPanel({ passkeys }: { passkeys: readonly Passkey[] }) {
  const router = useRouter()
  const [adding, setAdding] = useState(false)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<string>()
  const [removing, setRemoving] = useState<Passkey>()

  const add = async (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const name = String(new FormData(event.currentTarget).get('name') ?? '')
    if (!hasPasskeys()) return setError('This browser does not know passkeys.')
    setBusy(true)
    setError(undefined)
    const answer = await addPasskey(name)
    setBusy(false)
    if (!answer.ok) return setError(answer.message)
    setAdding(false)
    toast(`Passkey ${name} added.`)
    router.refresh()
  }
  const remove = async () => {
    const answer = await authCall('/passkey/delete-passkey', { id: removing?.id })
    toast(answer.ok ? 'Passkey removed.' : answer.message, { failed: !answer.ok })
    router.refresh()
  }
  return (
    <Panel
      title="Passkeys"
      sub="a finger, a face or a key instead of the password"
      flush
      actions={
        !adding && (
          <Button size="sm" icon="plus" onClick={() => setAdding(true)}>
            Add a passkey
          </Button>
        )
      }
    >
      {adding && (
        <form className="stack panel-body" onSubmit={(event) => void add(event)}>
          <TextField
            label="Name"
            help="To tell it from others: the device, or the key."
            name="name"
            required
            maxLength={60}
            placeholder="Work laptop"
            autoFocus
          />
          {error && <FieldError>{error}</FieldError>}
          <div className="row">
            <Button onClick={() => setAdding(false)}>Cancel</Button>
            <Button type="submit" variant="primary" busy={busy}>
              Add the passkey
            </Button>
          </div>
        </form>
      )}
      {!adding && (
        <Table
          label="Passkeys"
          roomy
          rows={passkeys}
          rowKey={(passkey) => passkey.id}
          columns={[
            { head: 'Name', phone: 'title', cell: (passkey) => passkey.name ?? 'Passkey' },
            { head: 'Kept', cell: (passkey) => (passkey.backedUp ? 'Synced between devices' : 'On one device') },
            { head: 'Added', cell: (passkey) => <Time at={passkey.createdAt} show="relative" /> },
            {
              head: '',
              align: 'right',
              phone: 'state',
              cell: (passkey) => (
                <IconButton
                  icon="trash"
                  label={`Remove passkey ${passkey.name ?? ''}`}
                  size="sm"
                  onClick={() => setRemoving(passkey)}
                />
              ),
            },
          ]}
          empty={
            <Empty title="No passkeys yet">
              A passkey signs you in without password and code, and nobody can phish it.
            </Empty>
          }
        />
      )}
      <ConfirmDialog
        open={removing !== undefined}
        onOpenChange={(open) => !open && setRemoving(undefined)}
        title={`Remove passkey ${removing?.name ?? ''}?`}
        confirm="Remove the passkey"
        cancel="Keep it"
        onConfirm={remove}
      >
        It cannot sign you in any more. Delete it on the device too, where it would still be offered.
      </ConfirmDialog>
    </Panel>
  )
}
