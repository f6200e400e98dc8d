'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, pathOf, useTRPC } from '../../../trpc.tsx'
import { Button } from '../../../ui/button.tsx'
import { Checkbox } from '../../../ui/choice.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { FieldError, SelectField, TextField } from '../../../ui/field.tsx'
import type { Channel } from './channels-panel.tsx'

export type Kind = {
  kind: string
  name: string
  fields: readonly { field: string; label: string; hint: string | null; isSecret: boolean }[]
}

/** Adds a channel or changes one. Secrets are entered, never shown: left empty they stay. */
export function ChannelDialog({
  kinds,
  channel,
  onClose,
}: {
  kinds: readonly Kind[]
  channel: Channel | null
  onClose: () => void
}) {
  const router = useRouter()
  const { add, edit } = useTRPC().incidents.channels
  const done = {
    onSuccess: () => {
      router.refresh()
      onClose()
    },
  }
  const adding = useMutation(add.mutationOptions(done))
  const editing = useMutation(edit.mutationOptions(done))
  const [kindName, setKindName] = useState(channel?.kind ?? kinds[0]?.kind ?? '')
  const [name, setName] = useState(channel?.name ?? '')
  const [isPublic, setIsPublic] = useState(channel?.isPublic ?? true)
  const [fields, setFields] = useState<Record<string, string>>(channel?.settings ?? {})
  const kind = kinds.find((one) => one.kind === kindName)
  const error = adding.error ?? editing.error
  const wrong = (path: string) => (error && pathOf(error) === path ? messageOf(error) : undefined)
  const isPlaced = kind?.fields.some(({ field }) => wrong(`fields.${field}`)) || wrong('name')
  const submit = () => {
    const form = {
      name,
      isPublic,
      position: channel?.position ?? 100,
      fields: Object.fromEntries((kind?.fields ?? []).map(({ field }) => [field, fields[field] ?? ''])),
    }
    if (channel) editing.mutate({ ...form, id: channel.id })
    else adding.mutate({ ...form, kind: kindName })
  }
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={channel ? `Edit ${channel.name}` : 'Add a channel'}
      foot={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" busy={adding.isPending || editing.isPending} onClick={submit}>
            {channel ? 'Save the channel' : 'Add the channel'}
          </Button>
        </>
      }
    >
      <div className="stack">
        {!channel && (
          <SelectField
            label="Kind"
            value={kindName}
            options={kinds.map((one) => ({ value: one.kind, label: one.name }))}
            onChange={(event) => setKindName(event.target.value)}
          />
        )}
        <TextField
          label="Name"
          help="As the composer and the ledger call it"
          value={name}
          error={wrong('name')}
          onChange={(event) => setName(event.target.value)}
        />
        {kind?.fields.map(({ field, label, hint, isSecret }) => (
          <TextField
            key={`${kindName}-${field}`}
            label={label}
            help={isSecret && channel ? 'Kept as it is where left empty' : (hint ?? undefined)}
            type={isSecret ? 'password' : 'text'}
            autoComplete="off"
            value={fields[field] ?? ''}
            error={wrong(`fields.${field}`)}
            onChange={(event) => setFields({ ...fields, [field]: event.target.value })}
          />
        ))}
        <Checkbox
          label="Public"
          detail="Anybody may read it: it is left alone where only affected customers are told"
          checked={isPublic}
          onChange={(event) => setIsPublic(event.target.checked)}
        />
        {error && !isPlaced && <FieldError>{messageOf(error)}</FieldError>}
      </div>
    </Dialog>
  )
}
