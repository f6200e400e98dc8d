'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, pathOf, useTRPC } from '../../trpc.tsx'
import { Button } from '../../ui/button.tsx'
import { RadioCards } from '../../ui/choice.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { FieldError, TextField } from '../../ui/field.tsx'

/** Makes an empty repository; a push by who may make one does the same. */
export function NewRepository({
  account,
  defaultVisibility,
}: {
  account: string
  defaultVisibility: 'public' | 'private'
}) {
  const router = useRouter()
  const [open, setOpen] = useState(false)
  const create = useMutation(useTRPC().registry.repository.create.mutationOptions())
  const path = create.error ? pathOf(create.error) : undefined
  const submit = async (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const name = String(form.get('name') ?? '').trim()
    try {
      await create.mutateAsync({
        account,
        name,
        description: String(form.get('description') ?? ''),
        visibility: form.get('visibility') === 'public' ? 'public' : 'private',
      })
      router.push(`/${account}/repositories/${name}`)
    } catch {
      // The form says why.
    }
  }
  return (
    <>
      <Button variant="primary" icon="plus" onClick={() => setOpen(true)}>
        New repository
      </Button>
      <Dialog
        open={open}
        onOpenChange={(next) => {
          setOpen(next)
          create.reset()
        }}
        title={`New repository in ${account}`}
      >
        <form className="stack" onSubmit={(event) => void submit(event)}>
          <TextField
            label="Name"
            name="name"
            required
            maxLength={80}
            autoComplete="off"
            error={path === 'name' ? messageOf(create.error) : undefined}
          />
          <TextField label="Description" name="description" maxLength={200} />
          <RadioCards
            legend="Visibility"
            name="visibility"
            defaultValue={defaultVisibility}
            options={[
              { value: 'private', label: 'Private', consequence: 'Only people, teams and robots with access pull it.' },
              { value: 'public', label: 'Public', consequence: 'Everybody finds and pulls it, without signing in.' },
            ]}
          />
          {create.error && path !== 'name' && <FieldError>{messageOf(create.error)}</FieldError>}
          <div className="dialog-foot">
            <Button onClick={() => setOpen(false)}>Cancel</Button>
            <Button type="submit" variant="primary" busy={create.isPending}>
              Make the repository
            </Button>
          </div>
        </form>
      </Dialog>
    </>
  )
}
