'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { messageOf, useTRPC } from '../../trpc.tsx'
import { Button } from '../../ui/button.tsx'
import type { Status } from '../../ui/glyph.tsx'
import { Empty } from '../../ui/states.tsx'
import { StatusBadge, Tag } from '../../ui/status.tsx'
import { Table } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'
import { toast } from '../../ui/toast.tsx'
import { counted } from '../incidents/words.ts'

export type Page = {
  id: string
  title: string
  state: 'open' | 'acknowledged' | 'resolved'
  isDrill: boolean
  openedAt: Date
  acknowledgedAt: Date | null
  acknowledgedBy: string | null
  nextAt: Date | null
  incident: string | null
  policy: string | null
  messages: {
    person: string
    kind: string
    address: string
    round: number
    state: string
    detail: string
    at: Date | null
  }[]
}

const STATES: Record<Page['state'], { status: Status; word: string }> = {
  open: { status: 'major', word: 'Waits' },
  acknowledged: { status: 'degraded', word: 'Acknowledged' },
  resolved: { status: 'operational', word: 'Over' },
}
const MESSAGES: Record<string, string> = {
  pending: 'being sent',
  waiting: 'in the mail outbox',
  sent: 'sent',
  failed: 'failed',
  skipped: 'not needed',
}

/** Who was woken for what, by which message, and who said that they are on it. */
export function Pages({ pages }: { pages: readonly Page[] }) {
  return (
    <Table
      label="Pages"
      rows={pages}
      rowKey={({ id }) => id}
      empty={<Empty title="Nobody was paged yet">Critical alerts and missed promises page.</Empty>}
      columns={[
        {
          head: 'Page',
          phone: 'title',
          prose: true,
          cell: ({ title, isDrill }) => (
            <>
              {isDrill && <Tag>Drill</Tag>} {title}
            </>
          ),
        },
        {
          head: 'State',
          phone: 'state',
          cell: ({ state }) => <StatusBadge status={STATES[state].status}>{STATES[state].word}</StatusBadge>,
        },
        { head: 'Since', cell: ({ openedAt }) => <Time at={openedAt} /> },
        {
          head: 'Acknowledged',
          prose: true,
          cell: ({ acknowledgedAt, acknowledgedBy, nextAt }) =>
            acknowledgedAt ? (
              <>
                {acknowledgedBy}, <Time at={acknowledgedAt} />
              </>
            ) : nextAt ? (
              <>
                not yet; next message <Time at={nextAt} show="relative" />
              </>
            ) : (
              'not needed'
            ),
        },
        {
          head: 'Messages',
          prose: true,
          cell: ({ messages }) => (
            <details>
              <summary className="help">{counted(messages.length, 'message')}</summary>
              <ul className="text-2">
                {messages.map(({ person, kind, address, round, state, detail, at }) => (
                  <li key={`${round} ${person} ${kind} ${address}`} className="break-all">
                    {person}, {kind} {address}: {MESSAGES[state] ?? state}
                    {detail && ` (${detail})`} {at && <Time at={at} show="absolute" seconds />}
                  </li>
                ))}
              </ul>
            </details>
          ),
        },
        {
          head: 'Incident',
          cell: ({ incident }) => (incident ? <a href={`/ops/incidents/${incident}`}>{incident}</a> : '–'),
        },
        { head: '', cell: ({ id, state }) => state === 'open' && <Acknowledge id={id} /> },
      ]}
    />
  )
}

function Acknowledge({ id }: { id: string }) {
  const router = useRouter()
  const acknowledge = useMutation(
    useTRPC().incidents.onCall.acknowledge.mutationOptions({
      onSuccess: () => router.refresh(),
      onError: (error) => toast(messageOf(error), { failed: true }),
    }),
  )
  return (
    <Button
      size="sm"
      variant="primary"
      icon="check"
      busy={acknowledge.isPending}
      onClick={() => acknowledge.mutate({ id })}
    >
      Acknowledge
    </Button>
  )
}
