'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, pathOf, useTRPC } from '../../trpc.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { FieldError, SelectField } from '../../ui/field.tsx'
import { toast } from '../../ui/toast.tsx'
import { fromUtcField, UtcField } from '../incidents/utc-field.tsx'
import type { Person } from './words.ts'

/** Somebody takes a time, whatever the turns say. */
export function OverrideDialog({ scheduleId, people }: { scheduleId: string; people: readonly Person[] }) {
  const [open, setOpen] = useState(false)
  const router = useRouter()
  const add = useMutation(
    useTRPC().incidents.onCall.addOverride.mutationOptions({
      onSuccess: () => {
        setOpen(false)
        router.refresh()
      },
    }),
  )
  const wrong = add.error ? messageOf(add.error) : undefined
  const path = pathOf(add.error)
  const form = `override-${scheduleId}`
  return (
    <>
      <Button size="sm" onClick={() => setOpen(true)}>
        Take over
      </Button>
      <Dialog
        open={open}
        onOpenChange={setOpen}
        title="Take over a time"
        text="Whatever the turns say. Of two overrides the one made later holds."
        foot={
          <>
            <Button onClick={() => setOpen(false)}>Cancel</Button>
            <Button variant="primary" type="submit" form={form} busy={add.isPending}>
              Take it over
            </Button>
          </>
        }
      >
        <form
          id={form}
          className="stack"
          onSubmit={(event) => {
            event.preventDefault()
            const of = new FormData(event.currentTarget)
            const [from, until] = [fromUtcField(of.get('from')), fromUtcField(of.get('until'))]
            if (from && until) add.mutate({ scheduleId, userId: String(of.get('userId')), from, until })
          }}
        >
          <SelectField
            label="Who"
            name="userId"
            options={people.map(({ id, name, email }) => ({ value: id, label: `${name} (${email})` }))}
          />
          <UtcField label="From" name="from" />
          <UtcField label="Until" name="until" error={path === 'until' ? wrong : undefined} />
          {wrong && path !== 'until' && <FieldError>{wrong}</FieldError>}
        </form>
      </Dialog>
    </>
  )
}

/** The turns hold again. */
export function RemoveOverride({ id }: { id: string }) {
  const router = useRouter()
  const remove = useMutation(
    useTRPC().incidents.onCall.removeOverride.mutationOptions({
      onSuccess: () => router.refresh(),
      onError: (error) => toast(messageOf(error), { failed: true }),
    }),
  )
  return (
    <Button size="sm" busy={remove.isPending} onClick={() => remove.mutate({ id })}>
      End the override
    </Button>
  )
}
