import { createHash } from 'node:crypto'

/**
 * A value as the one text that stands for it: JSON without spaces, keys sorted by code unit, bigints as decimal strings,
 * dates as ISO text, `undefined` left out. Equal values give equal bytes.
 * @throws TypeError for numbers JSON cannot carry and for functions and symbols
 */
export const canonical = (value: unknown): string => {
  if (value === null) return 'null'
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return JSON.stringify(value)
    case 'bigint':
      return `"${value}"`
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`${value} has no canonical text`)
      return JSON.stringify(value)
    case 'object':
      break
    default:
      throw new TypeError(`a ${typeof value} has no canonical text`)
  }
  if (value instanceof Date) return `"${value.toISOString()}"`
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item ?? null)).join(',')}]`
  const fields = Object.entries(value).filter(([, field]) => field !== undefined)
  fields.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${canonical(field)}`).join(',')}}`
}

/** SHA-256 of a value's canonical text, in hexadecimal. */
export const digestOf = (value: unknown): string => createHash('sha256').update(canonical(value)).digest('hex')
