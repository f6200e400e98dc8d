'use client'

import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { authCall } from '../../auth.ts'
import { NewPasswordField } from '../../sign-in/new-password.tsx'
import { Button } from '../../ui/button.tsx'
import { FieldError, TextField } from '../../ui/field.tsx'
import { Panel } from '../../ui/panel.tsx'
import { toast } from '../../ui/toast.tsx'

/** Changes the password, or mails the link that sets the first one. */
export function PasswordPanel({ email, hasPassword }: { email: string; hasPassword: boolean }) {
  const router = useRouter()
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<string>()
  const change = async (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const element = event.currentTarget
    const form = new FormData(element)
    setBusy(true)
    setError(undefined)
    const answer = await authCall('/change-password', {
      currentPassword: form.get('current'),
      newPassword: form.get('password'),
      revokeOtherSessions: true,
    })
    setBusy(false)
    if (!answer.ok) return setError(answer.message)
    element.reset()
    toast('Password changed. Your other sessions have ended.')
    router.refresh()
  }
  const mail = async () => {
    setBusy(true)
    const answer = await authCall('/request-password-reset', { email, redirectTo: '/reset' })
    setBusy(false)
    if (answer.ok) toast(`A link is on its way to ${email}.`)
    else setError(answer.message)
  }
  if (!hasPassword) {
    return (
      <Panel title="Password">
        <p className="mb-3 text-2">You sign in without one. A link by mail sets it.</p>
        <Button busy={busy} onClick={() => void mail()}>
          Mail me a link
        </Button>
        {error && <FieldError>{error}</FieldError>}
      </Panel>
    )
  }
  return (
    <Panel title="Password" sub="changing it ends your other sessions">
      <form className="stack" onSubmit={(event) => void change(event)}>
        {/* Tells a password manager whose password this is. */}
        <input type="text" name="username" autoComplete="username" defaultValue={email} readOnly hidden />
        <TextField label="Present password" name="current" type="password" autoComplete="current-password" required />
        <NewPasswordField label="New password" />
        {error && <FieldError>{error}</FieldError>}
        <div>
          <Button type="submit" variant="primary" busy={busy}>
            Change the password
          </Button>
        </div>
      </form>
    </Panel>
  )
}
