'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, pathOf, useTRPC } from '../../trpc.tsx'
import { Button } from '../../ui/button.tsx'
import { Checkbox, RadioCards } from '../../ui/choice.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { FieldError, SelectField, TextField } from '../../ui/field.tsx'

const DAYS = [
  { value: '30', label: 'in 30 days' },
  { value: '90', label: 'in 90 days' },
  { value: '365', label: 'in a year' },
  { value: '', label: 'never' },
]

/** Makes a robot; what comes back is its secret, which is shown once. */
export function NewRobot({
  account,
  repositories,
  onMade,
  onClose,
}: {
  account: string
  repositories: readonly string[]
  onMade: (made: { login: string; secret: string }) => void
  onClose: () => void
}) {
  const router = useRouter()
  const create = useMutation(useTRPC().registry.robots.create.mutationOptions())
  const [isEvery, setEvery] = useState(repositories.length === 0)
  const [chosen, setChosen] = useState<readonly string[]>([])
  const field = create.error ? pathOf(create.error) : undefined
  const submit = async (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const permission = form.get('permission') === 'write' ? ('write' as const) : ('read' as const)
    const days = String(form.get('days') ?? '')
    try {
      const { login, secret } = await create.mutateAsync({
        account,
        name: String(form.get('name') ?? '').trim(),
        description: String(form.get('description') ?? ''),
        reach: isEvery ? { every: permission } : { repositories: chosen.map((name) => ({ name, permission })) },
        expiresInDays: days === '' ? null : Number(days),
      })
      onMade({ login, secret })
    } catch {
      return
    }
    onClose()
    router.refresh()
  }
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={`New robot of ${account}`}>
      <form className="stack" onSubmit={(event) => void submit(event)}>
        <TextField
          label="Name"
          name="name"
          required
          maxLength={60}
          autoComplete="off"
          help={`It signs in as ${account}+NAME.`}
          error={field === 'name' ? messageOf(create.error) : undefined}
        />
        <TextField label="What it is for" name="description" maxLength={200} />
        <RadioCards
          legend="May"
          name="permission"
          defaultValue="read"
          options={[
            { value: 'read', label: 'Pull', consequence: 'For hosts and whatever only runs images.' },
            {
              value: 'write',
              label: 'Pull and push',
              consequence: 'For builds. With all repositories it may make new ones.',
            },
          ]}
        />
        <fieldset className="grid gap-1">
          <legend className="label">Repositories</legend>
          <Checkbox
            label="All, also later ones"
            checked={isEvery}
            onChange={(event) => setEvery(event.target.checked)}
          />
          {!isEvery &&
            repositories.map((name) => (
              <Checkbox
                key={name}
                label={name}
                checked={chosen.includes(name)}
                onChange={(event) =>
                  setChosen(event.target.checked ? [...chosen, name] : chosen.filter((one) => one !== name))
                }
              />
            ))}
        </fieldset>
        <SelectField label="It ends" name="days" options={DAYS} defaultValue="90" />
        {create.error && field !== 'name' && <FieldError>{messageOf(create.error)}</FieldError>}
        <div className="dialog-foot">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={create.isPending}>
            Make the robot
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
