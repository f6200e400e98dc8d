'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, useTRPC } from '../trpc.tsx'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { FieldError, TextField } from '../ui/field.tsx'

/** Makes an official image, for admins of the platform. */
export function NewOfficial() {
  const router = useRouter()
  const [open, setOpen] = useState(false)
  const create = useMutation(useTRPC().registry.createOfficial.mutationOptions())
  const submit = async (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    try {
      const { path } = await create.mutateAsync({
        name: String(form.get('name') ?? '').trim(),
        description: String(form.get('description') ?? ''),
      })
      router.push(`/${path.replace('/', '/repositories/')}/access`)
    } catch {
      // The form says why.
    }
  }
  return (
    <>
      <Button icon="plus" onClick={() => setOpen(true)}>
        New official image
      </Button>
      <Dialog
        open={open}
        onOpenChange={setOpen}
        title="New official image"
        text="It is public, has a short name, and is kept by the people you let write to it."
      >
        <form className="stack" onSubmit={(event) => void submit(event)}>
          <TextField label="Name" name="name" required maxLength={80} autoComplete="off" help="Such as alpine." />
          <TextField label="Description" name="description" maxLength={200} />
          {create.error && <FieldError>{messageOf(create.error)}</FieldError>}
          <div className="dialog-foot">
            <Button onClick={() => setOpen(false)}>Cancel</Button>
            <Button type="submit" variant="primary" busy={create.isPending}>
              Make the image
            </Button>
          </div>
        </form>
      </Dialog>
    </>
  )
}
