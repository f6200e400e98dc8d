'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, pathOf, useTRPC } from '../../trpc.tsx'
import { Button } from '../../ui/button.tsx'
import { RadioCards } from '../../ui/choice.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { FieldError, TextField } from '../../ui/field.tsx'
import { toast } from '../../ui/toast.tsx'
import { type Role, rolesToGive } from './role.ts'

/** Invites somebody by mail. */
export function InviteButton({ account, mayMakeOwners }: { account: string; mayMakeOwners: boolean }) {
  const router = useRouter()
  const [open, setOpen] = useState(false)
  const invite = useMutation(useTRPC().accounts.invitations.create.mutationOptions())
  const path = invite.error ? pathOf(invite.error) : undefined

  const submit = async (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const email = String(form.get('email') ?? '')
    try {
      await invite.mutateAsync({ account, email, role: String(form.get('role')) as Role })
    } catch {
      return
    }
    setOpen(false)
    toast(`Invitation on its way to ${email}.`)
    router.refresh()
  }
  const change = (next: boolean) => {
    setOpen(next)
    invite.reset()
  }
  return (
    <>
      <Button variant="primary" icon="plus" onClick={() => change(true)}>
        Invite a member
      </Button>
      <Dialog
        open={open}
        onOpenChange={change}
        title={`Invite somebody to ${account}`}
        text="The mail's link works once, within a week."
      >
        <form className="stack" onSubmit={(event) => void submit(event)}>
          <TextField
            label="E-mail"
            name="email"
            type="email"
            required
            autoComplete="off"
            error={path === 'email' ? messageOf(invite.error) : undefined}
          />
          <RadioCards legend="Role" name="role" options={rolesToGive(mayMakeOwners)} defaultValue="member" />
          {invite.error && path !== 'email' && <FieldError>{messageOf(invite.error)}</FieldError>}
          <div className="dialog-foot">
            <Button onClick={() => change(false)}>Cancel</Button>
            <Button type="submit" variant="primary" busy={invite.isPending}>
              Send the invitation
            </Button>
          </div>
        </form>
      </Dialog>
    </>
  )
}
