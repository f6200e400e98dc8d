'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { messageOf, pathOf, useTRPC } from '../../trpc.tsx'
import { Button } from '../../ui/button.tsx'
import { RadioCards } from '../../ui/choice.tsx'
import { FieldError, TextField } from '../../ui/field.tsx'
import { Panel } from '../../ui/panel.tsx'
import { toast } from '../../ui/toast.tsx'

const ACTIONS = [
  { value: 'notify', label: 'Tell us', consequence: 'Nothing stops: owners, billing members and contacts get a mail.' },
  {
    value: 'throttle',
    label: 'Throttle containers',
    consequence: 'Each running container gets at most a tenth of a core, until the cap is lifted or the period ends.',
  },
  {
    value: 'stop',
    label: 'Stop containers',
    consequence: 'Running containers are stopped and start again when the cap is lifted or the period ends.',
  },
] as const
type Action = (typeof ACTIONS)[number]['value']

/** What the account wants to spend a billing period: a budget tells, a cap acts. */
export function BudgetForm({
  account,
  currency,
  budget,
  cap,
  capAction,
  running,
  mayEdit,
}: {
  account: string
  currency: string
  /** In major units, as they are typed. */
  budget: string
  cap: string
  capAction: Action
  /** Containers that the cap would act on now. */
  running: number
  mayEdit: boolean
}) {
  const router = useRouter()
  const set = useMutation(
    useTRPC().billing.profile.setBudget.mutationOptions({
      onSuccess: () => {
        toast('Budget and cap saved.')
        router.refresh()
      },
    }),
  )
  const path = set.error ? pathOf(set.error) : undefined
  const submit = (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const text = (name: string) => String(form.get(name) ?? '')
    set.mutate({ account, budget: text('budget'), cap: text('cap'), capAction: text('capAction') as Action })
  }
  const field = { inputMode: 'decimal' as const, autoComplete: 'off', placeholder: 'none' }
  return (
    <Panel id="budget" title="Budget and cap" sub={`${currency} a billing period, before tax`}>
      <form onSubmit={submit}>
        <fieldset className="stack m-0 border-0 p-0" disabled={!mayEdit}>
          <div className="split items-start">
            <TextField
              label="Budget"
              name="budget"
              defaultValue={budget}
              {...field}
              help="You are told at 50, 80 and 100 %, once each a period."
              error={path === 'budget' ? messageOf(set.error) : undefined}
            />
            <TextField
              label="Cap"
              name="cap"
              defaultValue={cap}
              {...field}
              help="You are told at 80 %. It acts within two minutes."
              error={path === 'cap' ? messageOf(set.error) : undefined}
            />
          </div>
          <RadioCards legend="At the cap" name="capAction" defaultValue={capAction} options={ACTIONS} />
          <p className="help">
            {running} {running === 1 ? 'container runs' : 'containers run'} now. Protected apps are never touched, data
            is kept, and storage is counted on. Usage alone counts, not what is paid in advance.
          </p>
          {set.error && path !== 'budget' && path !== 'cap' && <FieldError>{messageOf(set.error)}</FieldError>}
          {mayEdit ? (
            <div>
              <Button type="submit" variant="primary" busy={set.isPending}>
                Save budget and cap
              </Button>
            </div>
          ) : (
            <p className="help">Owners, admins and billing members change this.</p>
          )}
        </fieldset>
      </form>
    </Panel>
  )
}
