'use client'

import { meterWords, quotaAmount, ViolationBadge, whatFollows } from '../../[account]/violations.tsx'
import { DataGrid, type GridColumn } from '../../ui/data-grid.tsx'
import { Meter } from '../../ui/sparkline.tsx'
import { Time } from '../../ui/time.tsx'
import { ActOn } from './act-on.tsx'
import type { Violation } from './violation-parts.tsx'

const part = (v: Violation): number | null =>
  v.limit === null || v.limit === 0n ? null : (Number(v.used) / Number(v.limit)) * 100

const columns: GridColumn<Violation>[] = [
  {
    id: 'what',
    head: 'What',
    phone: 'title',
    value: (v) => `${v.account ?? ''}/${v.app ?? ''}/${v.container ?? ''}`,
    cell: (v) => (
      <a href={`/ops/quotas/${v.id}`}>
        {`${meterWords(v)} of ${[v.account ?? 'nobody', v.app, v.scope === 'container' ? v.container : null].filter(Boolean).join(' / ')}`}
      </a>
    ),
  },
  {
    id: 'used',
    head: 'Used of limit',
    align: 'right',
    value: (v) => part(v) ?? 0,
    cell: (v) => (
      <>
        {quotaAmount(v.meter, v.used)}
        {v.limit !== null && ` of ${quotaAmount(v.meter, v.limit)}`}
      </>
    ),
  },
  {
    id: 'part',
    head: 'Use',
    phone: 'hide',
    cell: (v) => {
      const percent = part(v)
      return percent === null ? null : (
        <Meter percent={percent} label="Used of the limit" tone={v.level === 'hard' ? 'partial' : 'degraded'} />
      )
    },
  },
  {
    id: 'since',
    head: 'Since',
    align: 'right',
    value: (v) => v.openedAt.getTime(),
    cell: (v) => (
      <>
        <Time at={v.openedAt} show="relative" />
        {v.occurrences > 1 && `, ${v.occurrences} times`}
      </>
    ),
  },
  {
    id: 'follows',
    head: 'What follows',
    phone: 'hide',
    prose: true,
    cell: (v) => {
      const { words, at } = whatFollows(v)
      return (
        <>
          {words}
          {at && (
            <>
              {' '}
              <Time at={at} show="relative" />
            </>
          )}
        </>
      )
    },
  },
  {
    id: 'state',
    head: 'State',
    phone: 'state',
    value: (v) => (v.state === 'resolved' ? 0 : v.level === 'hard' ? 2 : 1) * 2 + (v.state === 'open' ? 1 : 0),
    cell: (v) => <ViolationBadge of={v} />,
  },
  {
    id: 'act',
    head: '',
    align: 'right',
    cell: (v) =>
      v.state === 'resolved' ? null : (
        <span className="row flex-nowrap justify-end">
          <ActOn of={[v]} row />
        </span>
      ),
  },
]

/** Violations, to look through and act on in bulk. */
export function ViolationsGrid({ rows, empty }: { rows: readonly Violation[]; empty: React.ReactNode }) {
  return (
    <DataGrid
      label="Violations"
      columns={columns}
      rows={rows}
      rowKey={(v) => String(v.id)}
      rowHref={(v) => `/ops/quotas/${v.id}`}
      initialSort={{ id: 'state', desc: true }}
      bulk={(selected, clear) => <ActOn of={selected} done={clear} />}
      empty={empty}
    />
  )
}
