'use client'

import { useState } from 'react'
import { authCall } from '../auth.ts'
import { NewPasswordField } from '../sign-in/new-password.tsx'
import { Button } from '../ui/button.tsx'
import { FieldError, TextField } from '../ui/field.tsx'
import { Banner } from '../ui/status.tsx'

/** Makes a user, whose address a mail's link confirms. The answer is the same where it has a user already. */
export function SignUpForm() {
  const [busy, setBusy] = useState(false)
  const [sentTo, setSentTo] = useState<string>()
  const [error, setError] = useState<string>()
  const submit = async (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const email = String(form.get('email') ?? '')
    setBusy(true)
    setError(undefined)
    const answer = await authCall('/sign-up/email', {
      email,
      name: form.get('name'),
      password: form.get('password'),
      callbackURL: '/',
    })
    setBusy(false)
    if (answer.ok) setSentTo(email)
    else setError(answer.message)
  }
  if (sentTo !== undefined) {
    return (
      <>
        <Banner status="operational" title="Look at your mail" live>
          The link to {sentTo} confirms the address and signs you in. If you have a user already, sign in instead.
        </Banner>
        <Button href="/sign-in">Back to sign-in</Button>
      </>
    )
  }
  return (
    <form className="stack" onSubmit={(event) => void submit(event)}>
      <TextField label="Name" name="name" autoComplete="name" required maxLength={80} autoFocus />
      <TextField label="E-mail" name="email" type="email" autoComplete="username" required />
      <NewPasswordField />
      {error && <FieldError>{error}</FieldError>}
      <Button type="submit" variant="primary" size="lg" wide busy={busy}>
        Sign up
      </Button>
      <a href="/sign-in" className="text-sm">
        Back to sign-in
      </a>
    </form>
  )
}
