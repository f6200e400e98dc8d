'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, pathOf, useTRPC } from '../../trpc.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { FieldError, TextField } from '../../ui/field.tsx'
import { toast } from '../../ui/toast.tsx'

/** Makes an organization for its owner, who is invited where they have no user. */
export function NewOrganization() {
  const router = useRouter()
  const [open, setOpen] = useState(false)
  const create = useMutation(useTRPC().accounts.createFor.mutationOptions())
  const path = create.error ? pathOf(create.error) : undefined
  const change = (next: boolean) => {
    setOpen(next)
    create.reset()
  }
  const submit = async (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const text = (name: string) => String(form.get(name) ?? '')
    try {
      const made = await create.mutateAsync({
        name: text('name'),
        displayName: text('displayName'),
        ownerEmail: text('email'),
      })
      toast(made.invited ? `${made.name} is made; its owner is invited by mail.` : `${made.name} is made.`)
      router.push(`/ops/accounts/${made.name}`)
    } catch {
      // The form shows it.
    }
  }
  return (
    <>
      <Button variant="primary" icon="plus" onClick={() => change(true)}>
        Make an organization
      </Button>
      <Dialog open={open} onOpenChange={change} title="Make an organization">
        <form className="stack" onSubmit={(event) => void submit(event)}>
          <TextField
            label="Name"
            help="In labels and addresses; cannot be changed. Lowercase letters, digits, dots, hyphens."
            name="name"
            required
            minLength={2}
            maxLength={64}
            autoComplete="off"
            spellCheck={false}
            error={path === 'name' ? messageOf(create.error) : undefined}
          />
          <TextField label="Display name" name="displayName" required maxLength={80} autoComplete="off" />
          <TextField
            label="E-mail of the owner"
            help="Without a user they get an invitation, good for a week."
            name="email"
            type="email"
            required
            autoComplete="off"
          />
          {create.error && path !== 'name' && <FieldError>{messageOf(create.error)}</FieldError>}
          <div className="dialog-foot">
            <Button onClick={() => change(false)}>Cancel</Button>
            <Button type="submit" variant="primary" busy={create.isPending}>
              Make the organization
            </Button>
          </div>
        </form>
      </Dialog>
    </>
  )
}
