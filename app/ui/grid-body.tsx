'use client'

import type { Row as TableRow } from '@tanstack/react-table'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect } from 'react'
import type { GridColumn } from './data-grid.tsx'
import { cellClass } from './table.tsx'

const VIRTUAL_OVER = 200
const ROW_PX = 33

type Props<Row> = {
  rows: readonly TableRow<Row>[]
  columns: readonly GridColumn<Row>[]
  hasPick: boolean
  /** The row that the keys are on. */
  current: number | undefined
  wrap: React.RefObject<HTMLDivElement | null>
}

/** All rows, or over 200 of them those in sight between two spacers. */
export function GridBody<Row>(props: Props<Row>) {
  return props.rows.length > VIRTUAL_OVER ? <InSight {...props} /> : <All {...props} />
}

function All<Row>({ rows, current, wrap, ...rest }: Props<Row>) {
  useEffect(() => {
    if (current === undefined) return
    wrap.current?.querySelector('tr.current')?.scrollIntoView({ block: 'nearest' })
  }, [current, wrap])
  return (
    <tbody>
      {rows.map((row, index) => (
        <Line
          key={row.id}
          row={row}
          index={index}
          isCurrent={index === current}
          isSelected={row.getIsSelected()}
          {...rest}
        />
      ))}
    </tbody>
  )
}

function InSight<Row>({ rows, current, wrap, ...rest }: Props<Row>) {
  'use no memo'
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => wrap.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
    getItemKey: (index) => rows[index]?.id ?? index,
  })
  useEffect(() => {
    if (current !== undefined) virtual.scrollToIndex(current, { align: 'auto' })
  }, [current, virtual])
  const items = virtual.getVirtualItems()
  const before = items[0]?.start ?? 0
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0)
  return (
    <tbody>
      <Spacer height={before} />
      {items.map((item) => {
        const row = rows[item.index]
        if (!row) return null
        return (
          <Line
            key={item.key}
            row={row}
            index={item.index}
            isCurrent={item.index === current}
            isSelected={row.getIsSelected()}
            measure={virtual.measureElement}
            {...rest}
          />
        )
      })}
      <Spacer height={after} />
    </tbody>
  )
}

function Spacer({ height }: { height: number }) {
  if (height <= 0) return null
  return <tr aria-hidden="true" style={{ height, display: 'block' }} />
}

function Line<Row>({
  row,
  index,
  columns,
  hasPick,
  isCurrent,
  isSelected,
  measure,
}: {
  row: TableRow<Row>
  index: number
  columns: readonly GridColumn<Row>[]
  hasPick: boolean
  isCurrent: boolean
  isSelected: boolean
  measure?: (element: HTMLTableRowElement | null) => void
}) {
  return (
    <tr
      ref={measure}
      data-index={index}
      aria-rowindex={index + 2}
      aria-selected={hasPick ? isSelected : undefined}
      className={isCurrent ? 'current' : undefined}
    >
      {hasPick && (
        <td className="pick">
          <label className="check">
            <input
              type="checkbox"
              aria-label={`Select row ${index + 1}`}
              checked={isSelected}
              onChange={row.getToggleSelectedHandler()}
            />
          </label>
        </td>
      )}
      {columns.map((column) => (
        <td key={column.id} className={cellClass(column)} data-label={column.head || undefined}>
          {column.cell(row.original)}
        </td>
      ))}
    </tr>
  )
}
