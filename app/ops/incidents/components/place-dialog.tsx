'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, useTRPC } from '../../../trpc.tsx'
import { Button, IconButton } from '../../../ui/button.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { FieldError, SelectField, TextField } from '../../../ui/field.tsx'

/** What a component stands on: a cluster, hosts by name, or both together. */
export function PlaceDialog({
  component,
  clusters,
  placements,
}: {
  component: { id: string; name: string }
  clusters: readonly { id: string; name: string }[]
  placements: readonly { id: string; words: string }[]
}) {
  const [open, setOpen] = useState(false)
  const router = useRouter()
  const api = useTRPC().incidents.components
  const onSuccess = () => router.refresh()
  const place = useMutation(api.place.mutationOptions({ onSuccess }))
  const unplace = useMutation(api.unplace.mutationOptions({ onSuccess }))
  const error = place.error ?? unplace.error
  return (
    <>
      <Button size="sm" onClick={() => setOpen(true)}>
        Place
      </Button>
      <Dialog
        open={open}
        onOpenChange={setOpen}
        title={`What ${component.name} stands on`}
        text="Whoever has containers there is a customer of this component."
        foot={
          <>
            <Button onClick={() => setOpen(false)}>Done</Button>
            <Button variant="primary" type="submit" form={`place-${component.id}`} busy={place.isPending}>
              Add this place
            </Button>
          </>
        }
      >
        <div className="stack">
          {placements.length > 0 && (
            <ul className="affected">
              {placements.map(({ id, words }) => (
                <li key={id}>
                  <span>{words}</span>
                  <IconButton icon="trash" label={`Remove ${words}`} onClick={() => unplace.mutate({ id })} />
                </li>
              ))}
            </ul>
          )}
          <form
            id={`place-${component.id}`}
            className="stack"
            onSubmit={(event) => {
              event.preventDefault()
              const form = event.currentTarget
              const of = new FormData(form)
              place.mutate(
                {
                  componentId: component.id,
                  clusterId: String(of.get('cluster')) || null,
                  hostName: String(of.get('hostName')).trim() || null,
                },
                { onSuccess: () => form.reset() },
              )
            }}
          >
            <SelectField
              label="Cluster"
              name="cluster"
              options={[{ value: '', label: 'Any' }, ...clusters.map(({ id, name }) => ({ value: id, label: name }))]}
            />
            <TextField
              label="Hosts named"
              name="hostName"
              maxLength={100}
              placeholder="ams1-db*"
              help="One host’s name, or * for any run of characters. With a cluster, both must fit."
            />
            {error && <FieldError>{messageOf(error)}</FieldError>}
          </form>
        </div>
      </Dialog>
    </>
  )
}
