'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, useTRPC } from '../../trpc.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { ShownOnce } from './shown-once.tsx'

/** Makes a token that sends alerts and can do nothing else. */
export function AddSource() {
  const [open, setOpen] = useState(false)
  const [name, setName] = useState('')
  const router = useRouter()
  const add = useMutation(useTRPC().incidents.alerts.addSource.mutationOptions({ onSuccess: () => router.refresh() }))
  const close = () => {
    setOpen(false)
    setName('')
    add.reset()
  }
  return (
    <>
      <Button size="sm" onClick={() => setOpen(true)}>
        Add a source
      </Button>
      <Dialog
        open={open}
        onOpenChange={(isOpen) => !isOpen && close()}
        title={add.data ? `The token of ${name}` : 'Add a source'}
        foot={
          add.data ? (
            <Button variant="primary" onClick={close}>
              I have kept it
            </Button>
          ) : (
            <>
              <Button onClick={close}>Cancel</Button>
              <Button variant="primary" busy={add.isPending} onClick={() => add.mutate({ name })}>
                Make the token
              </Button>
            </>
          )
        }
      >
        {add.data ? (
          <ShownOnce text={add.data.token}>
            Send it as <code>Authorization: Bearer</code> to <code>/v1/alerts/alertmanager</code> or{' '}
            <code>/v1/alerts/in</code>.
          </ShownOnce>
        ) : (
          <TextField
            label="Name"
            help="What sends: prometheus-ams1, backup"
            value={name}
            maxLength={60}
            error={add.error ? messageOf(add.error) : undefined}
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Dialog>
    </>
  )
}
