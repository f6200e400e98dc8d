'use client'

import type { GridColumn } from './data-grid.tsx'
import { nextSort, type Sort } from './grid-sort.ts'

/** The headings: those that sort are buttons and say how they sort now. */
export function GridHead<Row>({
  columns,
  sort,
  onSort,
  pick,
}: {
  columns: readonly GridColumn<Row>[]
  sort: Sort | undefined
  onSort: (sort: Sort) => void
  pick: { state: 'none' | 'some' | 'all'; onChange: (all: boolean) => void } | undefined
}) {
  return (
    <thead>
      <tr>
        {pick && (
          <th scope="col" className="pick">
            <label className="check">
              <input
                type="checkbox"
                aria-label="Select all rows"
                checked={pick.state === 'all'}
                ref={(box) => {
                  if (box) box.indeterminate = pick.state === 'some'
                }}
                onChange={(event) => pick.onChange(event.target.checked)}
              />
            </label>
          </th>
        )}
        {columns.map((column) => {
          const order = sort?.id === column.id ? (sort.desc ? 'descending' : 'ascending') : 'none'
          return (
            <th
              key={column.id}
              scope="col"
              className={column.align === 'right' ? 'r' : undefined}
              aria-sort={column.value ? order : undefined}
            >
              {column.value ? (
                <button type="button" onClick={() => onSort(nextSort(column, sort))}>
                  {column.head}
                  {order !== 'none' && <span aria-hidden="true">{order === 'ascending' ? ' ↑' : ' ↓'}</span>}
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
