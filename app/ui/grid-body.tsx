'use client'

import { lazy, Suspense, useEffect } from 'react'
import type { GridColumn } from './data-grid.tsx'
import { cellClass } from './table.tsx'

const InSight = lazy(() => import('./grid-in-sight.tsx'))
const VIRTUAL_OVER = 200
const AT_FIRST = 40

export type GridBodyProps<Row> = {
  rows: readonly Row[]
  rowKey: (row: Row) => string
  columns: readonly GridColumn<Row>[]
  /** The selected rows' keys; nothing where rows cannot be selected. */
  picked: ReadonlySet<string> | undefined
  onPick: (key: string) => void
  /** The row that the keys are on. */
  current: number | undefined
  scroller: HTMLDivElement | null
}

/** All rows, or over 200 of them those in sight; until that code is there, the first forty. */
export function GridBody<Row>(props: GridBodyProps<Row>) {
  if (props.rows.length <= VIRTUAL_OVER) return <All {...props} />
  const first = <All {...props} rows={props.rows.slice(0, AT_FIRST)} />
  if (!props.scroller) return first
  return (
    <Suspense fallback={first}>
      <InSight {...(props as GridBodyProps<unknown>)} />
    </Suspense>
  )
}

function All<Row>({ rows, rowKey, current, scroller, ...rest }: GridBodyProps<Row>) {
  useEffect(() => {
    if (current !== undefined) scroller?.querySelector('tr.current')?.scrollIntoView({ block: 'nearest' })
  }, [current, scroller])
  return (
    <tbody>
      {rows.map((row, index) => (
        <GridRow key={rowKey(row)} row={row} id={rowKey(row)} index={index} isCurrent={index === current} {...rest} />
      ))}
    </tbody>
  )
}

/** One row: its box, its cells. */
export function GridRow<Row>({
  row,
  id,
  index,
  columns,
  picked,
  onPick,
  isCurrent,
  measure,
}: Pick<GridBodyProps<Row>, 'columns' | 'picked' | 'onPick'> & {
  row: Row
  id: string
  index: number
  isCurrent: boolean
  measure?: (element: HTMLTableRowElement | null) => void
}) {
  return (
    <tr
      ref={measure}
      data-index={index}
      aria-rowindex={index + 2}
      aria-selected={picked?.has(id)}
      className={isCurrent ? 'current' : undefined}
    >
      {picked && (
        <td className="pick">
          <label className="check">
            <input
              type="checkbox"
              aria-label={`Select row ${index + 1}`}
              checked={picked.has(id)}
              onChange={() => onPick(id)}
            />
          </label>
        </td>
      )}
      {columns.map((column) => (
        <td key={column.id} className={cellClass(column)} data-label={column.head || undefined}>
          {column.cell(row)}
        </td>
      ))}
    </tr>
  )
}
