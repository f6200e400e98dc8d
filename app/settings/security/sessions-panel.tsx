'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { messageOf, useTRPC } from '../../trpc.tsx'
import { Button } from '../../ui/button.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Tag } from '../../ui/status.tsx'
import { Table } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'
import { toast } from '../../ui/toast.tsx'
import { browserOf } from './browser.ts'

type Session = { id: string; createdAt: Date; lastSeenAt: Date; ip: string | null; userAgent: string | null }

/** Where this person is signed in. */
export function SessionsPanel({ sessions, currentId }: { sessions: readonly Session[]; currentId: string }) {
  const router = useRouter()
  const trpc = useTRPC()
  const after = {
    onSuccess: () => router.refresh(),
    onError: (error: unknown) => toast(messageOf(error), { failed: true }),
  }
  const end = useMutation(trpc.accounts.users.endSession.mutationOptions(after))
  const endOthers = useMutation(trpc.accounts.users.endOtherSessions.mutationOptions(after))
  return (
    <Panel
      title="Sessions"
      sub={`${sessions.length} open, last used first`}
      flush
      actions={
        sessions.length > 1 && (
          <Button size="sm" busy={endOthers.isPending} onClick={() => endOthers.mutate()}>
            End the others
          </Button>
        )
      }
    >
      <Table
        label="Sessions"
        roomy
        rows={sessions}
        rowKey={(session) => session.id}
        columns={[
          {
            head: 'Browser',
            phone: 'title',
            cell: (session) => <span title={session.userAgent ?? undefined}>{browserOf(session.userAgent)}</span>,
          },
          { head: 'From', cell: (session) => <span className="mono">{session.ip || 'unknown'}</span> },
          { head: 'Signed in', cell: (session) => <Time at={session.createdAt} show="relative" /> },
          {
            head: '',
            align: 'right',
            phone: 'state',
            cell: (session) =>
              session.id === currentId ? (
                <Tag>this one</Tag>
              ) : (
                <Button
                  size="sm"
                  aria-label={`End the session of ${browserOf(session.userAgent)} from ${session.ip ?? 'unknown'}`}
                  onClick={() => end.mutate({ id: session.id })}
                >
                  End
                </Button>
              ),
          },
        ]}
      />
    </Panel>
  )
}
