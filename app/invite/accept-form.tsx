'use client'

import { useMutation } from '@tanstack/react-query'
import { authCall } from '../auth.ts'
import { NewPasswordField } from '../sign-in/new-password.tsx'
import { messageOf, useTRPC } from '../trpc.tsx'
import { Button } from '../ui/button.tsx'
import { FieldError, TextField } from '../ui/field.tsx'

/** Accepts; somebody new gives a name and a password first and is signed in with them. */
export function AcceptForm({ token, account, isNew }: { token: string; account: string; isNew: boolean }) {
  const accept = useMutation(useTRPC().accounts.invitations.accept.mutationOptions())
  const submit = async (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const password = String(form.get('password') ?? '')
    const person = isNew ? { name: String(form.get('name') ?? ''), password } : {}
    try {
      const joined = await accept.mutateAsync({ token, ...person })
      if (isNew) await authCall('/sign-in/email', { email: joined.email, password })
      location.assign(`/${joined.account}`)
    } catch {
      // The form shows it.
    }
  }
  return (
    <form className="stack" onSubmit={(event) => void submit(event)}>
      {isNew && (
        <>
          <TextField label="Your name" name="name" autoComplete="name" required maxLength={80} autoFocus />
          <NewPasswordField />
        </>
      )}
      {accept.error && <FieldError>{messageOf(accept.error)}</FieldError>}
      <Button type="submit" variant="primary" size="lg" wide busy={accept.isPending}>
        Join {account}
      </Button>
    </form>
  )
}
