'use client'

import { useState } from 'react'
import { authCall } from '../auth.ts'
import { NewPasswordField } from '../sign-in/new-password.tsx'
import { Button } from '../ui/button.tsx'
import { FieldError } from '../ui/field.tsx'

/** Sets the password with the secret of the link, which is spent. */
export function SetForm({ token }: { token: string }) {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<{ code: string; message: string }>()
  const submit = async (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const newPassword = String(new FormData(event.currentTarget).get('password') ?? '')
    setBusy(true)
    setError(undefined)
    const answer = await authCall('/reset-password', { newPassword, token })
    if (answer.ok) return location.assign('/sign-in?done=password')
    setBusy(false)
    setError(answer)
  }
  return (
    <form className="stack" onSubmit={(event) => void submit(event)}>
      <p className="text-2">It ends all sessions that are open now.</p>
      <NewPasswordField label="New password" />
      {error && <FieldError>{error.message}</FieldError>}
      <Button type="submit" variant="primary" size="lg" wide busy={busy}>
        Set the password
      </Button>
      {error?.code === 'INVALID_TOKEN' && <a href="/reset">Ask for a new link</a>}
    </form>
  )
}
