import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Shape } from './declarations.ts'
import { refuse } from './world.ts'

/** What a request gave: texts, lists and maps of them, numbers and booleans where the parameter is one. */
export type Given = string | number | boolean | null | Given[] | { [name: string]: Given }
export type Params = { [name: string]: Given }

/** Reads `a[b][0]=c` as the SDK writes it. Lists are maps with the keys 0, 1, … or empty ones. */
export const readForm = (text: string): Params => {
  const root: Params = {}
  for (const [name, value] of new URLSearchParams(text)) {
    const path = [name.replace(/\[.*$/, ''), ...[...name.matchAll(/\[([^\]]*)\]/g)].map((m) => m[1] ?? '')]
    let at = root
    for (const [i, part] of path.entries()) {
      const key = part === '' ? String(Object.keys(at).length) : part
      if (i === path.length - 1) at[key] = value
      else at = (at[key] ??= {}) as Params
    }
  }
  return root
}

const calls = new Map(
  readFileSync(join(import.meta.dirname, 'parameters.jsonl'), 'utf8')
    .split('\n')
    .slice(1)
    .filter(Boolean)
    .map((line) => JSON.parse(line) as [string, Shape]),
)
/** Whether Stripe knows a call such as `POST /v1/invoices/{id}/pay`. */
export const isCall = (call: string) => calls.has(call)

const MOST_METADATA = { keys: 50, key: 40, value: 500 }

/**
 * Checks a request's parameters against the types of the SDK and turns texts into what they stand for.
 * @throws Refusal parameter_unknown, parameter_missing and their like
 */
export const checked = (call: string, given: Params): Params => {
  const shape = calls.get(call)
  if (!shape) throw refuse(`Unrecognized request URL (${call}).`)
  return take(shape, given, '') as Params
}

const nested = (path: string, name: string) => (path === '' ? name : `${path}[${name}]`)

const take = (shape: Shape, value: Given, path: string): Given => {
  if (typeof shape === 'object') {
    if ('o' in shape) return takeObject(shape.o, shape.r ?? [], value, path)
    if ('a' in shape) return takeList(shape.a, value, path)
    if ('u' in shape) return takeEither(shape.u, value, path)
    if (shape.e.includes(String(value))) return value
    throw refuse(`Invalid ${path}: must be one of ${shape.e.slice(0, 12).join(', ')}`, { param: path })
  }
  if (shape === 'x') return value
  if (shape === 'm') return takeMetadata(value, path)
  if (typeof value === 'object') throw refuse(`Invalid ${path}`, { param: path })
  const text = String(value)
  switch (shape) {
    case 'n':
      if (!/^-?\d+(\.\d+)?$/.test(text)) throw integerFault(text, path)
      return Number(text)
    case 'b':
      if (text !== 'true' && text !== 'false') throw refuse(`Invalid boolean: ${text}`, { param: path })
      return text === 'true'
    case 'd':
      if (!/^-?\d+(\.\d{1,12})?$/.test(text)) throw refuse(`Invalid decimal: ${text}`, { param: path })
      return text
    case 's':
      if (text.length > 5000) throw refuse(`Invalid string: ${path} is too long`, { param: path })
      return text
  }
}

const integerFault = (text: string, path: string) =>
  refuse(`Invalid integer: ${text}`, { code: 'parameter_invalid_integer', param: path })

const takeObject = (fields: Record<string, Shape>, needed: string[], value: Given, path: string): Params => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refuse(`Invalid object`, { param: path })
  }
  const taken: Params = {}
  for (const [name, inner] of Object.entries(value)) {
    const shape = fields[name]
    const param = nested(path, name)
    if (!shape) throw refuse(`Received unknown parameter: ${param}`, { code: 'parameter_unknown', param })
    taken[name] = take(shape, inner, param)
  }
  const missing = needed.find((name) => taken[name] === undefined)
  if (missing) {
    const param = nested(path, missing)
    throw refuse(`Missing required param: ${param}.`, { code: 'parameter_missing', param })
  }
  return taken
}

const takeList = (item: Shape, value: Given, path: string): Given[] => {
  if (typeof value !== 'object' || value === null) throw refuse('Invalid array', { param: path })
  return Object.entries(value).map(([i, inner]) => take(item, inner, nested(path, i)))
}

const takeEither = (options: Shape[], value: Given, path: string): Given => {
  let fault: unknown
  for (const option of options) {
    try {
      return take(option, value, path)
    } catch (error) {
      fault = error
    }
  }
  throw fault
}

const takeMetadata = (value: Given, path: string): Given => {
  if (typeof value !== 'object' || value === null) throw refuse('Invalid metadata', { param: path })
  const entries = Object.entries(value)
  if (entries.length > MOST_METADATA.keys) {
    throw refuse(`Metadata can have up to ${MOST_METADATA.keys} keys`, { param: path })
  }
  for (const [key, text] of entries) {
    if (key.length > MOST_METADATA.key) throw refuse(`Metadata keys can have up to 40 characters`, { param: path })
    if (String(text).length > MOST_METADATA.value) {
      throw refuse(`Metadata values can have up to 500 characters`, { param: nested(path, key) })
    }
  }
  return value
}
