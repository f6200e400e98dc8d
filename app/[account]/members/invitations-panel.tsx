'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { messageOf, useTRPC } from '../../trpc.tsx'
import { Button } from '../../ui/button.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Table } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'
import { toast } from '../../ui/toast.tsx'
import type { Role } from './role.ts'

export type Invitation = { id: string; email: string; role: Role; invitedBy: string; expiresAt: Date }

/** Who was invited and has not answered. */
export function InvitationsPanel({
  account,
  invitations,
  mayManage,
}: {
  account: string
  invitations: readonly Invitation[]
  mayManage: boolean
}) {
  const router = useRouter()
  const trpc = useTRPC()
  const told = (text: string) => ({
    onSuccess: () => {
      toast(text)
      router.refresh()
    },
    onError: (error: unknown) => toast(messageOf(error), { failed: true }),
  })
  const revoke = useMutation(trpc.accounts.invitations.revoke.mutationOptions(told('Invitation taken back.')))
  const again = useMutation(trpc.accounts.invitations.create.mutationOptions(told('A new link is on its way.')))
  return (
    <Panel title="Invitations" sub={`${invitations.length} not answered`} flush>
      <Table
        label="Invitations"
        roomy
        rows={invitations}
        rowKey={(invitation) => invitation.id}
        columns={[
          { head: 'E-mail', phone: 'title', cell: (one) => one.email },
          { head: 'Role', phone: 'state', cell: (one) => one.role },
          { head: 'Invited by', cell: (one) => one.invitedBy },
          { head: 'Expires', cell: (one) => <Time at={one.expiresAt} show="relative" /> },
          {
            head: '',
            align: 'right',
            cell: (one) =>
              mayManage && (
                <span className="row justify-end">
                  <Button
                    size="sm"
                    aria-label={`Send again to ${one.email}`}
                    onClick={() => again.mutate({ account, email: one.email, role: one.role })}
                  >
                    Send again
                  </Button>
                  <Button
                    size="sm"
                    aria-label={`Take back the invitation of ${one.email}`}
                    onClick={() => revoke.mutate({ account, id: one.id })}
                  >
                    Take back
                  </Button>
                </span>
              ),
          },
        ]}
      />
    </Panel>
  )
}
