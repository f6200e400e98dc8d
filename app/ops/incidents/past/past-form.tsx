'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, pathOf, useTRPC } from '../../../trpc.tsx'
import { Button } from '../../../ui/button.tsx'
import { FieldError, Select, TextareaField, TextField } from '../../../ui/field.tsx'
import { fromUtcField, UtcField } from '../utc-field.tsx'
import { newRequestId, STATUS_WORDS } from '../words.ts'

const STATUSES = ['degraded_performance', 'partial_outage', 'major_outage'] as const
type Part = { id: string; name: string; region: string | null }

/** What was out, from when to when, and how it was called. */
export function PastForm({ components }: { components: readonly Part[] }) {
  const router = useRouter()
  const [requestId] = useState(newRequestId)
  const backfill = useMutation(
    useTRPC().incidents.incident.backfill.mutationOptions({
      onSuccess: ({ incident }) => router.push(`/ops/incidents/${incident}`),
    }),
  )
  const wrong = backfill.error ? messageOf(backfill.error) : undefined
  const path = pathOf(backfill.error)
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault()
        const of = new FormData(event.currentTarget)
        const [startedAt, resolvedAt] = [fromUtcField(of.get('startedAt')), fromUtcField(of.get('resolvedAt'))]
        if (!startedAt || !resolvedAt) return
        backfill.mutate({
          title: String(of.get('title')),
          text: String(of.get('text')),
          resolvedText: String(of.get('resolvedText')),
          startedAt,
          resolvedAt,
          components: components.flatMap(({ id }) => {
            const status = STATUSES.find((one) => one === of.get(`status-${id}`))
            return status ? [{ componentId: id, status }] : []
          }),
          requestId,
        })
      }}
    >
      <TextField label="Title" name="title" required maxLength={200} />
      <fieldset>
        <legend className="label">How each service was</legend>
        <ul className="affected">
          {components.map(({ id, name, region }) => (
            <li key={id}>
              <span>
                <b>{name}</b>
                {region && <small>{region}</small>}
              </span>
              <Select
                name={`status-${id}`}
                aria-label={`Status of ${name}${region ? `, ${region}` : ''}`}
                options={[
                  { value: '', label: 'Not affected' },
                  ...STATUSES.map((status) => ({ value: status, label: STATUS_WORDS[status] ?? status })),
                ]}
              />
            </li>
          ))}
        </ul>
      </fieldset>
      <UtcField label="Started" name="startedAt" error={path === 'startedAt' ? wrong : undefined} />
      <UtcField label="Ended" name="resolvedAt" error={path === 'resolvedAt' ? wrong : undefined} />
      <TextareaField label="What happened" name="text" rows={3} required />
      <TextareaField label="How it ended" name="resolvedText" rows={3} required />
      {wrong && path === undefined && <FieldError>{wrong}</FieldError>}
      <div className="row">
        <Button variant="primary" size="lg" type="submit" busy={backfill.isPending || backfill.isSuccess}>
          Write it down
        </Button>
      </div>
    </form>
  )
}
