'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, pathOf, useTRPC } from '../../../trpc.tsx'
import { Button } from '../../../ui/button.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { FieldError, TextField } from '../../../ui/field.tsx'
import { toast } from '../../../ui/toast.tsx'

/** Makes a user on the admin's word; the mail's link sets the password. */
export function InviteUser() {
  const router = useRouter()
  const [open, setOpen] = useState(false)
  const invite = useMutation(useTRPC().accounts.users.invite.mutationOptions())
  const path = invite.error ? pathOf(invite.error) : undefined
  const change = (next: boolean) => {
    setOpen(next)
    invite.reset()
  }
  const submit = async (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const email = String(form.get('email') ?? '')
    try {
      await invite.mutateAsync({ email, name: String(form.get('name') ?? '') })
    } catch {
      return
    }
    setOpen(false)
    toast(`${email} gets a link that sets the password.`)
    router.refresh()
  }
  return (
    <>
      <Button variant="primary" icon="plus" onClick={() => change(true)}>
        Make a user
      </Button>
      <Dialog
        open={open}
        onOpenChange={change}
        title="Make a user"
        text="They get an account of their own, and a mail with the link that sets the password, good for three days."
      >
        <form className="stack" onSubmit={(event) => void submit(event)}>
          <TextField label="Name" name="name" required maxLength={80} autoComplete="off" />
          <TextField
            label="E-mail"
            name="email"
            type="email"
            required
            autoComplete="off"
            error={path === 'email' ? messageOf(invite.error) : undefined}
          />
          {invite.error && path !== 'email' && <FieldError>{messageOf(invite.error)}</FieldError>}
          <div className="dialog-foot">
            <Button onClick={() => change(false)}>Cancel</Button>
            <Button type="submit" variant="primary" busy={invite.isPending}>
              Make the user
            </Button>
          </div>
        </form>
      </Dialog>
    </>
  )
}
