import { redirect } from 'next/navigation'
import { safeNext } from '../auth.ts'
import { load, server } from '../server.ts'
import { PublicShell } from '../shell/public-shell.tsx'
import { Banner } from '../ui/status.tsx'
import { SignInForm } from './sign-in-form.tsx'

export const metadata = { title: 'Sign in' }

type Search = { next?: string; done?: string; error?: string }

const ERRORS: Record<string, string> = {
  signup_disabled: 'Nobody here has that address. Ask an owner of your organization for an invitation.',
  account_not_linked: 'Sign in with the password first, then link the provider.',
  email_not_found: 'The provider did not tell an address.',
}

export default async function SignInPage({ searchParams }: { searchParams: Promise<Search> }) {
  const { next, done, error } = await searchParams
  const api = await server()
  const [me, ways] = await load(Promise.all([api.accounts.whoami(), api.accounts.signInOptions()]))
  const to = safeNext(next)
  if (me) redirect(to)
  return (
    <PublicShell demo={ways.demo}>
      <div className="stack">
        <h1>Sign in</h1>
        {done === 'password' && (
          <Banner status="operational" title="Password set">
            Sign in with it. Other sessions have ended.
          </Banner>
        )}
        {error && (
          <Banner status="major" title="Not signed in">
            {ERRORS[error] ?? 'The provider refused. Try another way to sign in.'}
          </Banner>
        )}
        <SignInForm next={to} github={ways.github} oidc={ways.oidc} />
        {ways.openSignUp ? (
          <p className="text-sm">
            No user yet? <a href="/sign-up">Sign up</a>
          </p>
        ) : (
          <p className="help">No user yet? Owners of organizations invite people by mail.</p>
        )}
      </div>
    </PublicShell>
  )
}
