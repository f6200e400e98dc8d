'use client'

import { useState } from 'react'
import { authCall } from '../auth.ts'
import { Button } from '../ui/button.tsx'
import { FieldError, TextField } from '../ui/field.tsx'
import { Banner } from '../ui/status.tsx'

/** Asks for the link. The answer is the same whether or not anybody has the address. */
export function AskForm() {
  const [busy, setBusy] = useState(false)
  const [sentTo, setSentTo] = useState<string>()
  const [error, setError] = useState<string>()
  const submit = async (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const email = String(new FormData(event.currentTarget).get('email') ?? '')
    setBusy(true)
    setError(undefined)
    const answer = await authCall('/request-password-reset', { email, redirectTo: '/reset' })
    setBusy(false)
    if (answer.ok) setSentTo(email)
    else setError(answer.message)
  }
  if (sentTo !== undefined) {
    return (
      <>
        <Banner status="operational" title="Look at your mail" live>
          If somebody here has the address {sentTo}, a link is on its way. It works once, within an hour.
        </Banner>
        <p className="help">No mail? Look in spam, or ask an operator: they see every mail that waits to be sent.</p>
        <Button href="/sign-in">Back to sign-in</Button>
      </>
    )
  }
  return (
    <form className="stack" onSubmit={(event) => void submit(event)}>
      <TextField label="E-mail" name="email" type="email" autoComplete="username" required autoFocus />
      {error && <FieldError>{error}</FieldError>}
      <Button type="submit" variant="primary" size="lg" wide busy={busy}>
        Mail me a link
      </Button>
      <a href="/sign-in" className="text-sm">
        Back to sign-in
      </a>
    </form>
  )
}
