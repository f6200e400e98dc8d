'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, useTRPC } from '../../trpc.tsx'
import { Button } from '../../ui/button.tsx'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { Select } from '../../ui/field.tsx'
import { Panel } from '../../ui/panel.tsx'
import { StatusBadge, Tag } from '../../ui/status.tsx'
import { Table } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'
import { toast } from '../../ui/toast.tsx'
import { type Role, rolesToGive } from './role.ts'

export type Member = {
  userId: string
  name: string
  email: string
  role: Role
  since: Date
  /** Null where the viewer may not know. */
  twoFactor: boolean | null
  teams: string[]
}

/** Who is in the account; roles change in place, removal asks first. */
export function MembersPanel({
  account,
  members,
  meId,
  mayManage,
  mayMakeOwners,
  mayLeave,
}: {
  account: string
  members: readonly Member[]
  meId: string | undefined
  mayManage: boolean
  mayMakeOwners: boolean
  mayLeave: boolean
}) {
  const router = useRouter()
  const trpc = useTRPC()
  const [leaving, setLeaving] = useState<Member>()
  const changeRole = useMutation(
    trpc.accounts.members.changeRole.mutationOptions({
      onSettled: () => router.refresh(),
      onError: (error) => toast(messageOf(error), { failed: true }),
    }),
  )
  const remove = useMutation(trpc.accounts.members.remove.mutationOptions())
  const leave = useMutation(trpc.accounts.members.leave.mutationOptions())
  const isMe = leaving?.userId === meId
  const mayTouch = (member: Member) => mayManage && (mayMakeOwners || member.role !== 'owner')

  const go = async () => {
    if (!leaving) return
    if (isMe) {
      await leave.mutateAsync({ account })
      return location.assign('/')
    }
    await remove.mutateAsync({ account, userId: leaving.userId })
    router.refresh()
  }
  return (
    <Panel title="Members" sub={`${members.length}, owners first`} flush>
      <Table
        label="Members"
        roomy
        rows={members}
        rowKey={(member) => member.userId}
        columns={[
          {
            head: 'Name',
            phone: 'title',
            cell: (member) => (
              <>
                {member.name} {member.userId === meId && <Tag>you</Tag>}
              </>
            ),
          },
          { head: 'E-mail', cell: (member) => member.email },
          {
            head: 'Role',
            phone: 'state',
            cell: (member) =>
              mayTouch(member) && member.userId !== meId ? (
                <Select
                  size="sm"
                  aria-label={`Role of ${member.email}`}
                  value={
                    changeRole.isPending && changeRole.variables.userId === member.userId
                      ? changeRole.variables.role
                      : member.role
                  }
                  options={rolesToGive(mayMakeOwners)}
                  onChange={(event) =>
                    changeRole.mutate({ account, userId: member.userId, role: event.target.value as Role })
                  }
                />
              ) : (
                member.role
              ),
          },
          { head: 'Teams', cell: (member) => member.teams.join(', ') || <span className="dim">none</span> },
          ...(members.some((member) => member.twoFactor !== null)
            ? [
                {
                  head: 'Second factor',
                  cell: (member: Member) => (
                    <StatusBadge status={member.twoFactor ? 'operational' : 'unknown'}>
                      {member.twoFactor ? 'On' : 'Off'}
                    </StatusBadge>
                  ),
                },
              ]
            : []),
          { head: 'Since', cell: (member) => <Time at={member.since} show="relative" /> },
          {
            head: '',
            align: 'right',
            cell: (member) =>
              member.userId === meId ? (
                mayLeave && (
                  <Button size="sm" onClick={() => setLeaving(member)}>
                    Leave
                  </Button>
                )
              ) : mayTouch(member) ? (
                <Button size="sm" aria-label={`Remove ${member.email}`} onClick={() => setLeaving(member)}>
                  Remove
                </Button>
              ) : null,
          },
        ]}
      />
      <ConfirmDialog
        open={leaving !== undefined}
        onOpenChange={(open) => !open && setLeaving(undefined)}
        title={isMe ? `Leave ${account}?` : `Remove ${leaving?.email ?? ''}?`}
        confirm={isMe ? `Leave ${account}` : `Remove ${leaving?.email ?? ''}`}
        cancel={isMe ? 'Stay' : 'Keep the member'}
        onConfirm={go}
      >
        {isMe ? 'You' : 'They'} no longer see {account}. Seats in its teams end, and tokens for it are revoked. An owner
        or admin can invite again.
      </ConfirmDialog>
    </Panel>
  )
}
