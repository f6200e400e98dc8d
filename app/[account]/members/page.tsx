import { load, server } from '../../server.ts'
import { PageHead } from '../../ui/panel.tsx'
import { InvitationsPanel } from './invitations-panel.tsx'
import { InviteButton } from './invite-button.tsx'
import { MembersPanel } from './members-panel.tsx'
import { TeamsPanel } from './teams-panel.tsx'

export const metadata = { title: 'Members' }

export default async function MembersPage({ params }: { params: Promise<{ account: string }> }) {
  const { account: name } = await params
  const input = { account: name }
  const api = await server()
  const [me, account] = await load(Promise.all([api.accounts.me(), api.accounts.view(input)]))
  const [members, invitations, teams] = await load(
    Promise.all([
      api.accounts.members.list(input),
      api.accounts.invitations.list(input),
      api.accounts.teams.list(input),
    ]),
  )
  const isAdmin = me.roles.includes('admin')
  const role = account.role
  const mayManage = isAdmin || ((role === 'owner' || role === 'admin') && account.holds.length === 0)
  const mayMakeOwners = isAdmin || role === 'owner'
  const isPersonal = account.kind === 'user'
  return (
    <>
      <PageHead
        title="Members"
        sub={
          isPersonal
            ? 'This is a personal account: it has its one owner. Make an organization to work with others.'
            : `${members.length} in ${account.displayName}. Owners and admins invite and remove; billing sees and pays bills; members use apps.`
        }
        actions={!isPersonal && mayManage && <InviteButton account={name} mayMakeOwners={mayMakeOwners} />}
      />
      <div className="stack">
        <MembersPanel
          account={name}
          members={members}
          meId={me.user?.id}
          mayManage={mayManage && !isPersonal}
          mayMakeOwners={mayMakeOwners}
          mayLeave={!isPersonal && account.holds.length === 0}
        />
        {invitations.length > 0 && (
          <InvitationsPanel
            account={name}
            invitations={invitations.map((one) => ({ ...one, id: one.id.toString(), accountId: '' }))}
            mayManage={mayManage}
          />
        )}
        {!isPersonal && (
          <TeamsPanel
            account={name}
            teams={teams.map((team) => ({ ...team, id: team.id.toString() }))}
            members={members}
            mayManage={mayManage}
          />
        )}
      </div>
    </>
  )
}
