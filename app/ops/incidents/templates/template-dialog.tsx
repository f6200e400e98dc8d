'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, pathOf, useTRPC } from '../../../trpc.tsx'
import { Button } from '../../../ui/button.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { FieldError, SelectField, TextareaField, TextField } from '../../../ui/field.tsx'
import { stateWords } from '../words.ts'

const STATES = {
  incident: ['investigating', 'identified', 'monitoring', 'resolved'],
  maintenance: ['scheduled', 'reminder', 'in_progress', 'completed'],
} as const

type Kind = keyof typeof STATES
type Template = {
  id: string
  key: string
  name: string
  kind: Kind
  title: string
  texts: Partial<Record<string, string>>
  nextUpdateMinutes: number
}

/** Adds words to begin with, or changes them. */
export function TemplateDialog({ template }: { template?: Template }) {
  const [open, setOpen] = useState(false)
  const [kind, setKind] = useState<Kind>(template?.kind ?? 'incident')
  const router = useRouter()
  const api = useTRPC().incidents.incident.templates
  const onSuccess = () => {
    setOpen(false)
    router.refresh()
  }
  const save = useMutation(api.save.mutationOptions({ onSuccess }))
  const archive = useMutation(api.archive.mutationOptions({ onSuccess }))
  const error = save.error ?? archive.error
  const form = `template-${template?.id ?? 'new'}`
  const title = template ? `Change ${template.name}` : 'Add a template'
  // Drafts and the clock fall back on these two.
  const isNeeded = template?.key === 'default' || template?.key === 'maintenance'
  return (
    <>
      <Button
        {...(template ? { size: 'sm' as const } : { variant: 'primary' as const, icon: 'plus' as const })}
        onClick={() => setOpen(true)}
      >
        {template ? 'Change' : title}
      </Button>
      <Dialog
        open={open}
        onOpenChange={setOpen}
        title={title}
        text="{{component}}, {{region}} and {{hosts}} are filled in; a maintenance also knows {{title}}, {{from}} and {{until}}."
        wide
        foot={
          <>
            {template && !isNeeded && (
              <Button busy={archive.isPending} onClick={() => archive.mutate({ id: template.id })}>
                Archive {template.name}
              </Button>
            )}
            <Button variant="primary" type="submit" form={form} busy={save.isPending}>
              {template ? 'Save template' : title}
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
            save.mutate({
              id: template?.id ?? null,
              name: String(of.get('name')),
              kind,
              title: String(of.get('title')),
              texts: Object.fromEntries(STATES[kind].map((state) => [state, String(of.get(state))])),
              nextUpdateMinutes: Number(of.get('next')),
            })
          }}
        >
          <TextField
            label="Name"
            name="name"
            required
            maxLength={60}
            defaultValue={template?.name}
            error={pathOf(error) === 'name' ? messageOf(error) : undefined}
          />
          {!template && (
            <SelectField
              label="For"
              value={kind}
              onChange={(event) => setKind(event.target.value === 'maintenance' ? 'maintenance' : 'incident')}
              options={[
                { value: 'incident', label: 'Incidents' },
                { value: 'maintenance', label: 'Maintenances' },
              ]}
            />
          )}
          <TextField label="Title" name="title" required maxLength={200} defaultValue={template?.title} />
          {STATES[kind].map((state) => (
            <TextareaField
              key={state}
              label={stateWords(state)}
              name={state}
              rows={2}
              maxLength={5_000}
              defaultValue={template?.texts[state] ?? ''}
            />
          ))}
          <TextField
            label="Next update, min"
            name="next"
            type="number"
            min={5}
            max={10_080}
            defaultValue={template?.nextUpdateMinutes ?? 30}
          />
          {error && pathOf(error) !== 'name' && <FieldError>{messageOf(error)}</FieldError>}
        </form>
      </Dialog>
    </>
  )
}
