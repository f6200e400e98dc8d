'use client'

import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { authCall } from '../auth.ts'
import { NewPasswordField } from '../sign-in/new-password.tsx'
import { messageOf, pathOf, useTRPC } from '../trpc.tsx'
import { Button } from '../ui/button.tsx'
import { FieldError, TextField } from '../ui/field.tsx'

/** Name, address and password of the first operator, who is signed in with them at once. */
export function FirstRunForm({ token }: { token: string }) {
  const [signingIn, setSigningIn] = useState(false)
  const complete = useMutation(useTRPC().accounts.completeFirstRun.mutationOptions())
  const path = complete.error ? pathOf(complete.error) : undefined

  const submit = async (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const text = (name: string) => String(form.get(name) ?? '')
    const input = { token, name: text('name'), email: text('email'), password: text('password') }
    try {
      await complete.mutateAsync(input)
    } catch {
      return
    }
    setSigningIn(true)
    const answer = await authCall('/sign-in/email', { email: input.email, password: input.password })
    location.assign(answer.ok ? '/ops' : '/sign-in')
  }
  return (
    <form className="stack" onSubmit={(event) => void submit(event)}>
      <TextField label="Name" name="name" autoComplete="name" required maxLength={80} autoFocus />
      <TextField
        label="E-mail"
        name="email"
        type="email"
        autoComplete="username"
        required
        error={path === 'email' ? messageOf(complete.error) : undefined}
      />
      <NewPasswordField />
      {complete.error && path !== 'email' && <FieldError>{messageOf(complete.error)}</FieldError>}
      <Button type="submit" variant="primary" size="lg" wide busy={complete.isPending || signingIn}>
        Make the first operator
      </Button>
    </form>
  )
}
