'use client'

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, useTRPC } from '../../../trpc.tsx'
import { Button } from '../../../ui/button.tsx'
import { RadioCards } from '../../../ui/choice.tsx'
import { ConfirmDialog } from '../../../ui/confirm-dialog.tsx'
import { FieldError, TextareaField } from '../../../ui/field.tsx'
import { Panel } from '../../../ui/panel.tsx'
import { Forbidden } from '../../../ui/states.tsx'
import { Time } from '../../../ui/time.tsx'
import { toast } from '../../../ui/toast.tsx'
import { counted, shown } from '../words.ts'

const OPTIONS = [
  {
    value: 'clear',
    label: 'Clear as false positive',
    consequence: 'Erases its strikes, starts it again, and leaves its executable alone for 30 days.',
  },
  { value: 'throttle', label: 'Slow to a tenth of a core', consequence: 'Stays up. No strike.' },
  { value: 'stop', label: 'Stop its containers', consequence: 'Stops what runs of the app now. No strike.' },
  { value: 'delete', label: 'Delete the app', consequence: 'Volumes and configuration are kept for 7 days.' },
  { value: 'suspend', label: 'Suspend the owner', consequence: 'Stops everything it runs until that is lifted.' },
  {
    value: 'hijacked',
    label: 'Account was hijacked',
    consequence: 'What the stopped containers used is proposed as credit.',
  },
  { value: 'close', label: 'Close the case', consequence: 'Its strikes stay and count until they expire.' },
] as const
type Decision = (typeof OPTIONS)[number]['value']
const DANGER: ReadonlySet<Decision> = new Set<Decision>(['stop', 'delete', 'suspend'])

/** What the machine does next by itself, and what an admin may do instead, with a reason. */
export function Decide({
  id,
  app,
  state,
  isAdmin,
  hasAccount,
  next,
}: {
  id: string
  app: string
  state: string
  isAdmin: boolean
  hasAccount: boolean
  next: { words: string; at: string | null }
}) {
  const [decision, setDecision] = useState<Decision>('clear')
  const [reason, setReason] = useState('')
  const [asks, setAsks] = useState(false)
  const router = useRouter()
  const overrule = useMutation(
    useTRPC().abuse.overrule.mutationOptions({
      onSuccess: () => {
        toast(`AB-${id} is decided`)
        setReason('')
        router.refresh()
      },
    }),
  )
  const gone = state === 'deleted' ? new Set<Decision>(['throttle', 'stop', 'delete']) : new Set<Decision>()
  const options = OPTIONS.filter(({ value }) => !gone.has(value) && (hasAccount || value !== 'hijacked'))
  const chosen = options.find(({ value }) => value === decision) ?? options[0]
  const name = shown(app, 60)
  return (
    <Panel title="Decide">
      <p className="mt-0 mb-3 text-sm">
        <b>By itself:</b> {next.words} {next.at && <Time at={next.at} />}
      </p>
      {state === 'closed' ? null : isAdmin ? (
        <form
          className="grid gap-3"
          onSubmit={(event) => {
            event.preventDefault()
            if (DANGER.has(decision)) setAsks(true)
            else overrule.mutate({ id, decision, reason })
          }}
        >
          <RadioCards
            legend="Instead"
            name="decision"
            value={decision}
            onChange={(value) => setDecision(value as Decision)}
            options={options}
          />
          <TextareaField
            label="Reason, shown to the owner"
            rows={3}
            value={reason}
            onChange={(event) => setReason(event.target.value)}
          />
          {overrule.error && <FieldError>{messageOf(overrule.error)}</FieldError>}
          <Button variant={DANGER.has(decision) ? 'danger' : 'primary'} busy={overrule.isPending} type="submit">
            {chosen?.label ?? 'Decide'}
          </Button>
          <ConfirmDialog
            open={asks}
            onOpenChange={setAsks}
            title={`${chosen?.label} of ${name}?`}
            confirm={chosen?.label ?? 'Decide'}
            typeName={name}
            onConfirm={() => overrule.mutateAsync({ id, decision, reason })}
          >
            {chosen?.consequence} The owner is told with your reason.
          </ConfirmDialog>
        </form>
      ) : (
        <Forbidden needs="admin" grantedBy="an admin. You can read everything and take the case" />
      )}
    </Panel>
  )
}

/** Takes the case, or gives it back. */
export function AssignButton({ id, assignedTo }: { id: string; assignedTo: string | null }) {
  const router = useRouter()
  const assign = useMutation(
    useTRPC().abuse.assign.mutationOptions({
      onSuccess: () => router.refresh(),
      onError: (error) => toast(messageOf(error), { failed: true }),
    }),
  )
  return (
    <Button busy={assign.isPending} onClick={() => assign.mutate({ id, mine: assignedTo === null })}>
      {assignedTo === null ? 'Assign to me' : `With ${assignedTo}: give back`}
    </Button>
  )
}

/** Saves the case as one document with its digest. */
export function ExportButton({ id }: { id: string }) {
  const trpc = useTRPC()
  const client = useQueryClient()
  const [busy, setBusy] = useState(false)
  const save = async () => {
    setBusy(true)
    try {
      const { name, content, digest } = await client.fetchQuery(trpc.abuse.export.queryOptions({ id }))
      const url = URL.createObjectURL(new Blob([content], { type: 'application/json' }))
      Object.assign(document.createElement('a'), { href: url, download: name }).click()
      URL.revokeObjectURL(url)
      toast(`Saved ${name}, SHA-256 ${digest.slice(0, 16)}…`)
    } catch (error) {
      toast(messageOf(error), { failed: true })
    } finally {
      setBusy(false)
    }
  }
  return (
    <Button busy={busy} onClick={() => void save()}>
      Export
    </Button>
  )
}

/** Gives a deleted app back while what was kept of it is there. */
export function RestoreButton({ deletion, app, keepUntil }: { deletion: string; app: string; keepUntil: string }) {
  const [asks, setAsks] = useState(false)
  const [reason, setReason] = useState('')
  const router = useRouter()
  const restore = useMutation(
    useTRPC().abuse.restore.mutationOptions({
      onSuccess: ({ containers }) => {
        toast(`${counted(containers, 'container')} ${containers === 1 ? 'is' : 'are'} made again`)
        router.refresh()
      },
    }),
  )
  return (
    <div className="grid gap-2">
      <p className="dim mb-0 text-sm">
        Kept until <Time at={keepUntil} show="absolute" />.
      </p>
      <TextareaField
        label="Why it comes back"
        rows={2}
        value={reason}
        onChange={(event) => setReason(event.target.value)}
      />
      {restore.error && <FieldError>{messageOf(restore.error)}</FieldError>}
      <Button onClick={() => setAsks(true)} busy={restore.isPending}>
        Restore the app
      </Button>
      <ConfirmDialog
        open={asks}
        onOpenChange={setAsks}
        title={`Restore ${app}?`}
        confirm="Restore the app"
        danger={false}
        onConfirm={() => restore.mutateAsync({ deletion, reason })}
      >
        Its containers are made again beside their volumes, and the deletion counts no more.
      </ConfirmDialog>
    </div>
  )
}
