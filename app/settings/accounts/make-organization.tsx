'use client'

import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { messageOf, pathOf, useTRPC } from '../../trpc.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { FieldError, TextField } from '../../ui/field.tsx'

/** Makes an organization that the person owns. */
export function MakeOrganization() {
  const [open, setOpen] = useState(false)
  const create = useMutation(useTRPC().accounts.create.mutationOptions())
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
      const made = await create.mutateAsync({ name: text('name'), displayName: text('displayName') })
      location.assign(`/${made.name}/members`)
    } catch {
      // The form shows it.
    }
  }
  return (
    <>
      <Button variant="primary" icon="plus" onClick={() => change(true)}>
        Make an organization
      </Button>
      <Dialog
        open={open}
        onOpenChange={change}
        title="Make an organization"
        text="You are its owner and invite others."
      >
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
          <TextField label="Display name" name="displayName" required maxLength={80} autoComplete="organization" />
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
