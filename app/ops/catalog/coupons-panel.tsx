'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { useTRPC } from '../../trpc.tsx'
import { Button } from '../../ui/button.tsx'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { moneyText } from '../../ui/format.ts'
import { Panel } from '../../ui/panel.tsx'
import { Empty } from '../../ui/states.tsx'
import { StatusBadge } from '../../ui/status.tsx'
import { Table } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'
import { toast } from '../../ui/toast.tsx'
import { CouponDialog } from './coupon-dialog.tsx'
import type { Catalog } from './page.tsx'

type Coupon = Catalog['coupons'][number]

const worth = (row: Coupon) =>
  row.percent === null ? moneyText(BigInt(row.amountMinor ?? 0), row.currency ?? 'EUR') : `${row.percent} %`
const LENGTH = { once: () => 'one invoice', forever: () => 'for ever', months: (row: Coupon) => `${row.months} months` }

/** Money off, by code. */
export function CouponsPanel({ coupons }: { coupons: readonly Coupon[] }) {
  const [isOpen, setOpen] = useState(false)
  const [ending, setEnding] = useState<Coupon>()
  const router = useRouter()
  const archive = useMutation(useTRPC().billing.catalog.archiveCoupon.mutationOptions())
  return (
    <>
      <Panel
        title="Coupons"
        sub={coupons.length > 0 ? `${coupons.length}, those that hold first` : undefined}
        actions={
          <Button size="sm" icon="plus" onClick={() => setOpen(true)}>
            New coupon
          </Button>
        }
        flush
      >
        <Table
          label="Coupons"
          columns={[
            { head: 'Code', phone: 'title', cell: (row) => <span className="mono">{row.code}</span> },
            { head: 'Name', phone: 'hide', cell: (row) => row.name },
            { head: 'Takes off', align: 'right', cell: worth },
            { head: 'For', cell: (row) => LENGTH[row.duration](row) },
            {
              head: 'Used',
              align: 'right',
              cell: (row) =>
                row.mostRedemptions === null ? row.redeemed : `${row.redeemed} of ${row.mostRedemptions}`,
            },
            {
              head: 'Until',
              align: 'right',
              phone: 'hide',
              cell: (row) => (row.expiresAt ? <Time at={row.expiresAt} show="absolute" /> : 'no end'),
            },
            {
              head: 'State',
              phone: 'state',
              cell: (row) =>
                row.archivedAt ? (
                  <StatusBadge status="unknown" as="small">
                    Ended
                  </StatusBadge>
                ) : (
                  <Button
                    size="sm"
                    variant="ghost"
                    onClick={() => setEnding(row)}
                    aria-label={`End the coupon ${row.code}`}
                  >
                    End
                  </Button>
                ),
            },
          ]}
          rows={coupons}
          rowKey={(row) => row.id}
          empty={<Empty title="There is no coupon.">A coupon takes a percentage or an amount off invoices.</Empty>}
        />
      </Panel>
      <CouponDialog open={isOpen} onOpenChange={setOpen} />
      <ConfirmDialog
        open={ending !== undefined}
        onOpenChange={(open) => !open && setEnding(undefined)}
        title={`End the coupon ${ending?.code}?`}
        confirm="End the coupon"
        cancel="Keep it"
        onConfirm={async () => {
          if (!ending) return
          await archive.mutateAsync({ code: ending.code })
          toast('The coupon has ended.')
          router.refresh()
        }}
      >
        <p>Nobody can use it any more. The {ending?.redeemed ?? 0} who did keep what it gives.</p>
      </ConfirmDialog>
    </>
  )
}
