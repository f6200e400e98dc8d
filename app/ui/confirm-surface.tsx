'use client'

import { AlertDialog } from '@base-ui/react/alert-dialog'
import { useId, useRef, useState } from 'react'
import { messageOf } from '../trpc.tsx'
import { Button } from './button.tsx'
import type { ConfirmProps } from './confirm-dialog.tsx'
import { FieldError } from './field.tsx'

/** The dialog itself; loaded when the first one opens. */
export default function ConfirmSurface({
  open,
  onOpenChange,
  title,
  children,
  confirm,
  cancel = 'Cancel',
  typeName,
  danger = true,
  onConfirm,
}: ConfirmProps) {
  const safe = useRef<HTMLButtonElement>(null)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<string>()
  const [typed, setTyped] = useState('')
  const id = useId()
  const change = (next: boolean) => {
    if (busy) return
    setError(undefined)
    setTyped('')
    onOpenChange(next)
  }
  const submit = async (event: React.FormEvent) => {
    event.preventDefault()
    if (typeName !== undefined && typed.trim() !== typeName) {
      setError(`Type ${typeName} exactly.`)
      document.getElementById(id)?.focus()
      return
    }
    setBusy(true)
    setError(undefined)
    try {
      await onConfirm()
      setTyped('')
      onOpenChange(false)
    } catch (failure) {
      setError(messageOf(failure))
    } finally {
      setBusy(false)
    }
  }
  return (
    <AlertDialog.Root open={open} onOpenChange={change}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className="scrim" />
        <AlertDialog.Popup className="dialog" initialFocus={safe}>
          <AlertDialog.Title>{title}</AlertDialog.Title>
          <AlertDialog.Description className="dialog-text" render={<div />}>
            {children}
          </AlertDialog.Description>
          <form onSubmit={(event) => void submit(event)}>
            {typeName !== undefined && (
              <div className="field">
                <label className="label" htmlFor={id}>
                  Type <span className="mono">{typeName}</span> to go on
                </label>
                <input
                  id={id}
                  className="input"
                  value={typed}
                  autoComplete="off"
                  spellCheck={false}
                  aria-invalid={error !== undefined}
                  aria-describedby={error ? `${id}e` : undefined}
                  onChange={(event) => setTyped(event.target.value)}
                />
              </div>
            )}
            {error && <FieldError id={`${id}e`}>{error}</FieldError>}
            <div className="dialog-foot">
              <Button ref={safe} onClick={() => change(false)}>
                {cancel}
              </Button>
              <Button type="submit" variant={danger ? 'danger' : 'primary'} busy={busy}>
                {confirm}
              </Button>
            </div>
          </form>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  )
}
