import { attempt, load, server } from '../server.ts'
import { PublicShell } from '../shell/public-shell.tsx'
import { Button } from '../ui/button.tsx'
import { Facts } from '../ui/panel.tsx'
import { Empty, ErrorPanel } from '../ui/states.tsx'
import { AcceptForm } from './accept-form.tsx'
import { OtherUser } from './other-user.tsx'

export const metadata = { title: 'Invitation' }

export default async function InvitePage({ searchParams }: { searchParams: Promise<{ token?: string }> }) {
  const { token = '' } = await searchParams
  const api = await server()
  const [invitation, me] = await Promise.all([
    attempt(api.accounts.invitations.read({ token })),
    load(api.accounts.whoami()),
  ])
  if (!invitation.ok) {
    return (
      <PublicShell>
        <h1 className="mb-4">Invitation</h1>
        <div className="panel">
          {invitation.code === 'NOT_FOUND' ? (
            <Empty title="This invitation is not open" action={<Button href="/">Go to the start</Button>}>
              It was used, taken back, or is older than a week. Ask whoever invited you for another one.
            </Empty>
          ) : (
            <ErrorPanel title="The invitation did not load">{invitation.message}</ErrorPanel>
          )}
        </div>
      </PublicShell>
    )
  }
  const { account, displayName, email, role, invitedBy, hasUser } = invitation.value
  const signedInAs = me?.user?.email
  const here = `/invite?token=${encodeURIComponent(token)}`
  return (
    <PublicShell>
      <div className="stack">
        <h1>Join {displayName}</h1>
        <Facts
          of={[
            ['Account', account],
            ['Role', role],
            ['Invited by', invitedBy],
            ['Address', email],
          ]}
        />
        {signedInAs !== undefined && signedInAs !== email ? (
          <OtherUser email={email} signedInAs={signedInAs} back={here} />
        ) : hasUser && signedInAs === undefined ? (
          <>
            <p className="text-2">You have a user with this address. Sign in to accept.</p>
            <Button variant="primary" size="lg" wide href={`/sign-in?next=${encodeURIComponent(here)}`}>
              Sign in and accept
            </Button>
          </>
        ) : (
          <AcceptForm token={token} account={account} isNew={signedInAs === undefined} />
        )}
      </div>
    </PublicShell>
  )
}
