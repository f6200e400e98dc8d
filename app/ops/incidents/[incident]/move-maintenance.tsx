'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, useTRPC } from '../../../trpc.tsx'
import { Button } from '../../../ui/button.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { FieldError, TextareaField } from '../../../ui/field.tsx'
import { asUtcField, fromUtcField, UtcField } from '../utc-field.tsx'
import { newRequestId } from '../words.ts'

/** Moves a maintenance, or gives one that goes on more time; everybody who was told is told. */
export function MoveMaintenance({
  incident,
  from,
  until,
  hasBegun,
}: {
  incident: string
  from: Date
  until: Date
  hasBegun: boolean
}) {
  const [open, setOpen] = useState(false)
  const [requestId, setRequestId] = useState('')
  const router = useRouter()
  const move = useMutation(
    useTRPC().incidents.incident.move.mutationOptions({
      onSuccess: () => {
        setOpen(false)
        router.refresh()
      },
    }),
  )
  const words = hasBegun ? 'Extend maintenance' : 'Move maintenance'
  return (
    <>
      <Button
        icon="clock"
        onClick={() => {
          setRequestId(newRequestId())
          setOpen(true)
        }}
      >
        {words}
      </Button>
      <Dialog
        open={open}
        onOpenChange={setOpen}
        title={words}
        text="Everybody who was told of it is told of the new time."
        foot={
          <>
            <Button onClick={() => setOpen(false)}>Keep the time</Button>
            <Button variant="primary" type="submit" form="move" busy={move.isPending}>
              {words}
            </Button>
          </>
        }
      >
        <form
          id="move"
          className="stack"
          onSubmit={(event) => {
            event.preventDefault()
            const of = new FormData(event.currentTarget)
            const scheduledFor = hasBegun ? from : fromUtcField(of.get('from'))
            const scheduledUntil = fromUtcField(of.get('until'))
            if (scheduledFor && scheduledUntil)
              move.mutate({ incident, scheduledFor, scheduledUntil, text: String(of.get('text')), requestId })
          }}
        >
          {!hasBegun && <UtcField label="Starts" name="from" value={from} />}
          <UtcField label="Ends" name="until" value={until} />
          <TextareaField
            label="Text"
            name="text"
            rows={3}
            required
            defaultValue={
              hasBegun
                ? 'The maintenance takes longer than planned.'
                : `It was planned for ${asUtcField(from).replace('T', ' ')} UTC and takes place later.`
            }
          />
          {move.error && <FieldError>{messageOf(move.error)}</FieldError>}
        </form>
      </Dialog>
    </>
  )
}
