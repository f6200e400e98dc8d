'use client'

import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, pathOf, useTRPC } from '../../trpc.tsx'
import type { Offer } from '../../billing-parts/price-words.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { FieldError, TextField } from '../../ui/field.tsx'
import { Skeleton } from '../../ui/states.tsx'
import { toast } from '../../ui/toast.tsx'
import { ChangeBill } from './change-bill.tsx'
import type { PlanView } from './page.tsx'

/** Chooses a plan or a number: shows to the second what it costs or gives back, then does just that. */
export function ChangeDialog({
  account,
  view,
  offer,
  needsCard,
  open,
  onOpenChange,
}: {
  account: string
  view: PlanView
  offer: Offer
  needsCard: boolean
  open: boolean
  onOpenChange: (open: boolean) => void
}) {
  const trpc = useTRPC()
  const router = useRouter()
  const change = useMutation(trpc.billing.subscription.change.mutationOptions())
  const licensed = offer.terms.prices.filter((price) => price.model === 'licensed')
  const checkout = useMutation(trpc.billing.stripe.checkout.mutationOptions())
  const [counts, setCounts] = useState<Record<string, string>>(() =>
    Object.fromEntries(
      licensed.map((price) => [price.key, String(view.subscription.quantities[price.key] ?? price.included)]),
    ),
  )
  const [code, setCode] = useState('')
  const [fault, setFault] = useState<{ path: string | undefined; message: string }>()
  const quantities = Object.fromEntries(licensed.map(({ key }) => [key, Number(counts[key])]))
  const isCountable = Object.values(quantities).every((count) => Number.isSafeInteger(count) && count >= 0)
  const input = {
    account,
    planVersionId: offer.id,
    ...(licensed.length > 0 && { quantities }),
    ...(code.trim() && { coupon: code.trim() }),
  }
  const preview = useQuery({
    ...trpc.billing.subscription.preview.queryOptions(input),
    enabled: open && isCountable,
    placeholderData: keepPreviousData,
    // What is shown is what is charged, if it is confirmed within ten minutes.
    refetchInterval: 5 * 60_000,
    retry: false,
  })
  const shown = preview.data && !preview.isPlaceholderData && !preview.isError ? preview.data : undefined
  const wrong = (path: string) => (pathOf(preview.error) === path ? messageOf(preview.error) : undefined)
  const general = fault?.message ?? (preview.error && !pathOf(preview.error) ? messageOf(preview.error) : undefined)
  const isStart = view.isFree
  const plan = offer.planName
  const byCard = isStart && needsCard

  const submit = async () => {
    if (!shown) return
    try {
      const { at, netMinor } = shown
      await change.mutateAsync({
        ...input,
        ...(!isStart && { shown: { at: String(at), netMinor: String(netMinor) } }),
      })
      toast(isStart ? `${plan} has begun.` : `The account is on ${plan}.`)
      onOpenChange(false)
      router.refresh()
    } catch (error) {
      setFault({ path: pathOf(error), message: messageOf(error) })
      void preview.refetch()
    }
  }
  /** To Stripe's Checkout, which begins the plan once the card is given. */
  const leave = async () => {
    try {
      const { account: _, ...wish } = input
      const { url } = await checkout.mutateAsync({ account, plan: wish })
      location.assign(url)
    } catch (error) {
      setFault({ path: pathOf(error), message: messageOf(error) })
    }
  }
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={isStart ? `Start ${plan}` : offer.plan === view.version.plan ? `Change ${plan}` : `Change to ${plan}`}
      text="It takes effect at once. Limits follow with it."
      wide
      foot={
        <>
          <Button onClick={() => onOpenChange(false)}>Cancel</Button>
          <Button
            variant={byCard ? undefined : 'primary'}
            busy={change.isPending}
            disabled={!shown}
            onClick={() => void submit()}
          >
            {byCard ? 'Start and pay by invoice' : isStart ? `Start ${plan}` : 'Confirm the change'}
          </Button>
          {byCard && (
            <Button variant="primary" busy={checkout.isPending} disabled={!shown} onClick={() => void leave()}>
              Pay by card
            </Button>
          )}
        </>
      }
    >
      <div className="stack">
        {licensed.map((price) => (
          <TextField
            key={price.key}
            label={price.name}
            help={`${price.included} are included.`}
            inputMode="numeric"
            value={counts[price.key] ?? ''}
            error={isCountable ? wrong(`quantities.${price.key}`) : 'Type a whole number.'}
            onChange={(event) => setCounts({ ...counts, [price.key]: event.target.value })}
          />
        ))}
        {isStart && (
          <TextField
            label="Coupon"
            help="If you have one."
            value={code}
            error={wrong('coupon')}
            onChange={(event) => setCode(event.target.value)}
          />
        )}
        {preview.isPending ? <Skeleton rows={3} label="Working out what it costs" /> : null}
        {shown && <ChangeBill preview={shown} currency={offer.currency} />}
        {general && <FieldError>{general}</FieldError>}
      </div>
    </Dialog>
  )
}
