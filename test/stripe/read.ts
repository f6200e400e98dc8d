import type { Given, Params } from './form.ts'

// Parameters were checked against Stripe's types before they come here; these say so to the compiler.
export const textOf = (value: Given | undefined): string | undefined => (typeof value === 'string' ? value : undefined)
export const numberOf = (value: Given | undefined): number | undefined =>
  typeof value === 'number' ? value : undefined
export const flagOf = (value: Given | undefined): boolean | undefined =>
  typeof value === 'boolean' ? value : undefined
export const listOf = (value: Given | undefined): Params[] => (Array.isArray(value) ? (value as Params[]) : [])
export const partOf = (value: Given | undefined): Params =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
/** Metadata after an update: an empty text takes a key away, an empty parameter all. */
export const metadataOf = (value: Given | undefined, before: Record<string, string> = {}): Record<string, string> => {
  if (value === '') return {}
  const after = { ...before }
  for (const [key, text] of Object.entries(partOf(value))) {
    if (text === '') delete after[key]
    else after[key] = String(text)
  }
  return after
}
