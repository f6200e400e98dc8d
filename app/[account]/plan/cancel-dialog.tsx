'use client'

import { useMutation, useQuery } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, useTRPC } from '../../trpc.tsx'
import { Button } from '../../ui/button.tsx'
import { RadioCards } from '../../ui/choice.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { FieldError } from '../../ui/field.tsx'
import { moneyText } from '../../ui/format.ts'
import { Time } from '../../ui/time.tsx'
import { toast } from '../../ui/toast.tsx'
import type { PlanView } from './page.tsx'

type When = 'period_end' | 'now'

/** Ends the plan: with what is paid for, or now with the rest given back. */
export function CancelDialog({
  account,
  view: { version, subscription },
  open,
  onOpenChange,
}: {
  account: string
  view: PlanView
  open: boolean
  onOpenChange: (open: boolean) => void
}) {
  const trpc = useTRPC()
  const router = useRouter()
  const [when, setWhen] = useState<When>('period_end')
  const [fault, setFault] = useState<string>()
  const preview = useQuery({ ...trpc.billing.subscription.previewCancel.queryOptions({ account }), enabled: open })
  const cancel = useMutation(trpc.billing.subscription.cancel.mutationOptions())
  const back = BigInt(preview.data?.backMinor ?? 0)
  const plan = version.planName
  const submit = async () => {
    try {
      await cancel.mutateAsync({ account, when })
      toast(when === 'now' ? `${plan} has ended. The account is on Free.` : `${plan} ends with what is paid for.`)
      onOpenChange(false)
      router.refresh()
    } catch (error) {
      setFault(messageOf(error))
    }
  }
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={`Cancel ${plan}?`}
      text="The account is on Free afterwards. What is over its limits becomes read-only; nothing is deleted."
      foot={
        <>
          <Button onClick={() => onOpenChange(false)}>Keep {plan}</Button>
          <Button variant="danger" busy={cancel.isPending} onClick={() => void submit()}>
            Cancel {plan}
          </Button>
        </>
      }
    >
      <div className="stack">
        <RadioCards
          legend="When"
          name="when"
          value={when}
          onChange={(value) => setWhen(value as When)}
          options={[
            ...(subscription.cancelAtPeriodEnd
              ? []
              : [
                  {
                    value: 'period_end',
                    label: subscription.state === 'trialing' ? 'At the end of the trial' : 'With what is paid for',
                    consequence: (
                      <>
                        On <Time at={subscription.paidUntil} show="absolute" />. Nothing is given back; usage until then
                        is billed.
                      </>
                    ),
                  },
                ]),
            {
              value: 'now',
              label: 'Now',
              consequence:
                back > 0n
                  ? `${moneyText(back, version.currency)} before tax is credited for the unused rest, to the second. Usage until now is billed.`
                  : 'Usage until now is billed. There is no unused rest to give back.',
            },
          ]}
        />
        {(fault ?? preview.error) && <FieldError>{fault ?? messageOf(preview.error)}</FieldError>}
      </div>
    </Dialog>
  )
}
