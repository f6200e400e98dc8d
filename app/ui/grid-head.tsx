'use client'

import type { Table } from '@tanstack/react-table'
import type { GridColumn } from './data-grid.tsx'

const ORDERS = { asc: 'ascending', desc: 'descending' } as const

/** The headings: those that sort are buttons and say how they sort now. */
export function GridHead<Row>({
  table,
  columns,
  hasPick,
}: {
  table: Table<Row>
  columns: readonly GridColumn<Row>[]
  hasPick: boolean
}) {
  'use no memo'
  return (
    <thead>
      <tr>
        {hasPick && (
          <th scope="col" className="pick">
            <label className="check">
              <input
                type="checkbox"
                aria-label="Select all rows"
                checked={table.getIsAllRowsSelected()}
                ref={(box) => {
                  if (box) box.indeterminate = table.getIsSomeRowsSelected() && !table.getIsAllRowsSelected()
                }}
                onChange={table.getToggleAllRowsSelectedHandler()}
              />
            </label>
          </th>
        )}
        {columns.map((column) => {
          const state = table.getColumn(column.id)
          const order = state?.getIsSorted() || undefined
          return (
            <th
              key={column.id}
              scope="col"
              className={column.align === 'right' ? 'r' : undefined}
              aria-sort={column.value ? (order ? ORDERS[order] : 'none') : undefined}
            >
              {column.value ? (
                <button type="button" onClick={state?.getToggleSortingHandler()}>
                  {column.head}
                  {order && <span aria-hidden="true">{order === 'asc' ? ' ↑' : ' ↓'}</span>}
                </button>
              ) : (
                column.head || <span className="vh">Actions</span>
              )}
            </th>
          )
        })}
      </tr>
    </thead>
  )
}
