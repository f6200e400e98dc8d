'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { messageOf, pathOf, useTRPC } from '../../../../trpc.tsx'
import { Button } from '../../../../ui/button.tsx'
import { FieldError, Select, TextField } from '../../../../ui/field.tsx'
import { Panel } from '../../../../ui/panel.tsx'
import { Empty } from '../../../../ui/states.tsx'
import { Table } from '../../../../ui/table.tsx'
import { toast } from '../../../../ui/toast.tsx'

type Permission = 'read' | 'write' | 'admin'
type Row = { id: string; name: string; email?: string; members?: number; permission: Permission }

const PERMISSIONS = [
  { value: 'read', label: 'Read' },
  { value: 'write', label: 'Write' },
  { value: 'admin', label: 'Admin' },
]
const WITH_NONE = [...PERMISSIONS, { value: '', label: 'Remove' }]
const asPermission = (value: string) => (value === '' ? null : (value as Permission))

/** Teams, people and robots with access; each change holds at once. */
export function AccessPanels({
  path,
  account,
  mayChange,
  collaborators,
  teams,
  robots,
  otherTeams,
}: {
  path: string
  account: string
  mayChange: boolean
  collaborators: readonly Row[]
  teams: readonly Row[]
  robots: readonly Row[]
  otherTeams: readonly { id: string; name: string }[]
}) {
  const router = useRouter()
  const trpc = useTRPC()
  const told = {
    onSuccess: () => router.refresh(),
    onError: (error: unknown) => toast(messageOf(error), { failed: true }),
  }
  const setTeam = useMutation(trpc.registry.repository.setTeam.mutationOptions(told))
  const setPerson = useMutation(trpc.registry.repository.setCollaborator.mutationOptions(told))
  const permissionOf = (row: Row, name: string, change: (permission: Permission | null) => void) =>
    mayChange ? (
      <Select
        size="sm"
        aria-label={`Permission of ${name}`}
        value={row.permission}
        options={WITH_NONE}
        onChange={(event) => change(asPermission(event.target.value))}
      />
    ) : (
      row.permission
    )
  return (
    <>
      <Panel title="People" sub="members of the account or not" flush>
        {mayChange && <AddPerson path={path} />}
        <Table
          label="People with access"
          rows={collaborators}
          rowKey={(row) => row.id}
          columns={[
            { head: 'Person', phone: 'title', cell: (row) => row.email ?? row.name },
            { head: 'Name', phone: 'hide', cell: (row) => row.name },
            {
              head: 'Permission',
              align: 'right',
              phone: 'state',
              cell: (row) =>
                permissionOf(row, row.email ?? row.name, (permission) =>
                  setPerson.mutate({ path, email: row.email ?? '', permission }),
                ),
            },
          ]}
          empty={<Empty title="Nobody by name">Owners and admins of {account} have access without being listed.</Empty>}
        />
      </Panel>
      <Panel title="Teams" sub={`of ${account}`} flush>
        {mayChange && otherTeams.length > 0 && (
          <form
            className="panel-body row border-b border-hair"
            onSubmit={(event) => {
              event.preventDefault()
              const form = new FormData(event.currentTarget)
              setTeam.mutate({
                path,
                teamId: String(form.get('team')),
                permission: asPermission(String(form.get('permission'))),
              })
            }}
          >
            <Select
              name="team"
              aria-label="Team"
              options={otherTeams.map((team) => ({ value: team.id, label: team.name }))}
            />
            <Select name="permission" aria-label="Permission of the team" options={PERMISSIONS} />
            <Button type="submit" busy={setTeam.isPending}>
              Give the team access
            </Button>
          </form>
        )}
        <Table
          label="Teams with access"
          rows={teams}
          rowKey={(row) => row.id}
          columns={[
            { head: 'Team', phone: 'title', cell: (row) => row.name },
            { head: 'Members', align: 'right', cell: (row) => row.members ?? 0 },
            {
              head: 'Permission',
              align: 'right',
              phone: 'state',
              cell: (row) =>
                permissionOf(row, row.name, (permission) => setTeam.mutate({ path, teamId: row.id, permission })),
            },
          ]}
          empty={
            <Empty title="No team has access">
              Teams are made under Members; here one is let into this repository.
            </Empty>
          }
        />
      </Panel>
      <Panel title="Robots" sub="for programs" flush actions={<Button href={`/${account}/robots`}>All robots</Button>}>
        <Table
          label="Robots with access"
          rows={robots}
          rowKey={(row) => row.id}
          columns={[
            { head: 'Robot', phone: 'title', cell: (row) => <span className="mono">{`${account}+${row.name}`}</span> },
            { head: 'Permission', align: 'right', phone: 'state', cell: (row) => row.permission },
          ]}
          empty={<Empty title="No robot has access">A robot signs in with a secret of its own and can expire.</Empty>}
        />
      </Panel>
    </>
  )
}

function AddPerson({ path }: { path: string }) {
  const router = useRouter()
  const add = useMutation(useTRPC().registry.repository.setCollaborator.mutationOptions())
  const field = add.error ? pathOf(add.error) : undefined
  const submit = async (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = event.currentTarget
    const said = new FormData(form)
    try {
      await add.mutateAsync({
        path,
        email: String(said.get('email') ?? ''),
        permission: asPermission(String(said.get('permission'))),
      })
    } catch {
      return
    }
    form.reset()
    router.refresh()
  }
  return (
    <form className="panel-body stack border-b border-hair" onSubmit={(event) => void submit(event)}>
      <div className="row items-end">
        <TextField
          label="E-mail of a person"
          name="email"
          type="email"
          required
          autoComplete="off"
          error={field === 'email' ? messageOf(add.error) : undefined}
        />
        <Select name="permission" aria-label="Permission of the person" options={PERMISSIONS} />
        <Button type="submit" busy={add.isPending}>
          Give access
        </Button>
      </div>
      {add.error && field !== 'email' && <FieldError>{messageOf(add.error)}</FieldError>}
    </form>
  )
}
