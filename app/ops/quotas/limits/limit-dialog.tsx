'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, pathOf, useTRPC } from '../../../trpc.tsx'
import { Button } from '../../../ui/button.tsx'
import { RadioCards } from '../../../ui/choice.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { FieldError, SelectField, TextField } from '../../../ui/field.tsx'
import { toast } from '../../../ui/toast.tsx'
import { stored, typed, unitsOf } from './amount.ts'
import type { LimitRow } from './page.tsx'

const METERS = [
  { value: 'memory', label: 'Memory' },
  { value: 'disk', label: 'Disk' },
  { value: 'logs', label: 'Logs' },
  { value: 'egress', label: 'Egress in the month' },
  { value: 'containers', label: 'Running containers' },
] as const
const SCOPES = [
  { value: 'account', label: 'The account in all' },
  { value: 'app', label: 'Each app' },
  { value: 'container', label: 'Each container' },
] as const
type Meter = (typeof METERS)[number]['value']
type Scope = (typeof SCOPES)[number]['value']
type Action = 'notice' | 'throttle' | 'stop' | 'truncate_log'

/** Sets a limit of a plan, an account or an app; of an existing one, everything but whose and of what it is. */
export function LimitDialog({
  open,
  onOpenChange,
  kind,
  of,
}: {
  open: boolean
  onOpenChange: (open: boolean) => void
  kind: 'plan' | 'account'
  of: LimitRow | null
}) {
  const trpc = useTRPC()
  const router = useRouter()
  const set = useMutation(trpc.usage.quotas.set.mutationOptions())
  const [owner, setOwner] = useState(of?.plan ?? of?.account ?? (kind === 'plan' ? 'free' : ''))
  const [app, setApp] = useState(of?.app ?? '')
  const [meter, setMeter] = useState<Meter>((of?.meter as Meter | undefined) ?? 'memory')
  const [scope, setScope] = useState<Scope>(of?.scope ?? 'account')
  const [soft, setSoft] = useState(() => typed(meter, of?.soft ?? null))
  const [hard, setHard] = useState(() => typed(meter, of?.hard ?? null))
  const [grace, setGrace] = useState(String(Math.round((of?.graceSeconds ?? 600) / 60)))
  const [action, setAction] = useState<Action>((of?.action as Action | undefined) ?? 'notice')
  const [fault, setFault] = useState<{ path: string | undefined; message: string }>()
  const wrong = (path: string) => (fault?.path === path ? fault.message : undefined)
  const units = unitsOf(meter).map(({ label }) => ({ value: label, label }))

  const submit = async () => {
    const amounts = { soft: stored(meter, soft.text, soft.unit), hard: stored(meter, hard.text, hard.unit) }
    const bad = (['soft', 'hard'] as const).find((name) => amounts[name] === undefined)
    if (bad) return setFault({ path: bad, message: 'Type a number, such as 16 or 1.5.' })
    const minutes = Number(grace)
    if (!Number.isInteger(minutes)) return setFault({ path: 'graceSeconds', message: 'Type whole minutes.' })
    try {
      await set.mutateAsync({
        owner:
          kind === 'plan' ? { plan: owner } : { account: owner.trim(), ...(app.trim() ? { app: app.trim() } : {}) },
        scope,
        meter,
        soft: amounts.soft?.toString() ?? null,
        hard: amounts.hard?.toString() ?? null,
        graceSeconds: minutes * 60,
        action,
      })
      toast('The limit is set. It holds from the next judgement, within a minute.')
      onOpenChange(false)
      router.refresh()
    } catch (error) {
      setFault({ path: pathOf(error), message: messageOf(error) })
    }
  }

  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={of ? `Change the limit of ${owner}` : 'Set a limit'}
      text="It replaces the one of the same owner, scope and meter. The change goes to the audit log."
      foot={
        <>
          <Button onClick={() => onOpenChange(false)}>Cancel</Button>
          <Button variant="primary" busy={set.isPending} onClick={() => void submit()}>
            Set the limit
          </Button>
        </>
      }
    >
      <div className="stack">
        {kind === 'plan' ? (
          <SelectField
            label="Plan"
            value={owner}
            disabled={of !== null}
            options={['free', 'team', 'business', 'cloud'].map((plan) => ({ value: plan, label: plan }))}
            onChange={(event) => setOwner(event.target.value)}
          />
        ) : (
          <>
            <TextField
              label="Account"
              value={owner}
              disabled={of !== null}
              error={wrong('account')}
              onChange={(event) => setOwner(event.target.value)}
            />
            <TextField
              label="App"
              help="Leave it empty for all apps of the account."
              value={app}
              disabled={of !== null}
              onChange={(event) => setApp(event.target.value)}
            />
          </>
        )}
        <div className="grid grid-cols-2 items-start gap-3">
          <SelectField
            label="Meter"
            value={meter}
            disabled={of !== null}
            options={METERS}
            onChange={(event) => {
              const next = event.target.value as Meter
              setMeter(next)
              setSoft(typed(next, null))
              setHard(typed(next, null))
              if (next !== 'logs' && action === 'truncate_log') setAction('notice')
            }}
          />
          <SelectField
            label="Counted for"
            value={scope}
            disabled={of !== null}
            error={wrong('scope')}
            options={SCOPES}
            onChange={(event) => setScope(event.target.value as Scope)}
          />
        </div>
        <div className="grid grid-cols-[1fr_8rem] items-start gap-3">
          <TextField
            label="Soft limit"
            help="The owner is told."
            inputMode="decimal"
            value={soft.text}
            error={wrong('soft')}
            onChange={(event) => setSoft({ ...soft, text: event.target.value })}
          />
          <SelectField
            label="Its unit"
            value={soft.unit}
            options={units}
            onChange={(event) => setSoft({ ...soft, unit: event.target.value })}
          />
          <TextField
            label="Hard limit"
            help="After the grace the action follows."
            inputMode="decimal"
            value={hard.text}
            error={wrong('hard')}
            onChange={(event) => setHard({ ...hard, text: event.target.value })}
          />
          <SelectField
            label="Its unit"
            value={hard.unit}
            options={units}
            onChange={(event) => setHard({ ...hard, unit: event.target.value })}
          />
        </div>
        <TextField
          label="Grace, min"
          inputMode="numeric"
          value={grace}
          error={wrong('graceSeconds')}
          onChange={(event) => setGrace(event.target.value)}
        />
        <RadioCards
          legend="Over the hard limit, when the grace is over"
          name="action"
          value={action}
          onChange={(value) => setAction(value as Action)}
          options={[
            { value: 'notice', label: 'Notice only', consequence: 'The owner is told. Nothing is stopped.' },
            { value: 'throttle', label: 'Throttle', consequence: 'The largest containers get a fifth of a core.' },
            {
              value: 'stop',
              label: 'Stop',
              consequence: 'Containers are stopped, the largest first, until the limit holds.',
            },
            ...(meter === 'logs'
              ? [{ value: 'truncate_log', label: 'Truncate the log', consequence: 'What the log holds is lost.' }]
              : []),
          ]}
        />
        {(wrong('action') ?? (fault && !fault.path)) && <FieldError>{fault?.message}</FieldError>}
      </div>
    </Dialog>
  )
}
