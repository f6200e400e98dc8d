import { METERS } from '#agents/protocol.ts'
import type { Sql } from '#db/client.ts'
import type { Window } from '../time.ts'
import { METER_COLUMNS } from './meters.ts'
import { exportRows } from './sql.ts'
import { aligned } from './window.ts'

export type Export = { fileName: string; contentType: string; text: string; rows: number }

/** One CSV cell (RFC 4180). What a spreadsheet would take for a formula is made text. */
const cell = (value: string) => {
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/**
 * All meters of a window as CSV or JSON, a row a step and app or container, in the smallest units: µs, MiB-s, bytes.
 * At most 50,000 rows; `truncated` of the JSON tells that there are more.
 */
export const exportUse = async (
  sql: Sql,
  account: { id: bigint; name: string },
  input: {
    window: Window
    resolution: 'hour' | 'day'
    by: 'app' | 'container'
    app?: string | undefined
    format: 'csv' | 'json'
  },
): Promise<Export> => {
  const window = aligned(input.window, input.resolution)
  const rows = await exportRows(sql, account.id, window, input.resolution, input)
  const day = (at: Date) => at.toISOString().slice(0, 10)
  const fileName = `${account.name}-usage-${day(window.start)}-to-${day(new Date(window.end.getTime() - 1))}.${input.format}`
  const named = input.by === 'container' ? ['app', 'host', 'container'] : ['app']
  if (input.format === 'json') {
    const text = JSON.stringify({
      account: account.name,
      start: window.start,
      end: window.end,
      resolution: input.resolution,
      truncated: rows.length === 50_000,
      rows: rows.map((row) => ({
        start: row.at,
        app: row.app,
        ...(input.by === 'container' ? { host: row.host, container: row.container } : {}),
        ...Object.fromEntries(METERS.map((meter) => [meter, row[meter].toString()])),
      })),
    })
    return { fileName, contentType: 'application/json', text, rows: rows.length }
  }
  const lines = rows.map((row) => [
    row.at.toISOString().replace('.000Z', 'Z'),
    ...[row.app, row.host, row.container].slice(0, named.length).map((value) => cell(value ?? '')),
    ...METERS.map((meter) => row[meter].toString()),
  ])
  const text = [['start', ...named, ...METER_COLUMNS], ...lines].map((line) => line.join(',')).join('\r\n')
  return { fileName, contentType: 'text/csv; charset=utf-8', text: `${text}\r\n`, rows: rows.length }
}
