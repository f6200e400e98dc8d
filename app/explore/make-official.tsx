'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, useTRPC } from '../trpc.tsx'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { FieldError, TextField } from '../ui/field.tsx'
import { toast } from '../ui/toast.tsx'

/** Makes a public repository official, for admins of the platform. */
export function MakeOfficial({ path, name }: { path: string; name: string }) {
  const router = useRouter()
  const [open, setOpen] = useState(false)
  const make = useMutation(useTRPC().registry.makeOfficial.mutationOptions())
  const submit = async (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const called = String(new FormData(event.currentTarget).get('name') ?? '').trim()
    try {
      const done = await make.mutateAsync({ path, name: called })
      setOpen(false)
      toast(`It is on its way to ${done.path}.`)
      router.refresh()
    } catch {
      // The form says why.
    }
  }
  return (
    <>
      <Button onClick={() => setOpen(true)}>Make it official</Button>
      <Dialog
        open={open}
        onOpenChange={setOpen}
        title={`Make ${path} official?`}
        text="It gets a short name, and its old one leads there. Its account’s teams and robots no longer reach it; people with access keep it. To undo this, transfer it to an account in its settings."
      >
        <form className="stack" onSubmit={(event) => void submit(event)}>
          <TextField label="Short name" name="name" defaultValue={name} required maxLength={80} autoComplete="off" />
          {make.error && <FieldError>{messageOf(make.error)}</FieldError>}
          <div className="dialog-foot">
            <Button onClick={() => setOpen(false)}>Cancel</Button>
            <Button type="submit" variant="primary" busy={make.isPending}>
              Make it official
            </Button>
          </div>
        </form>
      </Dialog>
    </>
  )
}
