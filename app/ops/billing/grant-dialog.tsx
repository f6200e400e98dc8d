'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, pathOf, useTRPC } from '../../trpc.tsx'
import { Button } from '../../ui/button.tsx'
import { RadioCards } from '../../ui/choice.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { FieldError, TextField } from '../../ui/field.tsx'
import { toast } from '../../ui/toast.tsx'

type Kind = 'promotional' | 'prepaid' | 'paid'
const FIELDS = new Set(['amount', 'amountMinor', 'reason', 'expiresAt', 'paid.reference'])

/** Gives an account credit: a gift before tax or after it, or credit that was paid for. */
export function GrantDialog({
  account,
  currency,
  onOpenChange,
}: {
  account: string
  currency: string
  onOpenChange: (open: boolean) => void
}) {
  const router = useRouter()
  const grant = useMutation(useTRPC().billing.collection.grantCredit.mutationOptions())
  const [key] = useState(() => crypto.randomUUID())
  const [kind, setKind] = useState<Kind>('promotional')
  const [amount, setAmount] = useState('')
  const [reason, setReason] = useState('')
  const [until, setUntil] = useState('')
  const [reference, setReference] = useState('')
  const [fault, setFault] = useState<{ path: string | undefined; message: string }>()
  const wrong = (...paths: string[]) => (fault?.path && paths.includes(fault.path) ? fault.message : undefined)
  const submit = async () => {
    try {
      await grant.mutateAsync({
        account,
        key,
        kind: kind === 'promotional' ? 'promotional' : 'prepaid',
        amount,
        reason,
        expiresAt: until ? `${until}T00:00:00.000Z` : null,
        paid: kind === 'paid' ? { method: 'transfer', reference, receivedAt: new Date().toISOString() } : null,
      })
      toast(`${account} has the credit. Its next invoice uses it.`)
      onOpenChange(false)
      router.refresh()
    } catch (error) {
      setFault({ path: pathOf(error), message: messageOf(error) })
    }
  }
  return (
    <Dialog
      open
      onOpenChange={onOpenChange}
      title={`Grant credit to ${account}`}
      text="What ends first is used first."
      foot={
        <>
          <Button onClick={() => onOpenChange(false)}>Cancel</Button>
          <Button variant="primary" busy={grant.isPending} onClick={() => void submit()}>
            Grant the credit
          </Button>
        </>
      }
    >
      <div className="stack">
        <RadioCards
          legend="What it is"
          name="kind"
          value={kind}
          onChange={(value) => setKind(value as Kind)}
          options={[
            { value: 'promotional', label: 'Promotional', consequence: 'A gift, used before tax.' },
            { value: 'prepaid', label: 'Prepaid, given', consequence: 'A gift, used after tax like money.' },
            { value: 'paid', label: 'Prepaid, paid for', consequence: 'A transfer that came without an invoice.' },
          ]}
        />
        <div className="grid grid-cols-2 items-start gap-3">
          <TextField
            label={`Amount, ${currency}`}
            inputMode="decimal"
            value={amount}
            error={wrong('amount', 'amountMinor')}
            onChange={(event) => setAmount(event.target.value)}
          />
          <TextField
            label="Ends on"
            help="Empty: never."
            type="date"
            value={until}
            error={wrong('expiresAt')}
            onChange={(event) => setUntil(event.target.value)}
          />
        </div>
        <TextField
          label="Reason, as the customer reads it"
          value={reason}
          error={wrong('reason')}
          onChange={(event) => setReason(event.target.value)}
        />
        {kind === 'paid' && (
          <TextField
            label="Reference of the transfer"
            value={reference}
            error={wrong('paid.reference')}
            onChange={(event) => setReference(event.target.value)}
          />
        )}
        {fault && !FIELDS.has(fault.path ?? '') && <FieldError>{fault.message}</FieldError>}
      </div>
    </Dialog>
  )
}
