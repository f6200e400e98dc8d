'use client'

import {
  type ColumnDef,
  getCoreRowModel,
  getSortedRowModel,
  type RowSelectionState,
  type SortingState,
  useReactTable,
} from '@tanstack/react-table'
import { useMemo, useRef, useState } from 'react'
import { Button } from './button.tsx'
import { GridBody } from './grid-body.tsx'
import { GridHead } from './grid-head.tsx'
import { useGridKeys } from './use-grid-keys.ts'

export type GridColumn<Row> = {
  id: string
  head: string
  cell: (row: Row) => React.ReactNode
  /** What it is sorted by. Without it the column does not sort. */
  value?: ((row: Row) => string | number | bigint | null) | undefined
  align?: 'right' | undefined
  phone?: 'title' | 'state' | 'hide' | undefined
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
  initialSort?: { id: string; desc: boolean }
  roomy?: boolean
  empty?: React.ReactNode
}

/** Null last whichever way; numbers by size, text by the reader's alphabet. */
function compare(a: unknown, b: unknown): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1
  if (typeof a === 'string' && typeof b === 'string') return a.localeCompare(b, 'en', { numeric: true })
  return Number(a) < Number(b) ? -1 : Number(a) > Number(b) ? 1 : 0
}

/** A table with sorting, selection, keys (J K Enter X) and, over 200 rows, only the rows in sight. For most use `Table`. */
export function DataGrid<Row>(props: DataGridProps<Row>) {
  // TanStack Table 8 changes its state in place; the compiler must leave this function as it is.
  'use no memo'
  const { label, columns, rows, rowKey, rowHref, bulk, initialSort, roomy = false, empty } = props
  const [sorting, setSorting] = useState<SortingState>(initialSort ? [initialSort] : [])
  const [rowSelection, setRowSelection] = useState<RowSelectionState>({})
  const wrap = useRef<HTMLDivElement>(null)
  const data = useMemo(() => [...rows], [rows])
  const defs = useMemo<ColumnDef<Row>[]>(
    () =>
      columns.map((column) => ({
        id: column.id,
        accessorFn: (row) => column.value?.(row) ?? null,
        enableSorting: column.value !== undefined,
        sortingFn: (a, b, id) => compare(a.getValue(id), b.getValue(id)),
        sortDescFirst: column.align === 'right',
      })),
    [columns],
  )
  const table = useReactTable({
    data,
    columns: defs,
    state: { sorting, rowSelection },
    onSortingChange: setSorting,
    onRowSelectionChange: setRowSelection,
    getRowId: rowKey,
    enableRowSelection: bulk !== undefined,
    getCoreRowModel: getCoreRowModel(),
    getSortedRowModel: getSortedRowModel(),
  })
  const shown = table.getRowModel().rows
  const current = useGridKeys({
    wrap,
    count: shown.length,
    href: (index) => (shown[index] && rowHref ? rowHref(shown[index].original) : undefined),
    select: bulk ? (index) => shown[index]?.toggleSelected() : undefined,
  })
  if (rows.length === 0 && empty) return empty
  const selected = table.getSelectedRowModel().rows.map((row) => row.original)
  const clear = () => setRowSelection({})
  return (
    <>
      {bulk && selected.length > 0 && (
        <div className="bulk" role="region" aria-label="Selected rows">
          <b>{selected.length} selected</b>
          {bulk(selected, clear)}
          <Button size="sm" variant="ghost" onClick={clear}>
            Clear
          </Button>
        </div>
      )}
      <div
        className={`table-wrap ${shown.length > 200 ? 'tall' : ''}`}
        ref={wrap}
        role="region"
        aria-label={label}
        tabIndex={0}
      >
        <table className={`tbl cards ${roomy ? 'roomy' : ''}`} aria-rowcount={shown.length + 1}>
          <GridHead table={table} columns={columns} hasPick={bulk !== undefined} />
          <GridBody rows={shown} columns={columns} hasPick={bulk !== undefined} current={current} wrap={wrap} />
        </table>
      </div>
    </>
  )
}
