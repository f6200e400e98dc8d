import { load, server } from '../../../server.ts'
import { Button } from '../../../ui/button.tsx'
import { CrumbName } from '../../../shell/crumbs.tsx'
import { FilterSelect, FilterText } from '../../../ui/filters.tsx'
import { PageHead } from '../../../ui/panel.tsx'
import { AccountTabs } from '../account-tabs.tsx'
import { InviteUser } from './invite-user.tsx'
import { UsersPanel } from './users-panel.tsx'

export const metadata = { title: 'Users' }

type Search = { q?: string; staff?: string; cursor?: string }

export default async function UsersPage({ searchParams }: { searchParams: Promise<Search> }) {
  const search = await searchParams
  const { q = '', staff = '', cursor } = search
  const api = await server()
  const [me, list] = await load(
    Promise.all([
      api.accounts.me(),
      api.accounts.users.list({
        limit: 50,
        staff: staff === 'yes',
        ...(q ? { search: q } : {}),
        ...(cursor ? { cursor } : {}),
      }),
    ]),
  )
  const isAdmin = me.roles.includes('admin')
  return (
    <>
      <CrumbName name="Users" />
      <PageHead
        title="Users"
        sub="People who can sign in. Operators see the whole platform; admins also suspend, grant roles and read the audit log."
        actions={isAdmin && <InviteUser />}
      />
      <div className="stack">
        <AccountTabs />
        <div className="row">
          <FilterText label="E-mail or name" name="q" value={q} />
          <FilterSelect
            name="staff"
            label="Roles"
            value={staff}
            options={[
              { value: '', label: 'Everybody' },
              { value: 'yes', label: 'With a platform role' },
            ]}
          />
        </div>
        <UsersPanel users={list.rows} mayGrant={isAdmin} isFiltered={q !== '' || staff !== ''} />
        {list.nextCursor && (
          <div>
            <Button
              href={`/ops/accounts/users?${new URLSearchParams({ ...search, cursor: list.nextCursor }).toString()}`}
            >
              Next 50 users
            </Button>
          </div>
        )}
      </div>
    </>
  )
}
