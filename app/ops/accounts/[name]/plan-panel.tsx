'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { messageOf, useTRPC } from '../../../trpc.tsx'
import { Button } from '../../../ui/button.tsx'
import { FieldError, TextField } from '../../../ui/field.tsx'
import { Panel } from '../../../ui/panel.tsx'
import { toast } from '../../../ui/toast.tsx'

/** The plan whose default quotas the account has; what it is billed for is not changed here. */
export function PlanPanel({ account, plan, plans }: { account: string; plan: string; plans: readonly string[] }) {
  const router = useRouter()
  const change = useMutation(
    useTRPC().accounts.changePlan.mutationOptions({
      onSuccess: () => {
        toast('Quota plan changed. What is billed stays.')
        router.refresh()
      },
    }),
  )
  const submit = (event: React.FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    change.mutate({ account, plan: String(new FormData(event.currentTarget).get('plan') ?? '') })
  }
  return (
    <Panel title="Quota plan" sub="names the default quotas; billing is not changed">
      <form className="stack" onSubmit={submit}>
        <TextField
          key={plan}
          label="Quota plan"
          name="plan"
          defaultValue={plan}
          list="plans"
          required
          pattern="[a-z0-9][a-z0-9\-]*"
          maxLength={40}
          autoComplete="off"
          help="Takes effect with the next look at quotas, within a minute, until the account's plan is next changed, started or ended: billing then names it again. To change what is billed, the account changes its plan under Plan."
        />
        <datalist id="plans">
          {plans.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
        {change.error && <FieldError>{messageOf(change.error)}</FieldError>}
        <div>
          <Button type="submit" busy={change.isPending}>
            Change the quota plan
          </Button>
        </div>
      </form>
    </Panel>
  )
}
