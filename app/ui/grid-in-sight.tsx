'use client'

import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect } from 'react'
import { GridRow, type GridBodyProps } from './grid-body.tsx'

const ROW_PX = 33

/** The rows in sight and a few around them, between two spacers. Loaded where a list is long. */
export default function InSight({ rows, rowKey, current, scroller, ...rest }: GridBodyProps<unknown>) {
  // TanStack Virtual changes its state in place; the compiler must leave this function as it is.
  'use no memo'
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller,
    estimateSize: () => ROW_PX,
    overscan: 12,
  })
  useEffect(() => {
    if (current !== undefined) virtual.scrollToIndex(current, { align: 'auto' })
  }, [current, virtual])
  const items = virtual.getVirtualItems()
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0)
  return (
    <tbody>
      <Spacer height={items[0]?.start ?? 0} />
      {items.map((item) => {
        const row = rows[item.index]
        if (row === undefined) return null
        return (
          <GridRow
            key={rowKey(row)}
            row={row}
            id={rowKey(row)}
            index={item.index}
            isCurrent={item.index === current}
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
  return (
    <tr aria-hidden="true" className="spacer">
      <td colSpan={99} style={{ height, padding: 0, border: 0 }} />
    </tr>
  )
}
