import { load, server } from '../../server.ts'
import { PageHead } from '../../ui/panel.tsx'
import { PasskeysPanel } from './passkeys-panel.tsx'
import { PasswordPanel } from './password-panel.tsx'
import { SecondFactorPanel } from './second-factor-panel.tsx'
import { SessionsPanel } from './sessions-panel.tsx'

export const metadata = { title: 'Security' }

export default async function SecurityPage() {
  const api = await server()
  const [me, security] = await load(Promise.all([api.accounts.me(), api.accounts.users.security()]))
  const email = me.user?.email ?? ''
  return (
    <>
      <PageHead
        title="Security"
        sub="How you sign in, and where you are signed in. Every change is in the audit log."
      />
      <div className="split">
        <div className="stack content-start">
          <PasswordPanel email={email} hasPassword={security.hasPassword} />
          <SecondFactorPanel isOn={security.twoFactor} hasPassword={security.hasPassword} />
        </div>
        <div className="stack content-start">
          <PasskeysPanel passkeys={security.passkeys} />
          <SessionsPanel sessions={security.sessions} currentId={security.currentSessionId} />
        </div>
      </div>
    </>
  )
}
