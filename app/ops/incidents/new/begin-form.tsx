'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, useTRPC } from '../../../trpc.tsx'
import { Button } from '../../../ui/button.tsx'
import { Checkbox } from '../../../ui/choice.tsx'
import { FieldError, SelectField, TextField } from '../../../ui/field.tsx'
import { newRequestId } from '../words.ts'

type Part = { id: string; name: string; region: string | null }

/** The kind of trouble and the services it is about; words are filled in from there. */
export function BeginForm({
  templates,
  components,
}: {
  templates: { key: string; name: string }[]
  components: Part[]
}) {
  const router = useRouter()
  const [requestId] = useState(newRequestId)
  const begin = useMutation(
    useTRPC().incidents.incident.begin.mutationOptions({
      onSuccess: ({ incident }) => router.push(`/ops/incidents/${incident}/update`),
    }),
  )
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault()
        const of = new FormData(event.currentTarget)
        const title = String(of.get('title')).trim()
        begin.mutate({
          ...(title ? { title } : {}),
          template: String(of.get('template')),
          components: of.getAll('component').map((id) => ({ componentId: String(id), status: 'partial_outage' })),
          isDrill: of.get('drill') === 'on',
          requestId,
        })
      }}
    >
      <SelectField
        label="What is wrong"
        name="template"
        defaultValue="default"
        options={templates.map(({ key, name }) => ({ value: key, label: name }))}
        help="Its words are filled in on the next screen, where everything can be changed."
      />
      <fieldset>
        <legend className="label">Affected services</legend>
        <div className="stack">
          {components.map(({ id, name, region }) => (
            <Checkbox key={id} name="component" value={id} label={region ? `${name}, ${region}` : name} />
          ))}
        </div>
      </fieldset>
      <TextField label="Title" name="title" maxLength={200} help="Empty takes the template's." />
      <Checkbox
        name="drill"
        label="This is a drill"
        detail="Goes through everything and says DRILL everywhere. Nothing leaves the house."
      />
      {begin.error && <FieldError>{messageOf(begin.error)}</FieldError>}
      <div className="row">
        <Button variant="primary" type="submit" size="lg" busy={begin.isPending || begin.isSuccess}>
          Go on to the first update
        </Button>
      </div>
    </form>
  )
}
