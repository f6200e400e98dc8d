import { z } from 'zod'

/** One condition on an alert's labels; `*` in the value stands for any run of characters. A label that is absent is ''. */
export type Matcher = { label: string; is: 'equal' | 'not'; value: string }

export const matcherSchema = z.object({
  label: z.string().trim().min(1, 'name a label').max(128),
  is: z.enum(['equal', 'not']),
  value: z.string().trim().max(500),
})

/** Whether a text fits a pattern with `*`, in time linear to both. */
export const fits = (pattern: string, text: string): boolean => {
  const [first = '', ...rest] = pattern.split('*')
  if (rest.length === 0) return text === pattern
  const last = rest.pop() ?? ''
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false
  let at = first.length
  for (const part of rest) {
    const found = text.indexOf(part, at)
    if (found < 0 || found + part.length > text.length - last.length) return false
    at = found + part.length
  }
  return true
}

/** Whether labels fulfil all conditions; without any they do. */
export const matchesAll = (matchers: readonly Matcher[], labels: Readonly<Record<string, string>>): boolean =>
  matchers.every(({ label, is, value }) => {
    const text = Object.hasOwn(labels, label) ? (labels[label] ?? '') : ''
    return fits(value, text) === (is === 'equal')
  })
