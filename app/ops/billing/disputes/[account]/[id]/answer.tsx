'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, useTRPC } from '../../../../../trpc.tsx'
import { Button } from '../../../../../ui/button.tsx'
import { RadioCards } from '../../../../../ui/choice.tsx'
import { FieldError, TextareaField } from '../../../../../ui/field.tsx'
import { moneyText } from '../../../../../ui/format.ts'
import { toast } from '../../../../../ui/toast.tsx'

type Settled = 'open_balance' | 'credit' | 'refund' | 'adjustment'

/** Corrects by what the replay comes to, or answers that the line stands. Either way the customer is told. */
export function Answer({
  accountId,
  id,
  off,
  currency,
  open,
  paid,
}: {
  accountId: string
  id: string
  /** What the replay takes off before tax, negative; minor units. */
  off: string
  currency: string
  open: string
  paid: string
}) {
  const less = -BigInt(off)
  const canUphold = less > 0n
  const offered = [
    {
      value: 'open_balance' as const,
      label: 'Credit note, off what is open',
      consequence: `${moneyText(BigInt(open), currency)} is open now.`,
      isOffered: BigInt(open) > 0n,
    },
    {
      value: 'credit' as const,
      label: 'Credit note, kept as credit',
      consequence: 'The next invoices use it.',
      isOffered: BigInt(paid) > 0n,
    },
    {
      value: 'refund' as const,
      label: 'Credit note, refunded',
      consequence: 'The money goes back the way it came.',
      isOffered: BigInt(paid) > 0n,
    },
    {
      value: 'adjustment' as const,
      label: 'Line on the next invoice',
      consequence: 'The next invoice takes it off before tax.',
      isOffered: true,
    },
  ].filter(({ isOffered }) => isOffered)
  const [settled, setSettled] = useState<Settled>(offered[0]?.value ?? 'adjustment')
  const [answer, setAnswer] = useState('')
  const router = useRouter()
  const trpc = useTRPC()
  const done = (word: string) => ({
    onSuccess: () => {
      toast(`Q-${id} is ${word}`)
      router.refresh()
    },
  })
  const uphold = useMutation(trpc.billing.evidence.disputes.uphold.mutationOptions(done('corrected')))
  const reject = useMutation(trpc.billing.evidence.disputes.reject.mutationOptions(done('answered')))
  const error = uphold.error ?? reject.error
  const settlement =
    settled === 'adjustment' ? { by: 'adjustment' as const } : { by: 'credit_note' as const, settledAs: settled }
  return (
    <div className="stack max-w-[560px]">
      <TextareaField
        label="Answer to the customer"
        rows={4}
        value={answer}
        onChange={(event) => setAnswer(event.target.value)}
        help="Shown on the invoice and sent by mail."
      />
      {canUphold && (
        <RadioCards
          legend={`Give back ${moneyText(less, currency)} before tax as`}
          name="settled"
          value={settled}
          onChange={(value) => setSettled(value as Settled)}
          options={offered.map(({ value, label, consequence }) => ({ value, label, consequence }))}
        />
      )}
      {error && <FieldError>{messageOf(error)}</FieldError>}
      <div className="row">
        {canUphold && (
          <Button
            variant="primary"
            busy={uphold.isPending}
            onClick={() => uphold.mutate({ accountId, id, answer, settlement })}
          >
            Uphold and give back {moneyText(less, currency)}
          </Button>
        )}
        <Button busy={reject.isPending} onClick={() => reject.mutate({ accountId, id, answer })}>
          Answer, the line stands
        </Button>
      </div>
      {!canUphold && (
        <p className="dim m-0 text-sm">To give money back, replay with a correction that takes something off.</p>
      )}
    </div>
  )
}
