import { load, server } from '../../server.ts'
import { PageHead, Panel } from '../../ui/panel.tsx'
import { Empty } from '../../ui/states.tsx'
import { StatusBadge } from '../../ui/status.tsx'
import { Table } from '../../ui/table.tsx'
import { MakeOrganization } from './make-organization.tsx'

export const metadata = { title: 'Accounts' }

export default async function MyAccountsPage() {
  const me = await load((await server()).accounts.me())
  const own = me.accounts.find((account) => account.kind === 'user')
  return (
    <>
      <PageHead
        title="Accounts"
        sub="Your own, and the organizations you are in."
        actions={own?.holds.length === 0 && <MakeOrganization />}
      />
      <Panel flush>
        <Table
          label="Accounts"
          roomy
          rows={me.accounts}
          rowKey={(account) => account.id}
          columns={[
            {
              head: 'Account',
              phone: 'title',
              cell: (account) => <a href={`/${account.name}`}>{account.name}</a>,
            },
            { head: 'Display name', cell: (account) => account.displayName },
            {
              head: 'State',
              phone: 'state',
              cell: (account) =>
                account.holds.length === 0 ? (
                  <StatusBadge status="operational">Open</StatusBadge>
                ) : (
                  <StatusBadge status="major">Suspended</StatusBadge>
                ),
            },
            { head: 'Kind', cell: (account) => (account.kind === 'user' ? 'personal' : 'organization') },
            { head: 'Plan', cell: (account) => account.plan },
            { head: 'Your role', cell: (account) => account.role },
          ]}
          empty={<Empty title="No accounts">Sign out and in again: your own is made then.</Empty>}
        />
      </Panel>
    </>
  )
}
