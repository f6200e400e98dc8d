import { HoldsPanel } from '../../../account-parts/holds-panel.tsx'
import { TokensPanel } from '../../../account-parts/tokens-panel.tsx'
import { load, server } from '../../../server.ts'
import { CrumbName } from '../../../shell/crumbs.tsx'
import { Live } from '../../../shell/live.tsx'
import { Button } from '../../../ui/button.tsx'
import { Facts, PageHead, Panel } from '../../../ui/panel.tsx'
import { Empty } from '../../../ui/states.tsx'
import { StatusBadge } from '../../../ui/status.tsx'
import { Table } from '../../../ui/table.tsx'
import { Time } from '../../../ui/time.tsx'
import { HoldActions } from './hold-actions.tsx'
import { PlanPanel } from './plan-panel.tsx'

export async function generateMetadata({ params }: { params: Promise<{ name: string }> }) {
  return { title: (await params).name }
}

export default async function AccountPage({ params }: { params: Promise<{ name: string }> }) {
  const { name } = await params
  const input = { account: name }
  const api = await server()
  const [me, account, totals] = await load(
    Promise.all([api.accounts.me(), api.accounts.view(input), api.accounts.totals()]),
  )
  const [members, invitations, tokens, holds] = await load(
    Promise.all([
      api.accounts.members.list(input),
      api.accounts.invitations.list(input),
      api.accounts.tokens.ofAccount(input),
      api.accounts.holds.history(input),
    ]),
  )
  const isAdmin = me.roles.includes('admin')
  const held = account.holds.length > 0
  const views = holds.map((hold) => ({ ...hold, id: hold.id.toString() }))
  return (
    <>
      <Live topics={[`account:${account.id}`]} />
      <CrumbName name={name} />
      <PageHead
        title={account.displayName}
        sub={
          <>
            <span className="mono">{name}</span>, {account.kind === 'user' ? 'personal account' : 'organization'}, plan{' '}
            {account.plan}
          </>
        }
        actions={
          <>
            <StatusBadge status={held ? 'major' : 'operational'} as="chip">
              {held ? 'Suspended' : 'Open'}
            </StatusBadge>
            <Button href={`/${name}`}>See it as its members do</Button>
            {isAdmin && <Button href={`/ops/billing/accounts/${name}`}>Billing</Button>}
            {isAdmin && <Button href={`/ops/audit?account=${name}`}>Audit log</Button>}
          </>
        }
      />
      <div className="stack">
        {isAdmin ? (
          <HoldActions account={name} holds={views} />
        ) : (
          <HoldsPanel
            holds={views}
            empty={<Empty title="No hold, ever.">Admins of the platform can suspend an account.</Empty>}
          />
        )}
        <div className="split">
          {isAdmin ? (
            <PlanPanel account={name} plan={account.plan} plans={totals.plans} />
          ) : (
            <Panel title="Plan">
              <Facts of={[['Plan', account.plan]]} />
              <p className="help mt-2">An admin of the platform can change it.</p>
            </Panel>
          )}
          <Panel title="Invitations" sub={`${invitations.length} not answered`} flush>
            <Table
              label="Invitations"
              rows={invitations}
              rowKey={(row) => row.id}
              columns={[
                { head: 'E-mail', phone: 'title', cell: (row) => row.email },
                { head: 'Role', phone: 'state', cell: (row) => row.role },
                { head: 'Expires', cell: (row) => <Time at={row.expiresAt} show="relative" /> },
              ]}
              empty={<Empty title="Nobody is invited now." />}
            />
          </Panel>
        </div>
        <Panel title="Members" sub={`${members.length}, owners first`} flush>
          <Table
            label="Members"
            rows={members}
            rowKey={(row) => row.userId}
            columns={[
              {
                head: 'E-mail',
                phone: 'title',
                cell: (row) => <a href={`/ops/accounts/users?q=${encodeURIComponent(row.email)}`}>{row.email}</a>,
              },
              { head: 'Name', cell: (row) => row.name },
              { head: 'Role', phone: 'state', cell: (row) => row.role },
              { head: 'Teams', cell: (row) => row.teams.join(', ') || <span className="dim">none</span> },
              {
                head: 'Second factor',
                cell: (row) => (
                  <StatusBadge status={row.twoFactor ? 'operational' : 'unknown'}>
                    {row.twoFactor ? 'On' : 'Off'}
                  </StatusBadge>
                ),
              },
              { head: 'Since', cell: (row) => <Time at={row.since} show="relative" /> },
            ]}
            empty={<Empty title="No members yet">The owner has not accepted the invitation.</Empty>}
          />
        </Panel>
        <TokensPanel
          whose={{ of: 'account', account: name }}
          tokens={tokens.map((row) => ({ ...row, id: row.id.toString() }))}
          scopes={[]}
          mayRevoke={isAdmin}
          nowMs={Date.now()}
        />
      </div>
    </>
  )
}
