import type { AuditRow } from './auditSql.ts'

const COLUMNS = [
  'id',
  'at',
  'actorKind',
  'actorId',
  'actorLabel',
  'action',
  'subjectKind',
  'subjectId',
  'account',
  'before',
  'after',
  'ip',
  'userAgent',
  'requestId',
] as const satisfies readonly (keyof AuditRow)[]

const plain = (value: unknown): string => {
  if (value === null || value === undefined) return ''
  if (value instanceof Date) return value.toISOString()
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** One CSV field. A leading formula sign is defused: spreadsheets would run it. */
export const csvField = (value: unknown): string => {
  const text = plain(value)
  const safe = /^[=+\-@\t\r]/.test(text) && typeof value === 'string' ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** Audit rows as CSV (RFC 4180, with a header), times in RFC 3339 UTC. */
export const auditCsv = (rows: readonly AuditRow[]): string =>
  [COLUMNS.join(','), ...rows.map((row) => COLUMNS.map((column) => csvField(row[column])).join(','))].join('\r\n') +
  '\r\n'

/** The same as a JSON array, with bigints as decimal strings. */
export const auditJson = (rows: readonly AuditRow[]): string =>
  JSON.stringify(
    rows.map((row) => Object.fromEntries(COLUMNS.map((column) => [column, row[column]]))),
    (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value),
    2,
  )
