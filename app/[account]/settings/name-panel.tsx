'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { messageOf, useTRPC } from '../../trpc.tsx'
import { Button } from '../../ui/button.tsx'
import { FieldError, TextField } from '../../ui/field.tsx'
import { Panel } from '../../ui/panel.tsx'
import { toast } from '../../ui/toast.tsx'

/** The name that people read. */
export function NamePanel({
  account,
  displayName,
  mayRename,
}: {
  account: string
  displayName: string
  mayRename: boolean
}) {
  const router = useRouter()
  const rename = useMutation(
    useTRPC().accounts.rename.mutationOptions({
      onSuccess: () => {
        toast('Name changed.')
        router.refresh()
      },
    }),
  )
  const submit = (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    rename.mutate({ account, displayName: String(new FormData(event.currentTarget).get('displayName') ?? '') })
  }
  return (
    <Panel title="Display name">
      <form className="stack" onSubmit={submit}>
        <TextField
          label="Name people read"
          name="displayName"
          defaultValue={displayName}
          required
          maxLength={80}
          disabled={!mayRename}
          help={mayRename ? undefined : 'Owners and admins change it, while there is no hold.'}
        />
        {rename.error && <FieldError>{messageOf(rename.error)}</FieldError>}
        {mayRename && (
          <div>
            <Button type="submit" variant="primary" busy={rename.isPending}>
              Change the name
            </Button>
          </div>
        )}
      </form>
    </Panel>
  )
}
