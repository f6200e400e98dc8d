'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, pathOf, useTRPC } from '../../../trpc.tsx'
import { Button } from '../../../ui/button.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { FieldError, SelectField, TextField } from '../../../ui/field.tsx'
import { asUtcField, fromUtcField, UtcField } from '../utc-field.tsx'
import { impactWords } from '../words.ts'

const IMPACTS = ['none', 'maintenance', 'minor', 'major', 'critical'] as const

/** Corrects what is recorded; uptime, customers' intervals and credits follow. */
export function EditFacts({
  incident,
  title,
  startedAt,
  detectedAt,
  impactOverride,
}: {
  incident: string
  title: string
  startedAt: Date
  detectedAt: Date
  impactOverride: string | null
}) {
  const [open, setOpen] = useState(false)
  const router = useRouter()
  const edit = useMutation(
    useTRPC().incidents.incident.edit.mutationOptions({
      onSuccess: () => {
        setOpen(false)
        router.refresh()
      },
    }),
  )
  const wrong = edit.error ? messageOf(edit.error) : undefined
  const path = pathOf(edit.error)
  return (
    <>
      <Button size="sm" icon="edit" onClick={() => setOpen(true)}>
        Correct facts
      </Button>
      <Dialog
        open={open}
        onOpenChange={setOpen}
        title={`Correct the facts of ${incident}`}
        text="Uptime, who was hit for how long, and credits follow. Nobody is told; post a correction for that."
        foot={
          <>
            <Button onClick={() => setOpen(false)}>Keep them</Button>
            <Button variant="primary" type="submit" form="edit-facts" busy={edit.isPending}>
              Correct facts
            </Button>
          </>
        }
      >
        <form
          id="edit-facts"
          className="stack"
          onSubmit={(event) => {
            event.preventDefault()
            const of = new FormData(event.currentTarget)
            // The field knows no seconds: what was not changed keeps those that it has.
            const changed = (name: string, was: Date) =>
              of.get(name) === asUtcField(was) ? undefined : fromUtcField(of.get(name))
            const [started, detected] = [changed('startedAt', startedAt), changed('detectedAt', detectedAt)]
            const impact = IMPACTS.find((one) => one === of.get('impact')) ?? null
            edit.mutate({
              incident,
              title: String(of.get('title')),
              ...(started ? { startedAt: started } : {}),
              ...(detected ? { detectedAt: detected } : {}),
              impactOverride: impact,
            })
          }}
        >
          <TextField label="Title" name="title" defaultValue={title} required maxLength={200} />
          <UtcField
            label="Started"
            name="startedAt"
            value={startedAt}
            error={path === 'startedAt' ? wrong : undefined}
          />
          <UtcField label="Detected" name="detectedAt" value={detectedAt} />
          <SelectField
            label="Impact"
            name="impact"
            defaultValue={impactOverride ?? ''}
            options={[
              { value: '', label: 'Follows from the services' },
              ...IMPACTS.map((value) => ({ value, label: impactWords(value) })),
            ]}
          />
          {wrong && !path && <FieldError>{wrong}</FieldError>}
        </form>
      </Dialog>
    </>
  )
}
