'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { messageOf, useTRPC } from '../../../../trpc.tsx'
import { Button } from '../../../../ui/button.tsx'
import { FieldError, SelectField, TextField } from '../../../../ui/field.tsx'
import { Panel } from '../../../../ui/panel.tsx'
import { toast } from '../../../../ui/toast.tsx'

/**
 * Renames a repository, or gives it to another account of the same person. An official image may go to any account: that is
 * how it stops being official.
 */
export function MovePanel({
  account,
  name,
  targets,
  official,
}: {
  account: string
  name: string
  targets: readonly string[]
  official: boolean
}) {
  const router = useRouter()
  const rename = useMutation(
    useTRPC().registry.repository.rename.mutationOptions({
      onSuccess: ({ path }) => {
        toast(`It is on its way to ${path}.`)
        router.refresh()
      },
    }),
  )
  return (
    <Panel title="Rename or transfer">
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault()
          const form = new FormData(event.currentTarget)
          rename.mutate({
            path: `${account}/${name}`,
            account: String(form.get('account')),
            name: String(form.get('name')).trim(),
          })
        }}
      >
        <div className="row items-end">
          {official ? (
            <TextField
              label="Account"
              name="account"
              defaultValue={account}
              required
              maxLength={64}
              autoComplete="off"
            />
          ) : (
            <SelectField
              label="Account"
              name="account"
              defaultValue={account}
              options={targets.map((target) => ({ value: target, label: target }))}
            />
          )}
          <TextField label="New name" name="name" defaultValue={name} required maxLength={80} autoComplete="off" />
          <Button type="submit" busy={rename.isPending}>
            Rename it
          </Button>
        </div>
        {rename.error && <FieldError>{messageOf(rename.error)}</FieldError>}
        <p className="help">
          Images keep their digests and are not copied. Pulls under the old name are led to the new one. In another
          account its teams and robots no longer reach it; people with access keep it.
        </p>
      </form>
    </Panel>
  )
}
