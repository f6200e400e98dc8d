'use client'

import { useState } from 'react'
import { encode } from 'uqr'
import { authCall } from '../../auth.ts'
import { Button } from '../../ui/button.tsx'
import { CopyText } from '../../ui/copy-text.tsx'
import { FieldError, TextField } from '../../ui/field.tsx'

/** The secret as a picture for the app's camera: the rail's colours are dark and light in both themes, as cameras want it. */
function QrCode({ text }: { text: string }) {
  const { data, size } = encode(text, { ecc: 'M', border: 2 })
  const path = data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ''))).join('')
  return (
    <svg viewBox={`0 0 ${size} ${size}`} width="192" height="192" role="img" aria-label="QR code of the secret">
      <rect width={size} height={size} style={{ fill: 'var(--rail-text)' }} />
      <path d={path} style={{ fill: 'var(--rail-surface)' }} shapeRendering="crispEdges" />
    </svg>
  )
}

/** Loaded when it is asked for. Takes the secret into the app and proves it with a first code. */
export default function EnrolFactor({
  uri,
  onDone,
  onCancel,
}: {
  uri: string
  onDone: () => void
  onCancel: () => void
}) {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<string>()
  const secret = new URL(uri).searchParams.get('secret') ?? ''
  const submit = async (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const code = String(new FormData(event.currentTarget).get('code') ?? '').replace(/\s/g, '')
    setBusy(true)
    setError(undefined)
    const answer = await authCall('/two-factor/verify-totp', { code })
    setBusy(false)
    if (answer.ok) onDone()
    else setError(answer.message)
  }
  return (
    <form className="stack" onSubmit={(event) => void submit(event)}>
      <p className="text-2">Scan this with an authenticator app, or type the secret into it.</p>
      <QrCode text={uri} />
      <CopyText text={secret} label="Copy the secret" wrap />
      <TextField
        label="Code"
        help="Six digits that the app shows now."
        name="code"
        inputMode="numeric"
        autoComplete="one-time-code"
        pattern="[0-9 ]{6,7}"
        required
      />
      {error && <FieldError>{error}</FieldError>}
      <div className="row">
        <Button onClick={onCancel}>Cancel</Button>
        <Button type="submit" variant="primary" busy={busy}>
          Turn the second factor on
        </Button>
      </div>
    </form>
  )
}
