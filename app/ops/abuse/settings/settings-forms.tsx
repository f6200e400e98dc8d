'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, useTRPC } from '../../../trpc.tsx'
import { Button } from '../../../ui/button.tsx'
import { FieldError, SelectField, TextareaField, TextField } from '../../../ui/field.tsx'
import { toast } from '../../../ui/toast.tsx'

const useSaved = (words: string) => {
  const router = useRouter()
  return {
    onSuccess: () => {
      toast(words)
      router.refresh()
    },
  }
}

/** Turns hold fire on or off, with a reason. */
export function HoldFireForm({ isOn }: { isOn: boolean }) {
  const [reason, setReason] = useState('')
  const holdFire = useMutation(
    useTRPC().abuse.holdFire.mutationOptions(useSaved(isOn ? 'Hold fire is off' : 'Hold fire is on')),
  )
  return (
    <form
      className="grid max-w-[480px] gap-3"
      onSubmit={(event) => {
        event.preventDefault()
        holdFire.mutate({ on: !isOn, reason }, { onSuccess: () => setReason('') })
      }}
    >
      <TextField label="Reason" value={reason} onChange={(event) => setReason(event.target.value)} />
      {holdFire.error && <FieldError>{messageOf(holdFire.error)}</FieldError>}
      <div className="row">
        <Button type="submit" variant={isOn ? 'primary' : 'danger'} busy={holdFire.isPending}>
          {isOn ? 'Act on abuse again' : 'Hold fire'}
        </Button>
      </div>
    </form>
  )
}

/** Accounts that are never acted on, a line each. */
export function ProtectedForm({ accounts }: { accounts: string }) {
  const [text, setText] = useState(accounts)
  const [reason, setReason] = useState('')
  const save = useMutation(useTRPC().abuse.changeSettings.mutationOptions(useSaved('Protected accounts are saved')))
  return (
    <form
      className="grid gap-3"
      onSubmit={(event) => {
        event.preventDefault()
        save.mutate({ protectedAccounts: text.split(/\s+/).filter(Boolean), reason })
      }}
    >
      <TextareaField
        label="Accounts, a line each"
        rows={4}
        className="input mono text-sm"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <TextField label="Reason for the change" value={reason} onChange={(event) => setReason(event.target.value)} />
      {save.error && <FieldError>{messageOf(save.error)}</FieldError>}
      <div className="row">
        <Button type="submit" busy={save.isPending}>
          Save protected accounts
        </Button>
      </div>
    </form>
  )
}

/** Lets containers run again under a label that is suspended. */
export function LiftLabelForm({ label }: { label: string }) {
  const [reason, setReason] = useState('')
  const lift = useMutation(useTRPC().abuse.liftLabel.mutationOptions(useSaved('The label is no longer suspended')))
  return (
    <form
      className="grid max-w-[480px] gap-3"
      onSubmit={(event) => {
        event.preventDefault()
        lift.mutate({ label, reason })
      }}
    >
      <TextField label="Reason to lift it" value={reason} onChange={(event) => setReason(event.target.value)} />
      {lift.error && <FieldError>{messageOf(lift.error)}</FieldError>}
      <div className="row">
        <Button type="submit" busy={lift.isPending}>
          Lift the suspension
        </Button>
      </div>
    </form>
  )
}

type Policy = 'forbidden' | 'throttled' | 'allowed'
const POLICIES = [
  { value: 'forbidden', label: 'Forbidden: stopped, a strike' },
  { value: 'throttled', label: 'Slowed to a tenth of a core' },
  { value: 'allowed', label: 'Allowed' },
]

type Cluster = { name: string; kind: string; gameServers: Policy }

/** What each cluster does with game servers. */
export function GamePolicyForm({ clusters, isAdmin }: { clusters: readonly Cluster[]; isAdmin: boolean }) {
  const [policy, setPolicy] = useState(Object.fromEntries(clusters.map(({ name, gameServers }) => [name, gameServers])))
  const [reason, setReason] = useState('')
  const save = useMutation(useTRPC().abuse.changeSettings.mutationOptions(useSaved('Cluster policies are saved')))
  return (
    <form
      className="grid max-w-[480px] gap-3"
      onSubmit={(event) => {
        event.preventDefault()
        save.mutate({ gamePolicy: policy, reason })
      }}
    >
      {clusters.map(({ name, kind }) => (
        <SelectField
          key={name}
          label={`${name} (${kind})`}
          disabled={!isAdmin}
          value={policy[name]}
          onChange={(event) => setPolicy({ ...policy, [name]: event.target.value as Policy })}
          options={POLICIES}
        />
      ))}
      {isAdmin && (
        <>
          <TextField label="Reason for the policy" value={reason} onChange={(event) => setReason(event.target.value)} />
          {save.error && <FieldError>{messageOf(save.error)}</FieldError>}
          <div className="row">
            <Button type="submit" busy={save.isPending}>
              Save cluster policies
            </Button>
          </div>
        </>
      )}
    </form>
  )
}
