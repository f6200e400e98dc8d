'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, pathOf, useTRPC } from '../../../trpc.tsx'
import { Button } from '../../../ui/button.tsx'
import { Checkbox } from '../../../ui/choice.tsx'
import { FieldError, SelectField, TextareaField, TextField } from '../../../ui/field.tsx'
import { fromUtcField, UtcField } from '../utc-field.tsx'
import { counted, newRequestId } from '../words.ts'

type Part = { id: string; name: string; region: string | null; customers: number }

/** What, where, from when to when. */
export function MaintenanceForm({ components, text }: { components: readonly Part[]; text: string }) {
  const router = useRouter()
  const [requestId] = useState(newRequestId)
  const schedule = useMutation(
    useTRPC().incidents.incident.schedule.mutationOptions({
      onSuccess: ({ incident }) => router.push(`/ops/incidents/${incident}`),
    }),
  )
  const wrong = schedule.error ? messageOf(schedule.error) : undefined
  const path = pathOf(schedule.error)
  const at = (name: string) => (path?.startsWith(name) ? wrong : undefined)
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault()
        const of = new FormData(event.currentTarget)
        const [scheduledFor, scheduledUntil] = [fromUtcField(of.get('from')), fromUtcField(of.get('until'))]
        if (!scheduledFor || !scheduledUntil) return
        schedule.mutate({
          title: String(of.get('title')),
          text: String(of.get('text')),
          componentIds: of.getAll('component').map(String),
          scheduledFor,
          scheduledUntil,
          audience: of.get('audience') === 'affected' ? 'affected' : 'everybody',
          isDrill: of.get('drill') === 'on',
          requestId,
        })
      }}
    >
      <TextField label="Title" name="title" required maxLength={200} error={at('title')} />
      <fieldset>
        <legend className="label">Services that are touched</legend>
        <div className="stack">
          {components.map(({ id, name, region, customers }) => (
            <Checkbox
              key={id}
              name="component"
              value={id}
              label={region ? `${name}, ${region}` : name}
              detail={counted(customers, 'customer')}
            />
          ))}
        </div>
        {at('componentIds') && <FieldError>{at('componentIds')}</FieldError>}
      </fieldset>
      <UtcField label="Starts" name="from" error={at('scheduledFor')} />
      <UtcField label="Ends" name="until" error={at('scheduledUntil')} />
      <TextareaField
        label="Text"
        name="text"
        rows={4}
        required
        defaultValue={text.includes('{{') ? '' : text}
        placeholder="What is done, and what customers will notice."
        error={at('text')}
      />
      <SelectField
        label="Who is told"
        name="audience"
        options={[
          { value: 'everybody', label: 'Everybody' },
          { value: 'affected', label: 'Only customers on the services’ hosts' },
        ]}
      />
      <Checkbox name="drill" label="This is a drill" detail="Nothing leaves the house." />
      {wrong && path === undefined && <FieldError>{wrong}</FieldError>}
      <div className="row">
        <Button variant="primary" size="lg" type="submit" busy={schedule.isPending || schedule.isSuccess}>
          Announce maintenance
        </Button>
      </div>
    </form>
  )
}
