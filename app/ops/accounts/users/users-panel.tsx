'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { useTRPC } from '../../../trpc.tsx'
import { Button } from '../../../ui/button.tsx'
import { ConfirmDialog } from '../../../ui/confirm-dialog.tsx'
import { Menu } from '../../../ui/menu.tsx'
import { Panel } from '../../../ui/panel.tsx'
import { Empty } from '../../../ui/states.tsx'
import { StatusBadge, Tag } from '../../../ui/status.tsx'
import { Table } from '../../../ui/table.tsx'
import { Time } from '../../../ui/time.tsx'

type Role = 'operator' | 'admin'
export type UserView = {
  id: string
  name: string
  email: string
  roles: Role[]
  twoFactor: boolean
  accounts: string[]
  createdAt: Date
  lastSeenAt: Date | null
}
type Change = { user: UserView; role: Role; has: boolean }

const MEANS: Record<Role, string> = {
  operator: 'sees every host and account, sends commands, and reads the mail outbox',
  admin: 'does all that, suspends accounts, grants roles, and reads the audit log',
}

/** People, with their platform roles; admins grant and revoke those. */
export function UsersPanel({
  users,
  mayGrant,
  isFiltered,
}: {
  users: readonly UserView[]
  mayGrant: boolean
  isFiltered: boolean
}) {
  const router = useRouter()
  const [change, setChange] = useState<Change>()
  const set = useMutation(useTRPC().accounts.users.setPlatformRole.mutationOptions())
  const words =
    change &&
    (change.has ? `Make ${change.user.email} ${change.role}` : `Take ${change.role} from ${change.user.email}`)
  return (
    <Panel flush>
      <Table
        label="Users"
        rows={users}
        rowKey={(user) => user.id}
        columns={[
          { head: 'E-mail', phone: 'title', sort: 'ascending', cell: (user) => user.email },
          { head: 'Name', cell: (user) => user.name },
          {
            head: 'Platform role',
            phone: 'state',
            cell: (user) =>
              user.roles.length === 0 ? (
                <span className="dim">none</span>
              ) : (
                <span className="row inline-flex">
                  {user.roles.map((role) => (
                    <Tag key={role}>{role}</Tag>
                  ))}
                </span>
              ),
          },
          {
            head: 'Accounts',
            prose: true,
            cell: (user) => (
              <span className="row inline-flex">
                {user.accounts.map((account) => (
                  <a key={account} href={`/ops/accounts/${account}`}>
                    {account}
                  </a>
                ))}
              </span>
            ),
          },
          {
            head: 'Second factor',
            cell: (user) => (
              <StatusBadge status={user.twoFactor ? 'operational' : user.roles.length > 0 ? 'degraded' : 'unknown'}>
                {user.twoFactor ? 'On' : 'Off'}
              </StatusBadge>
            ),
          },
          { head: 'Last seen', cell: (user) => <Time at={user.lastSeenAt} show="relative" /> },
          {
            head: '',
            align: 'right',
            cell: (user) =>
              mayGrant && (
                <Menu
                  label={`Roles of ${user.email}`}
                  icon="more"
                  iconOnly
                  align="end"
                  size="sm"
                  items={(['operator', 'admin'] as const).map((role) => {
                    const has = user.roles.includes(role)
                    return {
                      label: has ? `Take the role ${role}` : `Grant the role ${role}`,
                      onSelect: () => setChange({ user, role, has: !has }),
                    }
                  })}
                />
              ),
          },
        ]}
        empty={
          isFiltered ? (
            <Empty title="No users match." action={<Button href="/ops/accounts/users">Clear filters</Button>} />
          ) : (
            <Empty title="No users yet" />
          )
        }
      />
      <ConfirmDialog
        open={change !== undefined}
        onOpenChange={(open) => !open && setChange(undefined)}
        title={`${words ?? ''}?`}
        confirm={words ?? ''}
        cancel="Leave the roles"
        danger={change?.has === false}
        onConfirm={async () => {
          if (change) await set.mutateAsync({ userId: change.user.id, role: change.role, has: change.has })
          router.refresh()
        }}
      >
        {change?.has ? 'From now on' : 'From now on no longer'} {change?.user.name} {change && MEANS[change.role]}. It
        is in the audit log.
      </ConfirmDialog>
    </Panel>
  )
}
