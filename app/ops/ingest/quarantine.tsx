'use client'

import type { Caller } from '#server/router.ts'
import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { messageOf, useTRPC } from '../../trpc.tsx'
import { Button } from '../../ui/button.tsx'
import { DataGrid, type GridColumn } from '../../ui/data-grid.tsx'
import { Empty } from '../../ui/states.tsx'
import { StatusBadge } from '../../ui/status.tsx'
import { Time } from '../../ui/time.tsx'
import { toast } from '../../ui/toast.tsx'

type Entry = Awaited<ReturnType<Caller['hosts']['quarantine']['list']>>['rows'][number]

const columns: GridColumn<Entry>[] = [
  {
    id: 'host',
    head: 'Host',
    phone: 'title',
    value: (entry) => entry.host,
    cell: (entry) => <a href={`/ops/hosts/${entry.hostId}`}>{entry.host}</a>,
  },
  {
    id: 'kind',
    head: 'Kind',
    phone: 'state',
    value: (entry) => entry.kind,
    cell: (entry) =>
      entry.kind === 'conflict' ? (
        <StatusBadge status="major">Conflict</StatusBadge>
      ) : (
        <StatusBadge status="degraded">Row</StatusBadge>
      ),
  },
  { id: 'report', head: 'Report', align: 'right', value: (entry) => entry.seq, cell: (entry) => entry.seq },
  { id: 'reason', head: 'Why', prose: true, cell: (entry) => entry.reason },
  { id: 'path', head: 'Where', phone: 'hide', cell: (entry) => <span className="mono break-all">{entry.path}</span> },
  {
    id: 'received',
    head: 'Received',
    align: 'right',
    value: (entry) => new Date(entry.receivedAt).getTime(),
    cell: (entry) => <Time at={entry.receivedAt} show="relative" />,
  },
  {
    id: 'reviewed',
    head: 'Reviewed',
    cell: (entry) =>
      entry.reviewedBy ? <span className="text-2 break-all">{entry.reviewedBy}</span> : <span className="dim">no</span>,
  },
]

/** What was left out, and a way to say that somebody has looked. */
export function Quarantine({ rows, filtered }: { rows: readonly Entry[]; filtered: boolean }) {
  const router = useRouter()
  const review = useMutation(useTRPC().hosts.quarantine.review.mutationOptions())
  const mark = (chosen: readonly Entry[], clear: () => void) =>
    review.mutate(
      { ids: chosen.map(({ id }) => id) },
      {
        onSuccess: () => {
          clear()
          toast(`${chosen.length} marked as reviewed`)
          router.refresh()
        },
        onError: (error) => toast(messageOf(error), { failed: true }),
      },
    )
  return (
    <DataGrid
      label="Quarantine"
      columns={columns}
      rows={rows}
      rowKey={(entry) => entry.id}
      bulk={(chosen, clear) => (
        <Button size="sm" busy={review.isPending} onClick={() => mark(chosen, clear)}>
          Mark {chosen.length} as reviewed
        </Button>
      )}
      empty={
        filtered ? (
          <Empty title="No entry matches." action={<a href="/ops/ingest">Clear filters</a>} />
        ) : (
          <Empty title="Nothing is in quarantine.">Every row of every report was taken into account.</Empty>
        )
      }
    />
  )
}
