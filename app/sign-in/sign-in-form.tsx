'use client'

import { useState } from 'react'
import { authCall, isSet, textIn } from '../auth.ts'
import { hasPasskeys, signInWithPasskey } from '../passkey.ts'
import { Button } from '../ui/button.tsx'
import { FieldError, TextField } from '../ui/field.tsx'
import { SecondFactor } from './second-factor.tsx'

/** Password, then the second factor where there is one; or a passkey, or a provider. */
export function SignInForm({ next, github, oidc }: { next: string; github: boolean; oidc: boolean }) {
  const [step, setStep] = useState<'password' | 'factor'>('password')
  const [busy, setBusy] = useState<'password' | 'passkey' | 'provider'>()
  const [error, setError] = useState<string>()
  const go = () => location.assign(next)

  const submit = async (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    setBusy('password')
    setError(undefined)
    const answer = await authCall('/sign-in/email', { email: form.get('email'), password: form.get('password') })
    if (answer.ok && !isSet(answer.data, 'twoFactorRedirect')) return go()
    setBusy(undefined)
    if (answer.ok) return setStep('factor')
    setError(answer.message)
    document.getElementById('password')?.focus()
  }
  const byPasskey = async () => {
    if (!hasPasskeys()) return setError('This browser does not know passkeys. Use the password.')
    setBusy('passkey')
    setError(undefined)
    const answer = await signInWithPasskey()
    if (answer.ok) return go()
    setBusy(undefined)
    setError(answer.message)
  }
  const byProvider = async (path: string, body: Record<string, string>) => {
    setBusy('provider')
    setError(undefined)
    const answer = await authCall(path, { ...body, callbackURL: next, errorCallbackURL: '/sign-in' })
    const url = answer.ok ? textIn(answer.data, 'url') : ''
    if (url) return location.assign(url)
    setBusy(undefined)
    setError(answer.ok ? 'The provider gave no address.' : answer.message)
  }

  if (step === 'factor') {
    return (
      <SecondFactor
        onDone={go}
        onBack={(reason) => {
          setStep('password')
          setError(reason)
        }}
      />
    )
  }
  return (
    <>
      <form className="stack" method="post" onSubmit={(event) => void submit(event)}>
        <TextField label="E-mail" name="email" type="email" autoComplete="username webauthn" required autoFocus />
        <TextField
          id="password"
          label="Password"
          name="password"
          type="password"
          autoComplete="current-password"
          required
        />
        {error && <FieldError>{error}</FieldError>}
        <Button type="submit" variant="primary" size="lg" wide busy={busy === 'password'}>
          Sign in
        </Button>
      </form>
      <a href="/reset" className="text-sm">
        Forgot the password
      </a>
      <hr className="border-hair" />
      <Button size="lg" wide icon="key" busy={busy === 'passkey'} onClick={() => void byPasskey()}>
        Sign in with a passkey
      </Button>
      {github && (
        <Button
          size="lg"
          wide
          busy={busy === 'provider'}
          onClick={() => void byProvider('/sign-in/social', { provider: 'github' })}
        >
          Sign in with GitHub
        </Button>
      )}
      {oidc && (
        <Button
          size="lg"
          wide
          busy={busy === 'provider'}
          onClick={() => void byProvider('/sign-in/oauth2', { providerId: 'oidc' })}
        >
          Sign in with single sign-on
        </Button>
      )}
    </>
  )
}
