export type Sort = { id: string; desc: boolean }

type Value = string | number | bigint | null

/** Numbers by size, also bigints among them; text by the alphabet with numbers in it by size: c9 before c10. */
function compare(a: Exclude<Value, null>, b: Exclude<Value, null>): number {
  if (typeof a === 'string' && typeof b === 'string') return a.localeCompare(b, 'en', { numeric: true })
  return a < b ? -1 : a > b ? 1 : 0
}

/** The rows in order, ties as they came; rows without a value last, whichever way. */
export function sorted<Row>(
  rows: readonly Row[],
  value: ((row: Row) => Value) | undefined,
  isDesc: boolean,
): readonly Row[] {
  if (!value) return rows
  return rows.toSorted((one, other) => {
    const [a, b] = [value(one), value(other)]
    if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1
    return isDesc ? compare(b, a) : compare(a, b)
  })
}

/** What a press on a heading does: the useful way first (figures from the top), then the other, and so on. */
export const nextSort = (column: { id: string; align?: 'right' | undefined }, now: Sort | undefined): Sort =>
  now?.id === column.id ? { id: column.id, desc: !now.desc } : { id: column.id, desc: column.align === 'right' }
