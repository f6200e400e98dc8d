'use client'

import { useMutation } from '@tanstack/react-query'
import { messageOf, useTRPC } from '../../trpc.tsx'
import { Button } from '../../ui/button.tsx'
import { FieldError } from '../../ui/field.tsx'

/** Leads to Stripe, where the card is given or changed: its numbers never come here. */
export function CardButton({ account, to }: { account: string; to: 'checkout' | 'portal' }) {
  const trpc = useTRPC()
  const leave = ({ url }: { url: string }) => location.assign(url)
  const checkout = useMutation(trpc.billing.stripe.checkout.mutationOptions({ onSuccess: leave }))
  const portal = useMutation(trpc.billing.stripe.portal.mutationOptions({ onSuccess: leave }))
  const { error, isPending } = to === 'portal' ? portal : checkout
  return (
    <div className="stack">
      <div>
        <Button
          variant={to === 'checkout' ? 'primary' : undefined}
          busy={isPending}
          onClick={() => (to === 'portal' ? portal : checkout).mutate({ account })}
        >
          {to === 'portal' ? 'Change the card' : 'Pay by card'}
        </Button>
      </div>
      {error && <FieldError>{messageOf(error)}</FieldError>}
    </div>
  )
}
