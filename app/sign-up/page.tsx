import { redirect } from 'next/navigation'
import { load, server } from '../server.ts'
import { PublicShell } from '../shell/public-shell.tsx'
import { Button } from '../ui/button.tsx'
import { SignUpForm } from './sign-up-form.tsx'

export const metadata = { title: 'Sign up' }

export default async function SignUpPage() {
  const api = await server()
  const [me, ways] = await load(Promise.all([api.accounts.whoami(), api.accounts.signInOptions()]))
  if (me) redirect('/')
  return (
    <PublicShell demo={ways.demo}>
      <div className="stack">
        <h1>Sign up</h1>
        {ways.openSignUp ? (
          <SignUpForm />
        ) : (
          <>
            <p className="text-2">
              Sign-up is closed here: owners of organizations invite people by mail, and admins make users.
            </p>
            <Button href="/sign-in">Back to sign-in</Button>
          </>
        )}
      </div>
    </PublicShell>
  )
}
