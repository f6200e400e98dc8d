'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { messageOf, useTRPC } from '../../../trpc.tsx'
import { Button } from '../../../ui/button.tsx'
import { FieldError, TextField } from '../../../ui/field.tsx'
import { Panel } from '../../../ui/panel.tsx'
import { toast } from '../../../ui/toast.tsx'

/** The plan, which sets the account's default quotas. */
export function PlanPanel({ account, plan, plans }: { account: string; plan: string; plans: readonly string[] }) {
  const router = useRouter()
  const change = useMutation(
    useTRPC().accounts.changePlan.mutationOptions({
      onSuccess: () => {
        toast('Plan changed.')
        router.refresh()
      },
    }),
  )
  const submit = (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    change.mutate({ account, plan: String(new FormData(event.currentTarget).get('plan') ?? '') })
  }
  return (
    <Panel title="Plan" sub="sets the default quotas">
      <form className="stack" onSubmit={submit}>
        <TextField
          key={plan}
          label="Plan"
          name="plan"
          defaultValue={plan}
          list="plans"
          required
          pattern="[a-z0-9][a-z0-9\-]*"
          maxLength={40}
          autoComplete="off"
          help="Takes effect with the next look at quotas, within a minute."
        />
        <datalist id="plans">
          {plans.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
        {change.error && <FieldError>{messageOf(change.error)}</FieldError>}
        <div>
          <Button type="submit" busy={change.isPending}>
            Change the plan
          </Button>
        </div>
      </form>
    </Panel>
  )
}
