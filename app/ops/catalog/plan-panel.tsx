'use client'

import { useState } from 'react'
import { headline, priceText } from '../../billing-parts/price-words.ts'
import { Button } from '../../ui/button.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Empty } from '../../ui/states.tsx'
import { StatusBadge, Tag } from '../../ui/status.tsx'
import { Table } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'
import { MoveDialog } from './move-dialog.tsx'
import type { PlanRow, VersionRow } from './page.tsx'
import { PlanDialog } from './plan-dialog.tsx'

const sameSale = (a: VersionRow, b: VersionRow) => a.currency === b.currency && a.interval === b.interval

/** A plan's versions, and the ways to the next one. */
export function PlanPanel({ plan, versions }: { plan: PlanRow; versions: readonly VersionRow[] }) {
  const [isEditing, setEditing] = useState(false)
  const [moving, setMoving] = useState<VersionRow>()
  const newest = (row: VersionRow) =>
    versions.find((one) => sameSale(one, row) && one.publishedAt !== null)?.version === row.version
  const behind = (row: VersionRow) =>
    versions
      .filter((one) => sameSale(one, row) && one.version < row.version)
      .reduce((sum, one) => sum + one.customers, 0)
  return (
    <>
      <Panel
        title={plan.name}
        badge={
          <>
            {plan.archivedAt && <Tag>Archived</Tag>}
            {!plan.isPublic && !plan.archivedAt && <Tag>Hidden</Tag>}
          </>
        }
        sub={plan.description || plan.key}
        actions={
          <>
            <Button size="sm" onClick={() => setEditing(true)} aria-label={`Edit ${plan.name}`}>
              Edit
            </Button>
            <Button size="sm" icon="plus" href={`/ops/catalog/${plan.key}`} aria-label={`Next version of ${plan.name}`}>
              Next version
            </Button>
          </>
        }
        flush
      >
        <Table
          label={`Versions of ${plan.name}`}
          columns={[
            {
              head: 'Sold',
              phone: 'title',
              cell: (row) => (
                <a href={`/ops/catalog/${plan.key}?currency=${row.currency}&interval=${row.interval}`}>
                  {row.currency}, by the {row.interval}
                </a>
              ),
            },
            { head: 'Version', align: 'right', cell: (row) => row.version },
            {
              head: 'State',
              phone: 'state',
              cell: (row) => <State row={row} isNewest={newest(row)} />,
            },
            { head: 'Prices', prose: true, phone: 'hide', cell: (row) => prices(row) },
            { head: 'Trial, d', align: 'right', phone: 'hide', cell: (row) => row.trialDays || '' },
            { head: 'Customers', align: 'right', cell: (row) => row.customers },
            {
              head: 'Published',
              align: 'right',
              phone: 'hide',
              cell: (row) => (row.publishedAt ? <Time at={row.publishedAt} show="absolute" /> : ''),
            },
            {
              head: '',
              align: 'right',
              cell: (row) =>
                newest(row) && behind(row) > 0 ? (
                  <Button size="sm" onClick={() => setMoving(row)}>
                    Move {behind(row)} here
                  </Button>
                ) : null,
            },
          ]}
          rows={versions}
          rowKey={(row) => row.id}
          empty={<Empty title="Nothing is sold under this plan yet.">Draft its first version, then publish it.</Empty>}
        />
      </Panel>
      <PlanDialog open={isEditing} onOpenChange={setEditing} of={plan} />
      {moving && (
        <MoveDialog
          open
          onOpenChange={() => setMoving(undefined)}
          plan={plan.name}
          version={moving}
          customers={behind(moving)}
        />
      )}
    </>
  )
}

function State({ row, isNewest }: { row: VersionRow; isNewest: boolean }) {
  if (!row.publishedAt)
    return (
      <StatusBadge status="degraded" as="small">
        Draft
      </StatusBadge>
    )
  return isNewest ? (
    <StatusBadge status="operational" as="small">
      On sale
    </StatusBadge>
  ) : (
    <StatusBadge status="unknown" as="small">
      Earlier
    </StatusBadge>
  )
}

const prices = (row: VersionRow): string => {
  if (row.terms.prices.length === 0) return headline(row).figure
  return row.terms.prices.map((price) => `${price.name} ${priceText(price, row)}`).join('; ')
}
