'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, useTRPC } from '../../../trpc.tsx'
import { Button } from '../../../ui/button.tsx'
import { Drawer } from '../../../ui/dialog.tsx'
import { FilterSelect } from '../../../ui/filters.tsx'
import { Facts, Panel } from '../../../ui/panel.tsx'
import { Empty } from '../../../ui/states.tsx'
import { StatusBadge } from '../../../ui/status.tsx'
import { Table } from '../../../ui/table.tsx'
import { Time } from '../../../ui/time.tsx'
import { toast } from '../../../ui/toast.tsx'

type Delivery = {
  id: string
  endpointId: string
  url: string
  type: string
  body: string
  state: 'pending' | 'delivered' | 'failed'
  attempts: number
  status: number | null
  lastError: string | null
  createdAt: Date
  nextAt: Date | null
  finishedAt: Date | null
}

const stateOf = (row: Delivery) => {
  if (row.state === 'delivered') return <StatusBadge status="operational">Arrived</StatusBadge>
  if (row.state === 'failed') return <StatusBadge status="major">Failed</StatusBadge>
  return (
    <StatusBadge status={row.attempts > 0 ? 'degraded' : 'maintenance'}>
      {row.attempts > 0 ? 'Tried' : 'Waits'}
    </StatusBadge>
  )
}

const pretty = (body: string): string => {
  try {
    return JSON.stringify(JSON.parse(body), null, 2)
  } catch {
    return body
  }
}

/** What was sent or waits, each with its body; what ended can be sent again. */
export function DeliveriesPanel({
  account,
  deliveries,
  endpoints,
  endpoint,
  mayChange,
  olderHref,
}: {
  account: string
  deliveries: readonly Delivery[]
  endpoints: readonly { id: string; url: string }[]
  endpoint: string | undefined
  mayChange: boolean
  olderHref: string | undefined
}) {
  const router = useRouter()
  const [open, setOpen] = useState<Delivery>()
  const again = useMutation(
    useTRPC().notices.webhooks.sendAgain.mutationOptions({
      onSuccess: () => {
        toast('It is sent again, with the same id.')
        setOpen(undefined)
        router.refresh()
      },
      onError: (error) => toast(messageOf(error), { failed: true }),
    }),
  )
  return (
    <Panel
      title="Deliveries"
      sub="newest first"
      flush
      actions={
        endpoints.length > 1 && (
          <FilterSelect
            name="endpoint"
            label="Endpoint"
            value={endpoint ?? ''}
            options={[
              { value: '', label: 'All endpoints' },
              ...endpoints.map(({ id, url }) => ({ value: id, label: url })),
            ]}
          />
        )
      }
      foot={olderHref ? <a href={olderHref}>Older ones</a> : undefined}
    >
      <Table
        label="Deliveries"
        rows={deliveries}
        rowKey={(row) => row.id}
        columns={[
          {
            head: 'Event',
            phone: 'title',
            cell: (row) => (
              <button type="button" className="mono text-accent-text hover:underline" onClick={() => setOpen(row)}>
                {row.type}
              </button>
            ),
          },
          { head: 'State', phone: 'state', cell: stateOf },
          { head: 'When', cell: (row) => <Time at={row.createdAt} show="relative" /> },
          { head: 'Tries', align: 'right', cell: (row) => row.attempts },
          { head: 'Said', prose: true, cell: (row) => row.lastError ?? (row.status ? `answered ${row.status}` : '–') },
          {
            head: 'Next try',
            phone: 'hide',
            cell: (row) => (row.nextAt ? <Time at={row.nextAt} show="relative" /> : <span className="dim">none</span>),
          },
        ]}
        empty={<Empty title="Nothing was sent yet">Send a test to see whether an endpoint answers.</Empty>}
      />
      {open && (
        <Drawer
          open
          onOpenChange={(isOpen) => !isOpen && setOpen(undefined)}
          title={open.type}
          foot={
            mayChange &&
            open.state !== 'pending' && (
              <Button
                variant="primary"
                busy={again.isPending}
                onClick={() => again.mutate({ account, endpointId: open.endpointId, deliveryId: open.id })}
              >
                Send again
              </Button>
            )
          }
        >
          <div className="stack">
            <Facts
              of={[
                ['State', stateOf(open)],
                ['To', open.url],
                ['Id', `msg_${open.id}`],
                ['Tries', String(open.attempts)],
                ['Said', open.lastError ?? (open.status ? `answered ${open.status}` : 'nothing yet')],
              ]}
            />
            <pre className="mono" style={{ overflow: 'auto', whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
              {pretty(open.body)}
            </pre>
          </div>
        </Drawer>
      )}
    </Panel>
  )
}
