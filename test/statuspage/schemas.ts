import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'

/** Addresses below `/api/v2/` that Statuspage documents. */
export const ADDRESSES = [
  'summary.json',
  'status.json',
  'components.json',
  'incidents.json',
  'incidents/unresolved.json',
  'scheduled-maintenances.json',
  'scheduled-maintenances/active.json',
  'scheduled-maintenances/upcoming.json',
] as const
export type Address = (typeof ADDRESSES)[number]

const read = (path: string) =>
  JSON.parse(readFileSync(join(import.meta.dirname, 'schemas', path), 'utf8')) as Record<string, unknown>
const ajv = new Ajv2020({ strict: true, strictRequired: false, allErrors: true, allowUnionTypes: true })
ajv.addSchema(read('definitions.json'))
const checks = new Map(ADDRESSES.map((path) => [path, ajv.compile(read(path))]))

/** What of an answer is not Statuspage's shape, as `/page/id must be string`; empty where all is. */
export const faultsOf = (address: Address, answer: unknown): string[] => {
  const check = checks.get(address)!
  if (check(answer)) return []
  return (check.errors ?? []).map(({ instancePath, message, params }) =>
    `${instancePath} ${message ?? ''} ${JSON.stringify(params)}`.trim(),
  )
}
