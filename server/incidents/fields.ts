import type { z } from 'zod'
import { DomainError } from '../errors.ts'

type Kind = {
  kind: string
  name: string
  fields: Record<string, { label: string; hint?: string | undefined; secret?: boolean | undefined }>
}

/** A kind of channel or contact as a form asks for it. */
export const formOf = ({ kind, name, fields }: Kind) => ({
  kind,
  name,
  fields: Object.entries(fields).map(([field, of]) => ({
    field,
    label: of.label,
    hint: of.hint ?? null,
    isSecret: of.secret === true,
  })),
})

/** What was given in a kind's fields. Throws BAD_REQUEST, with the field's path, at the first that is missing or wrong. */
export const checkFields = (schema: z.ZodType, value: unknown): unknown => {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const isMissing = issue?.code === 'invalid_type' && /undefined/u.test(issue.message)
  throw new DomainError('BAD_REQUEST', isMissing ? 'is needed' : (issue?.message ?? 'is not right'), {
    path: `fields.${String(issue?.path[0] ?? '')}`,
  })
}
