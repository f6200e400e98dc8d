'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, useTRPC } from '../../../trpc.tsx'
import { Button } from '../../../ui/button.tsx'
import { FieldError, TextareaField, TextField } from '../../../ui/field.tsx'
import { toast } from '../../../ui/toast.tsx'

/** A list's names, a line each, and where they come from. */
export function ListEditor(list: { name: string; source: string; entries: string; isAdmin: boolean }) {
  const [source, setSource] = useState(list.source)
  const [entries, setEntries] = useState(list.entries)
  const router = useRouter()
  const save = useMutation(
    useTRPC().abuse.saveList.mutationOptions({
      onSuccess: () => {
        toast(`${list.name} is saved; hosts get it now`)
        router.refresh()
      },
    }),
  )
  return (
    <form
      className="grid max-w-[640px] gap-3"
      onSubmit={(event) => {
        event.preventDefault()
        save.mutate({ name: list.name, source, entries: entries.split(/\s+/).filter(Boolean) })
      }}
    >
      <TextareaField
        label={`Names of ${list.name}, a line each`}
        rows={10}
        className="input mono text-xs"
        spellCheck={false}
        readOnly={!list.isAdmin}
        value={entries}
        onChange={(event) => setEntries(event.target.value)}
        help="A name matches itself and everything below it."
      />
      <TextField
        label="Source"
        readOnly={!list.isAdmin}
        value={source}
        onChange={(event) => setSource(event.target.value)}
      />
      {save.error && <FieldError>{messageOf(save.error)}</FieldError>}
      {list.isAdmin && (
        <div className="row">
          <Button variant="primary" type="submit" busy={save.isPending}>
            Save the list
          </Button>
        </div>
      )}
    </form>
  )
}
