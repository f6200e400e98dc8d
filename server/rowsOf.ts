import { DomainError } from './errors.ts'

/** A record of a file and the line it begins on, counted from 1. */
export type FileRow = { line: number; value: unknown }

const wrong = (line: number, message: string) =>
  new DomainError('BAD_REQUEST', `line ${line}: ${message}`, { path: 'text' })

/**
 * The records of a file that is a JSON array of objects, or CSV (RFC 4180) with a heading: then each value is a text, and
 * empty ones are left out. @throws BAD_REQUEST with the line where it is neither
 */
export const rowsOf = (text: string): FileRow[] => (text.trimStart().startsWith('[') ? jsonRows(text) : csvRows(text))

const jsonRows = (text: string): FileRow[] => {
  let values: unknown
  try {
    values = JSON.parse(text)
  } catch (error) {
    const at = Number(/position (\d+)/.exec(String(error))?.[1] ?? 0)
    throw wrong(text.slice(0, at).split('\n').length, `not JSON (${(error as Error).message.slice(0, 80)})`)
  }
  if (!Array.isArray(values)) throw wrong(1, 'an array of records')
  const lines = elementLines(text)
  return values.map((value: unknown, i) => ({ line: lines[i] ?? 1, value }))
}

/** The lines on which the elements of the outermost array begin. The text is JSON. */
const elementLines = (text: string): number[] => {
  const lines: number[] = []
  let [line, depth, quoted, waits] = [1, 0, false, true]
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!
    if (char === '\n') line++
    if (quoted) {
      if (char === '\\') i++
      else if (char === '"') quoted = false
      continue
    }
    if (depth === 1 && waits && !/[\s\]]/.test(char)) {
      lines.push(line)
      waits = false
    }
    if (char === '"') quoted = true
    else if (char === '[' || char === '{') depth++
    else if (char === ']' || char === '}') depth--
    else if (char === ',' && depth === 1) waits = true
  }
  return lines
}

const csvRows = (text: string): FileRow[] => {
  const [heading, ...rows] = cellsOf(text.replace(/^\uFEFF/, ''))
  if (!heading) throw wrong(1, 'a heading with the names of the columns')
  const names = heading.cells.map((name) => name.trim())
  return rows
    .filter(({ cells }) => cells.some((cell) => cell !== ''))
    .map(({ line, cells }) => {
      if (cells.length > names.length) throw wrong(line, `${cells.length} cells under ${names.length} headings`)
      return { line, value: Object.fromEntries(names.flatMap((name, i) => (cells[i] ? [[name, cells[i]]] : []))) }
    })
}

const cellsOf = (text: string): { line: number; cells: string[] }[] => {
  const rows: { line: number; cells: string[] }[] = []
  let [line, began, cell, quoted] = [1, 1, '', false]
  let cells: string[] = []
  const endRow = () => {
    rows.push({ line: began, cells: [...cells, cell.trim()] })
    ;[cells, cell] = [[], '']
  }
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!
    if (char === '\n') line++
    if (quoted) {
      if (char !== '"') cell += char
      else if (text[i + 1] === '"') cell += text[++i]!
      else quoted = false
    } else if (char === '"') quoted = true
    else if (char === ',') {
      cells.push(cell.trim())
      cell = ''
    } else if (char === '\n') {
      endRow()
      began = line
    } else if (char !== '\r') cell += char
  }
  if (quoted) throw wrong(began, 'a quotation mark that is not closed')
  if (cell !== '' || cells.length > 0) endRow()
  return rows
}
