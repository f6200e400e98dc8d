'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, pathOf, useTRPC } from '../../trpc.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { FieldError, TextField } from '../../ui/field.tsx'
import { ShownOnce } from './shown-once.tsx'

/** Makes a dead man's switch: an address that something calls, and people are paged when it does not. */
export function AddHeartbeat() {
  const [open, setOpen] = useState(false)
  const [of, setOf] = useState({ name: '', every: '60', grace: '15' })
  const router = useRouter()
  const add = useMutation(
    useTRPC().incidents.alerts.addHeartbeat.mutationOptions({ onSuccess: () => router.refresh() }),
  )
  const close = () => {
    setOpen(false)
    setOf({ name: '', every: '60', grace: '15' })
    add.reset()
  }
  const path = pathOf(add.error)
  const wrong = (field: string) => (path === field ? messageOf(add.error) : undefined)
  const isPlaced = ['name', 'everyMinutes', 'graceMinutes'].includes(path ?? '')
  return (
    <>
      <Button size="sm" onClick={() => setOpen(true)}>
        Add a heartbeat
      </Button>
      <Dialog
        open={open}
        onOpenChange={(isOpen) => !isOpen && close()}
        title={add.data ? `The address of ${of.name}` : 'Add a heartbeat'}
        foot={
          add.data ? (
            <Button variant="primary" onClick={close}>
              I have kept it
            </Button>
          ) : (
            <>
              <Button onClick={close}>Cancel</Button>
              <Button
                variant="primary"
                busy={add.isPending}
                onClick={() =>
                  add.mutate({ name: of.name, everyMinutes: Number(of.every), graceMinutes: Number(of.grace) })
                }
              >
                Make the address
              </Button>
            </>
          )
        }
      >
        {add.data ? (
          <ShownOnce text={`curl -fsS ${add.data.url}`}>It is waited for from its first call on.</ShownOnce>
        ) : (
          <div className="stack">
            <TextField
              label="Name"
              help="What calls: nightly backup"
              value={of.name}
              maxLength={60}
              error={wrong('name')}
              onChange={(event) => setOf({ ...of, name: event.target.value })}
            />
            <TextField
              label="It calls every, minutes"
              type="number"
              min={1}
              value={of.every}
              error={wrong('everyMinutes')}
              onChange={(event) => setOf({ ...of, every: event.target.value })}
            />
            <TextField
              label="Then wait, minutes"
              help="How late it may be before somebody is paged"
              type="number"
              min={1}
              value={of.grace}
              error={wrong('graceMinutes')}
              onChange={(event) => setOf({ ...of, grace: event.target.value })}
            />
            {add.error && !isPlaced && <FieldError>{messageOf(add.error)}</FieldError>}
          </div>
        )}
      </Dialog>
    </>
  )
}
