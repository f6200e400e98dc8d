'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { counted } from '../words.ts'
import { messageOf, useTRPC } from '../../../trpc.tsx'
import { Button } from '../../../ui/button.tsx'
import { Checkbox } from '../../../ui/choice.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { FieldError } from '../../../ui/field.tsx'
import { FileField } from '../../billing/import/file-field.tsx'

/** Takes subscribers from a file, and says what became of each line. */
export function ImportDialog() {
  const router = useRouter()
  const [open, setOpen] = useState(false)
  const [text, setText] = useState('')
  const [agreed, setAgreed] = useState(false)
  const run = useMutation(useTRPC().incidents.subscribers.import.mutationOptions({ onSuccess: () => router.refresh() }))
  const close = () => {
    setOpen(false)
    setText('')
    setAgreed(false)
    run.reset()
  }
  const { data } = run
  return (
    <>
      <Button size="sm" onClick={() => setOpen(true)}>
        Import
      </Button>
      <Dialog
        open={open}
        onOpenChange={(to) => !to && close()}
        title="Import subscribers"
        foot={
          <>
            <Button onClick={close}>{data ? 'Close' : 'Cancel'}</Button>
            {!data && (
              <Button
                variant="primary"
                busy={run.isPending}
                disabled={text.trim() === ''}
                onClick={() => run.mutate({ text, agreed })}
              >
                Import
              </Button>
            )}
          </>
        }
      >
        {data ? (
          <div className="stack" role="status">
            <p>
              {data.added} added, {data.known} known already, {data.left} left out because they unsubscribed here.
            </p>
            {data.faults.length > 0 && (
              <>
                <p>{counted(data.faults.length, 'line')} could not be read:</p>
                <ul className="help">
                  {data.faults.slice(0, 20).map(({ line, message }) => (
                    <li key={line}>
                      Line {line}: {message}
                    </li>
                  ))}
                </ul>
              </>
            )}
          </div>
        ) : (
          <div className="stack">
            <FileField
              label="CSV with a heading"
              help="A column named email or address; perhaps components, their keys between semicolons"
              value={text}
              onChange={setText}
            />
            <Checkbox
              label="They have agreed to get these mails"
              detail="They are told from now on. Otherwise each is asked to confirm first"
              checked={agreed}
              onChange={(event) => setAgreed(event.target.checked)}
            />
            {run.error && <FieldError>{messageOf(run.error)}</FieldError>}
          </div>
        )}
      </Dialog>
    </>
  )
}
