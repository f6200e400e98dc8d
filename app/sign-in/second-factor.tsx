'use client'

import { useState } from 'react'
import { authCall } from '../auth.ts'
import { Button } from '../ui/button.tsx'
import { FieldError, TextField } from '../ui/field.tsx'

/** The step after the password: a code of the authenticator app, or a backup code. */
export function SecondFactor({ onDone, onBack }: { onDone: () => void; onBack: (reason?: string) => void }) {
  const [kind, setKind] = useState<'totp' | 'backup'>('totp')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<string>()

  const submit = async (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const code = String(new FormData(event.currentTarget).get('code') ?? '').replace(/\s/g, '')
    setBusy(true)
    setError(undefined)
    const path = kind === 'totp' ? '/two-factor/verify-totp' : '/two-factor/verify-backup-code'
    const answer = await authCall(path, { code })
    if (answer.ok) return onDone()
    setBusy(false)
    // The half-done sign-in is over: only the password begins another.
    if (answer.code === 'INVALID_TWO_FACTOR_COOKIE' || answer.code.startsWith('TOO_MANY')) return onBack(answer.message)
    setError(answer.message)
  }
  return (
    <form className="stack" onSubmit={(event) => void submit(event)}>
      {kind === 'totp' ? (
        <TextField
          key="totp"
          label="Code"
          help="Six digits from your authenticator app."
          name="code"
          inputMode="numeric"
          autoComplete="one-time-code"
          pattern="[0-9 ]{6,7}"
          required
          autoFocus
        />
      ) : (
        <TextField
          key="backup"
          label="Backup code"
          help="One of those you kept when you turned the second factor on. Each works once."
          name="code"
          autoComplete="off"
          required
          autoFocus
        />
      )}
      {error && <FieldError>{error}</FieldError>}
      <Button type="submit" variant="primary" size="lg" wide busy={busy}>
        Sign in
      </Button>
      <div className="row justify-between">
        <Button variant="ghost" size="sm" onClick={() => onBack()}>
          Back
        </Button>
        <Button variant="ghost" size="sm" onClick={() => setKind(kind === 'totp' ? 'backup' : 'totp')}>
          {kind === 'totp' ? 'Use a backup code' : 'Use the app'}
        </Button>
      </div>
    </form>
  )
}
