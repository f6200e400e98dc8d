'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, useTRPC } from '../../trpc.tsx'
import { Button } from '../../ui/button.tsx'
import { Checkbox } from '../../ui/choice.tsx'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { FieldError, TextField } from '../../ui/field.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Empty } from '../../ui/states.tsx'
import { Table } from '../../ui/table.tsx'
import { toast } from '../../ui/toast.tsx'
import type { Member } from './members-panel.tsx'

export type Team = { id: string; name: string; memberIds: string[] }

/** Teams: groups of members that later get access together. */
export function TeamsPanel({
  account,
  teams,
  members,
  mayManage,
}: {
  account: string
  teams: readonly Team[]
  members: readonly Member[]
  mayManage: boolean
}) {
  const router = useRouter()
  const trpc = useTRPC()
  const [naming, setNaming] = useState(false)
  const [editing, setEditing] = useState<string>()
  const [deleting, setDeleting] = useState<Team>()
  const create = useMutation(trpc.accounts.teams.create.mutationOptions())
  const remove = useMutation(trpc.accounts.teams.delete.mutationOptions())
  const setMember = useMutation(
    trpc.accounts.teams.setMember.mutationOptions({
      onSuccess: () => router.refresh(),
      onError: (error) => toast(messageOf(error), { failed: true }),
    }),
  )
  const edited = teams.find((team) => team.id === editing)
  const emails = new Map(members.map((member) => [member.userId, member.email]))

  const submit = async (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const name = String(new FormData(event.currentTarget).get('name') ?? '')
    try {
      await create.mutateAsync({ account, name })
    } catch {
      return
    }
    setNaming(false)
    router.refresh()
  }
  const makeButton = mayManage && !naming && (
    <Button size="sm" icon="plus" onClick={() => setNaming(true)}>
      Make a team
    </Button>
  )
  return (
    <Panel title="Teams" sub={`${teams.length}`} flush actions={makeButton}>
      {naming && (
        <form className="stack panel-body border-b border-hair" onSubmit={(event) => void submit(event)}>
          <TextField label="Name" name="name" required maxLength={60} autoFocus />
          {create.error && <FieldError>{messageOf(create.error)}</FieldError>}
          <div className="row">
            <Button onClick={() => setNaming(false)}>Cancel</Button>
            <Button type="submit" variant="primary" busy={create.isPending}>
              Make the team
            </Button>
          </div>
        </form>
      )}
      <Table
        label="Teams"
        roomy
        rows={teams}
        rowKey={(team) => team.id}
        columns={[
          { head: 'Team', phone: 'title', cell: (team) => team.name },
          {
            head: 'Members',
            prose: true,
            cell: (team) =>
              team.memberIds.map((id) => emails.get(id) ?? id).join(', ') || <span className="dim">none</span>,
          },
          {
            head: '',
            align: 'right',
            cell: (team) =>
              mayManage && (
                <span className="row justify-end">
                  <Button size="sm" aria-label={`Choose members of ${team.name}`} onClick={() => setEditing(team.id)}>
                    Choose members
                  </Button>
                  <Button size="sm" aria-label={`Delete team ${team.name}`} onClick={() => setDeleting(team)}>
                    Delete
                  </Button>
                </span>
              ),
          },
        ]}
        empty={<Empty title="No teams yet">A team is a group of members who get access together.</Empty>}
      />
      <Dialog
        open={edited !== undefined}
        onOpenChange={(open) => !open && setEditing(undefined)}
        title={`Members of ${edited?.name ?? ''}`}
        text="Changes take effect at once."
        foot={<Button onClick={() => setEditing(undefined)}>Close</Button>}
      >
        <div className="grid gap-1">
          {members.map((member) => (
            <Checkbox
              key={member.userId}
              label={member.email}
              detail={member.role}
              checked={edited?.memberIds.includes(member.userId) ?? false}
              onChange={(event) =>
                setMember.mutate({
                  account,
                  teamId: edited?.id ?? '',
                  userId: member.userId,
                  isMember: event.target.checked,
                })
              }
            />
          ))}
        </div>
      </Dialog>
      <ConfirmDialog
        open={deleting !== undefined}
        onOpenChange={(open) => !open && setDeleting(undefined)}
        title={`Delete team ${deleting?.name ?? ''}?`}
        confirm={`Delete team ${deleting?.name ?? ''}`}
        cancel="Keep the team"
        onConfirm={async () => {
          await remove.mutateAsync({ account, id: deleting?.id ?? '' })
          router.refresh()
        }}
      >
        Its {deleting?.memberIds.length ?? 0} members stay in {account}.
      </ConfirmDialog>
    </Panel>
  )
}
