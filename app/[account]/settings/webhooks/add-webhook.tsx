'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, pathOf, useTRPC } from '../../../trpc.tsx'
import { Button } from '../../../ui/button.tsx'
import { Checkbox } from '../../../ui/choice.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { FieldError, TextField } from '../../../ui/field.tsx'

export type Event = { type: string; says: string }

/** Adds an endpoint; what comes back is its secret, which is shown once. */
export function AddWebhook({
  account,
  events,
  subject,
  onAdded,
  onClose,
}: {
  account: string
  events: readonly Event[]
  /** Narrows it to one repository. */
  subject?: string | undefined
  onAdded: (secret: string) => void
  onClose: () => void
}) {
  const router = useRouter()
  const add = useMutation(useTRPC().notices.webhooks.add.mutationOptions())
  const [url, setUrl] = useState('')
  const [types, setTypes] = useState<readonly string[]>(events.map(({ type }) => type))
  const wrong = (path: string) => (add.error && pathOf(add.error) === path ? messageOf(add.error) : undefined)
  const submit = () =>
    add.mutate(
      // The list comes from the server, which checks each again.
      {
        account,
        url,
        types: types as Parameters<typeof add.mutate>[0]['types'],
        ...(subject === undefined ? {} : { subject }),
      },
      {
        onSuccess: ({ secret }) => {
          router.refresh()
          onAdded(secret)
        },
      },
    )
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Add a webhook"
      text="Events are posted as JSON, signed by Standard Webhooks. The address has to be on the public internet."
      foot={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" busy={add.isPending} onClick={submit}>
            Add the webhook
          </Button>
        </>
      }
    >
      <div className="stack">
        <TextField
          label="URL"
          type="url"
          placeholder="https://example.com/hooks/wharfinger"
          value={url}
          error={wrong('url')}
          onChange={(event) => setUrl(event.target.value)}
        />
        <fieldset className="stack">
          <legend className="label">Events</legend>
          {events.map(({ type, says }) => (
            <Checkbox
              key={type}
              label={type}
              detail={says}
              checked={types.includes(type)}
              onChange={(event) =>
                setTypes(event.target.checked ? [...types, type] : types.filter((one) => one !== type))
              }
            />
          ))}
          {wrong('types') && <FieldError>{wrong('types')}</FieldError>}
        </fieldset>
        {add.error && !wrong('url') && !wrong('types') && <FieldError>{messageOf(add.error)}</FieldError>}
      </div>
    </Dialog>
  )
}
