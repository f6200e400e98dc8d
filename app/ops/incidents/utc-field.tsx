'use client'

import { TextField } from '../../ui/field.tsx'

/** `2026-11-21T03:12` in UTC, as the browser's own field takes it. */
export const asUtcField = (at: Date | string | null | undefined): string =>
  at ? new Date(at).toISOString().slice(0, 16) : ''

/** What such a field holds, as an instant; undefined where it is empty or no time. */
export const fromUtcField = (value: FormDataEntryValue | null): Date | undefined => {
  const at = new Date(`${String(value)}Z`)
  return Number.isNaN(at.getTime()) ? undefined : at
}

/** A time, always in UTC. */
export function UtcField({
  label,
  name,
  value,
  error,
  required = true,
}: {
  label: string
  name: string
  value?: Date | null
  error?: string | undefined
  required?: boolean
}) {
  return (
    <TextField
      label={`${label}, UTC`}
      name={name}
      type="datetime-local"
      defaultValue={asUtcField(value)}
      required={required}
      error={error}
    />
  )
}
