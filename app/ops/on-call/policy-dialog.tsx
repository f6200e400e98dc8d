'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, pathOf, useTRPC } from '../../trpc.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { FieldError, SelectField, TextField } from '../../ui/field.tsx'
import { MatcherFields } from '../alerts/matcher-fields.tsx'
import { numbered, targetWords, type Person, type PolicyOption, type Target } from './words.ts'

type Props = {
  policy: PolicyOption | null
  people: readonly Person[]
  schedules: readonly { id: string; name: string }[]
}

/** Makes an escalation policy, or changes one. */
export function EditPolicy(props: Props) {
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button size="sm" onClick={() => setOpen(true)}>
        {props.policy ? `Edit ${props.policy.name}` : 'Add a policy'}
      </Button>
      {open && <PolicyDialog {...props} onClose={() => setOpen(false)} />}
    </>
  )
}

function PolicyDialog({ policy, people, schedules, onClose }: Props & { onClose: () => void }) {
  const router = useRouter()
  const { savePolicy, removePolicy } = useTRPC().incidents.onCall
  const done = {
    onSuccess: () => {
      onClose()
      router.refresh()
    },
  }
  const save = useMutation(savePolicy.mutationOptions(done))
  const remove = useMutation(removePolicy.mutationOptions(done))
  const [of, setOf] = useState<Omit<PolicyOption, 'id'>>(
    policy ?? { name: '', steps: [{ afterMinutes: 0, targets: [] }], repeatMinutes: 5, matchers: [], position: 100 },
  )
  const choices: { value: string; label: string; target: Target }[] = [
    ...schedules.map(({ id }) => ({ value: `s${id}`, target: { schedule: id } })),
    ...people.map(({ id }) => ({ value: `u${id}`, target: { user: id } })),
  ].map((one) => ({ ...one, label: targetWords(one.target, schedules, people) }))
  const setStep = (n: number, next: PolicyOption['steps'][number]) =>
    setOf({ ...of, steps: of.steps.map((step, at) => (at === n ? next : step)) })
  const error = save.error ?? remove.error
  const path = pathOf(error)
  return (
    <Dialog
      open
      wide
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title={policy ? `Edit ${policy.name}` : 'Add a policy'}
      text="One step follows another until somebody acknowledges; the last one repeats."
      foot={
        <>
          {policy && (
            <Button variant="danger" busy={remove.isPending} onClick={() => remove.mutate({ id: policy.id })}>
              Remove {policy.name}
            </Button>
          )}
          <Button onClick={onClose}>Cancel</Button>
          <Button
            variant="primary"
            busy={save.isPending}
            onClick={() => save.mutate({ ...of, id: policy?.id ?? null })}
          >
            Save the policy
          </Button>
        </>
      }
    >
      <div className="stack">
        <TextField
          label="Name"
          value={of.name}
          maxLength={60}
          error={path === 'name' ? messageOf(error) : undefined}
          onChange={(event) => setOf({ ...of, name: event.target.value })}
        />
        {numbered(of.steps).map(({ place, n, of: step }) => (
          <fieldset key={place} className="layer">
            <legend className="label">Step {n + 1}</legend>
            {n > 0 && (
              <TextField
                label="Minutes after the step before"
                type="number"
                min={0}
                value={String(step.afterMinutes)}
                onChange={(event) => setStep(n, { ...step, afterMinutes: Number(event.target.value) })}
              />
            )}
            {numbered(step.targets).map(({ place: nth, n: at, of: target }) => (
              <div key={nth} className="row">
                <span>{targetWords(target, schedules, people)}</span>
                <Button
                  size="sm"
                  variant="ghost"
                  onClick={() => setStep(n, { ...step, targets: step.targets.filter((_, other) => other !== at) })}
                >
                  Take out
                </Button>
              </div>
            ))}
            <SelectField
              label={`Wakes in step ${n + 1}`}
              value=""
              options={[{ value: '', label: 'Choose who' }, ...choices]}
              onChange={(event) => {
                const found = choices.find(({ value }) => value === event.target.value)
                if (found) setStep(n, { ...step, targets: [...step.targets, found.target] })
              }}
            />
          </fieldset>
        ))}
        <div className="row">
          <Button size="sm" onClick={() => setOf({ ...of, steps: [...of.steps, { afterMinutes: 5, targets: [] }] })}>
            Add a step
          </Button>
          {of.steps.length > 1 && (
            <Button size="sm" variant="ghost" onClick={() => setOf({ ...of, steps: of.steps.slice(0, -1) })}>
              Remove step {of.steps.length}
            </Button>
          )}
        </div>
        <TextField
          label="Then again every, minutes"
          type="number"
          min={1}
          value={String(of.repeatMinutes)}
          onChange={(event) => setOf({ ...of, repeatMinutes: Number(event.target.value) })}
        />
        <fieldset className="layer">
          <legend className="label">Only for alerts with</legend>
          <MatcherFields matchers={of.matchers} change={(matchers) => setOf({ ...of, matchers })} />
          <p className="help">Without any it is for all that is critical. One on severity lets warnings page too.</p>
        </fieldset>
        <TextField
          label="Position"
          help="Policies are tried from the lowest on"
          type="number"
          min={0}
          value={String(of.position)}
          onChange={(event) => setOf({ ...of, position: Number(event.target.value) })}
        />
        {error && path !== 'name' && <FieldError>{messageOf(error)}</FieldError>}
      </div>
    </Dialog>
  )
}
