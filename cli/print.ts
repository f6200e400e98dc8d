export type Cell = string | number | bigint | boolean | Date | null | undefined
export type Column<Row> = readonly [head: string, cell: (row: Row) => Cell, align?: 'right']

const MINUTE_ISO = 16

/** A time to the minute, in UTC: `2026-11-21 09:12Z`. */
export const time = (at: Date | string | null | undefined): string =>
  at ? `${new Date(at).toISOString().slice(0, MINUTE_ISO).replace('T', ' ')}Z` : '-'

/** A number with at most `digits` decimals, or a dash. */
export const number = (value: number | null | undefined, digits = 1): string =>
  value === null || value === undefined ? '-' : String(Number(value.toFixed(digits)))

/** Bytes in binary units. */
export const bytes = (value: number | bigint | string | null | undefined): string => {
  if (value === null || value === undefined) return '-'
  let rest = Number(value)
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']
  let unit = 0
  while (rest >= 1024 && unit < units.length - 1) {
    rest /= 1024
    unit += 1
  }
  return `${Number(rest.toFixed(unit === 0 ? 0 : 1))} ${units[unit]}`
}

const text = (cell: Cell): string => {
  if (cell === null || cell === undefined || cell === '') return '-'
  if (cell instanceof Date) return time(cell)
  // Names come from containers and people: nothing in them may steer a terminal.
  return String(cell).replace(/\p{Cc}/gu, ' ')
}

/** Rows as aligned columns under a head; says so where there are none. */
export const table = <Row>(rows: readonly Row[], columns: readonly Column<Row>[], none = 'none'): string => {
  if (rows.length === 0) return `${none}\n`
  const cells = [
    columns.map(([head]) => head.toUpperCase()),
    ...rows.map((row) => columns.map(([, cell]) => text(cell(row)))),
  ]
  const widths = columns.map((_, i) => Math.max(...cells.map((line) => line[i]?.length ?? 0)))
  const line = (of: string[]) =>
    of
      .map((cell, i) => (columns[i]?.[2] === 'right' ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd()
  return `${cells.map(line).join('\n')}\n`
}

/** Pairs of a word and a fact, aligned. */
export const facts = (of: readonly (readonly [string, Cell])[]): string => {
  const width = Math.max(...of.map(([word]) => word.length))
  return `${of.map(([word, cell]) => `${word.padEnd(width)}  ${text(cell)}`).join('\n')}\n`
}

/** A value as JSON, as scripts read it. */
export const json = (value: unknown): string =>
  `${JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? inner.toString() : inner), 2)}\n`

export const out = (written: string): void => void process.stdout.write(written)
