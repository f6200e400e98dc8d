'use client'

import type { Caller } from '#server/router.ts'
import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, useTRPC } from '../trpc.tsx'
import { Button } from '../ui/button.tsx'
import { Checkbox } from '../ui/choice.tsx'
import { CopyText } from '../ui/copy-text.tsx'
import { FieldError, SelectField, TextField } from '../ui/field.tsx'
import { Banner } from '../ui/status.tsx'
import type { Whose } from './tokens-panel.tsx'

type Scope = Parameters<Caller['accounts']['tokens']['create']>[0]['scopes'][number]

const MEANS: Record<string, string> = {
  read: 'Sees what you see in accounts.',
  write: 'Changes what you may change in accounts.',
  operate: 'Does what operators do: hosts, commands, quotas.',
  admin: 'Does what admins do: holds, roles, plans.',
}
const LIVES = [
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: 'a year' },
  { value: '', label: 'no end' },
]

/** Names a token, gives it scopes and an end, and shows its text this once. */
export function NewToken({
  whose,
  scopes,
  onClose,
}: {
  whose: Exclude<Whose, { of: 'robots' }>
  scopes: readonly string[]
  onClose: () => void
}) {
  const router = useRouter()
  const trpc = useTRPC()
  const [made, setMade] = useState<{ name: string; token: string }>()
  const [fault, setFault] = useState<string>()
  const mine = useMutation(trpc.accounts.tokens.create.mutationOptions())
  const forAccount = useMutation(trpc.accounts.tokens.createForAccount.mutationOptions())
  const error = mine.error ?? forAccount.error

  const submit = async (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const chosen = form.getAll('scope').map(String) as Scope[]
    setFault(chosen.length === 0 ? 'Choose what it may do.' : undefined)
    if (chosen.length === 0) return
    const days = String(form.get('days') ?? '')
    const input = {
      name: String(form.get('name') ?? ''),
      scopes: chosen,
      expiresInDays: days === '' ? null : Number(days),
    }
    try {
      const { token } =
        whose.of === 'me'
          ? await mine.mutateAsync(input)
          : await forAccount.mutateAsync({ ...input, account: whose.account })
      setMade({ name: input.name, token })
      router.refresh()
    } catch {
      // The form shows it.
    }
  }
  if (made) {
    return (
      <div className="stack panel-body">
        <Banner status="operational" title={`Token ${made.name} is made`} live>
          Copy it now: it is not shown again. The CLI reads it from WHARF_TOKEN.
        </Banner>
        <CopyText text={made.token} label="Copy the token" wrap />
        <div>
          <Button onClick={onClose}>I have kept it</Button>
        </div>
      </div>
    )
  }
  return (
    <form className="stack panel-body border-b border-hair" onSubmit={(event) => void submit(event)}>
      <TextField label="Name" help="What will use it." name="name" required maxLength={80} placeholder="ci" autoFocus />
      <fieldset className="grid gap-1">
        <legend className="label">It may</legend>
        {scopes.map((scope) => (
          <Checkbox
            key={scope}
            label={scope}
            detail={MEANS[scope]}
            name="scope"
            value={scope}
            defaultChecked={scope === 'read'}
          />
        ))}
      </fieldset>
      <SelectField label="It ends after" name="days" options={LIVES} defaultValue="90" />
      {(fault ?? error) && <FieldError>{fault ?? messageOf(error)}</FieldError>}
      <div className="row">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" busy={mine.isPending || forAccount.isPending}>
          Make the token
        </Button>
      </div>
    </form>
  )
}
