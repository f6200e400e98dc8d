export type Column<Row> = {
  /** Heading. Put the unit here if every cell has the same: "Memory, GiB-h". */
  head: string
  cell: (row: Row) => React.ReactNode
  /** Figures are right-aligned. */
  align?: 'right' | undefined
  /** Under 640 px: the title, the state at top right, a labelled part of the second line (default), or nothing. */
  phone?: 'title' | 'state' | 'hide' | undefined
  /** How the rows are sorted by this column now. */
  sort?: 'ascending' | 'descending' | undefined
  /** A link that sorts by this column. */
  sortHref?: string | undefined
  foot?: React.ReactNode
  /** Sentences: may wrap. Everything else stays on its line. */
  prose?: boolean | undefined
}

const ARROW = { ascending: '↑', descending: '↓' } as const

/**
 * A table rendered on the server: most tables. State the scope in the panel's `sub` ("6 of 14, worst first").
 * For selection, keys or more than 200 rows use `DataGrid`.
 */
export function Table<Row>({
  label,
  columns,
  rows,
  rowKey,
  roomy = false,
  empty,
}: {
  label: string
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  rowKey: (row: Row) => string | number | bigint
  roomy?: boolean
  /** Shown instead of no rows: an `<Empty>`. */
  empty?: React.ReactNode
}) {
  if (rows.length === 0 && empty) return empty
  const hasFoot = columns.some((column) => column.foot !== undefined)
  return (
    // What scrolls must be reachable by keyboard.
    <div className="table-wrap" role="group" aria-label={label} tabIndex={0}>
      <table className={`tbl cards ${roomy ? 'roomy' : ''}`}>
        <thead>
          <tr>
            {columns.map((column) => (
              <HeadCell key={column.head} column={column} />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={String(rowKey(row))}>
              {columns.map((column) => (
                <td key={column.head} className={cellClass(column)} data-label={column.head || undefined}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
        {hasFoot && (
          <tfoot>
            <tr>
              {columns.map((column) => (
                <td key={column.head} className={cellClass(column)} data-label={column.head || undefined}>
                  {column.foot}
                </td>
              ))}
            </tr>
          </tfoot>
        )}
      </table>
    </div>
  )
}

function HeadCell<Row>({ column }: { column: Column<Row> }) {
  const words = (
    <>
      {column.head || <span className="vh">Actions</span>}
      {column.sort && <span aria-hidden="true"> {ARROW[column.sort]}</span>}
    </>
  )
  return (
    <th scope="col" className={column.align === 'right' ? 'r' : undefined} aria-sort={column.sort}>
      {column.sortHref ? <a href={column.sortHref}>{words}</a> : words}
    </th>
  )
}

/** Alignment and place on a phone, shared with `DataGrid`. */
export function cellClass(column: Pick<Column<never>, 'align' | 'phone' | 'prose'>): string {
  const classes = [column.align === 'right' && 'r', column.phone && `phone-${column.phone}`, column.prose && 'prose']
  return classes.filter(Boolean).join(' ')
}
