'use client'

import { useMemo, useRef, useState } from 'react'
import { Button } from './button.tsx'
import { GridBody } from './grid-body.tsx'
import { GridHead } from './grid-head.tsx'
import { type Sort, sorted } from './grid-sort.ts'
import { useGridKeys } from './use-grid-keys.ts'

export type GridColumn<Row> = {
  id: string
  head: string
  cell: (row: Row) => React.ReactNode
  /** What it is sorted by. Without it the column does not sort. */
  value?: ((row: Row) => string | number | bigint | null) | undefined
  align?: 'right' | undefined
  phone?: 'title' | 'state' | 'hide' | undefined
  /** Sentences: may wrap. */
  prose?: boolean | undefined
}

export type DataGridProps<Row> = {
  label: string
  columns: readonly GridColumn<Row>[]
  rows: readonly Row[]
  rowKey: (row: Row) => string
  /** Enter opens it. The first column should hold the same link. */
  rowHref?: (row: Row) => string
  /** Actions over the selected rows; their presence adds the boxes and the key X. */
  bulk?: (rows: readonly Row[], clear: () => void) => React.ReactNode
  initialSort?: Sort
  roomy?: boolean
  empty?: React.ReactNode
}

const TALL_OVER = 200

/**
 * A table with sorting, selection, keys (J K Enter X) and, over 200 rows, only the rows in sight. For most use `Table`.
 * Sorting and selecting are thirty lines here; TanStack Table would cost each page 15 KB for them.
 */
export function DataGrid<Row>(props: DataGridProps<Row>) {
  const { label, columns, rows, rowKey, rowHref, bulk, initialSort, roomy = false, empty } = props
  const [sort, setSort] = useState(initialSort)
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set())
  const [scroller, setScroller] = useState<HTMLDivElement | null>(null)
  const wrap = useRef<HTMLDivElement>(null)
  const shown = useMemo(
    () => sorted(rows, sort && columns.find((column) => column.id === sort.id)?.value, sort?.desc ?? false),
    [rows, columns, sort],
  )
  // A row that left the list is no longer selected, or an action would reach what nobody sees.
  const selected = shown.filter((row) => picked.has(rowKey(row)))
  const clear = () => setPicked(new Set())
  const toggle = (key: string) =>
    setPicked((before) => {
      const next = new Set(before)
      if (!next.delete(key)) next.add(key)
      return next
    })
  const current = useGridKeys({
    wrap,
    count: shown.length,
    href: (index) => (shown[index] && rowHref ? rowHref(shown[index]) : undefined),
    select: bulk ? (index) => shown[index] && toggle(rowKey(shown[index])) : undefined,
  })
  if (rows.length === 0 && empty) return empty
  return (
    <>
      {bulk && selected.length > 0 && (
        <div className="bulk" role="region" aria-label="Selected rows">
          <b role="status">{selected.length} selected</b>
          {bulk(selected, clear)}
          <Button size="sm" variant="ghost" onClick={clear}>
            Clear
          </Button>
        </div>
      )}
      <div
        className={`table-wrap ${shown.length > TALL_OVER ? 'tall' : ''}`}
        ref={(element) => {
          wrap.current = element
          setScroller(element)
        }}
        role="group"
        aria-label={label}
        tabIndex={0}
      >
        <table className={`tbl cards ${roomy ? 'roomy' : ''}`} aria-rowcount={shown.length + 1}>
          <GridHead
            columns={columns}
            sort={sort}
            onSort={setSort}
            pick={
              bulk && {
                state: selected.length === 0 ? 'none' : selected.length === shown.length ? 'all' : 'some',
                onChange: (all) => setPicked(new Set(all ? shown.map(rowKey) : [])),
              }
            }
          />
          <GridBody
            rows={shown}
            rowKey={rowKey}
            columns={columns}
            picked={bulk && picked}
            onPick={toggle}
            current={current}
            scroller={scroller}
          />
        </table>
      </div>
    </>
  )
}
