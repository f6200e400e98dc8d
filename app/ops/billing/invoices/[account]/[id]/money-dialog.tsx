'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, pathOf, useTRPC } from '../../../../../trpc.tsx'
import { Button } from '../../../../../ui/button.tsx'
import { Dialog } from '../../../../../ui/dialog.tsx'
import { FieldError, SelectField, TextField } from '../../../../../ui/field.tsx'
import { decimalText, moneyText } from '../../../../../ui/format.ts'
import { toast } from '../../../../../ui/toast.tsx'
import type { ActedOn } from './invoice-actions.tsx'

const WORDS = {
  payment: {
    title: 'Record a payment',
    text: 'Money that came. What exceeds the open amount becomes prepaid credit.',
    button: 'Record the payment',
    when: 'Received on',
  },
  refund: {
    title: 'Record a refund',
    text: 'Money that was sent back for a credit note that is settled as a refund. It sends nothing by itself.',
    button: 'Record the refund',
    when: 'Sent on',
  },
  chargeback: {
    title: 'Record a chargeback',
    text: 'A bank took the payment back. The invoice is open again and due at once.',
    button: 'Record the chargeback',
    when: 'Taken on',
  },
} as const

/** Money that came or went for an invoice, as a person saw it on a statement. */
export function MoneyDialog({
  of,
  kind,
  onOpenChange,
}: {
  of: ActedOn
  kind: 'payment' | 'refund' | 'chargeback'
  onOpenChange: (open: boolean) => void
}) {
  const router = useRouter()
  const { collection } = useTRPC().billing
  const mutations = {
    payment: useMutation(collection.recordPayment.mutationOptions()),
    refund: useMutation(collection.refund.mutationOptions()),
    chargeback: useMutation(collection.chargeback.mutationOptions()),
  }
  const words = WORDS[kind]
  const preset = kind === 'payment' ? of.openMinor : kind === 'chargeback' ? of.paidMinor : ''
  const [amount, setAmount] = useState(preset === '' ? '' : decimalText(BigInt(preset), of.currency))
  const [method, setMethod] = useState<'transfer' | 'card' | 'other'>(kind === 'chargeback' ? 'card' : 'transfer')
  const [reference, setReference] = useState('')
  const [on, setOn] = useState(() => new Date().toISOString().slice(0, 10))
  const [fault, setFault] = useState<{ path: string | undefined; message: string }>()
  const wrong = (path: string) => (fault?.path === path ? fault.message : undefined)
  const submit = async () => {
    if (!/^\d{4}-\d\d-\d\d$/.test(on))
      return setFault({ path: 'receivedAt', message: 'Type a date such as 2026-03-31.' })
    try {
      const done = await mutations[kind].mutateAsync({
        account: of.account,
        invoiceId: of.invoiceId,
        amount,
        method,
        reference,
        receivedAt: `${on}T12:00:00.000Z`,
      })
      toast(
        done.recorded
          ? `Recorded. ${moneyText(BigInt(done.openMinor), of.currency)} of ${of.number} is open.`
          : 'This was recorded before: same day, amount and reference. Nothing was added.',
      )
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
      title={`${words.title} for ${of.number}`}
      text={words.text}
      foot={
        <>
          <Button onClick={() => onOpenChange(false)}>Cancel</Button>
          <Button variant="primary" busy={mutations[kind].isPending} onClick={() => void submit()}>
            {words.button}
          </Button>
        </>
      }
    >
      <div className="stack">
        <div className="grid grid-cols-2 items-start gap-3">
          <TextField
            label={`Amount, ${of.currency}`}
            inputMode="decimal"
            value={amount}
            error={wrong('amount') ?? wrong('amountMinor')}
            onChange={(event) => setAmount(event.target.value)}
          />
          <SelectField
            label="By"
            value={method}
            options={[
              { value: 'transfer', label: 'Transfer' },
              { value: 'card', label: 'Card' },
              { value: 'other', label: 'Something else' },
            ]}
            onChange={(event) => setMethod(event.target.value as typeof method)}
          />
          <TextField
            label={words.when}
            type="date"
            value={on}
            error={wrong('receivedAt')}
            onChange={(event) => setOn(event.target.value)}
          />
          <TextField
            label="Reference"
            help="As the statement says it. The same day, amount and reference are one payment."
            value={reference}
            error={wrong('reference')}
            onChange={(event) => setReference(event.target.value)}
          />
        </div>
        {fault && !['amount', 'amountMinor', 'receivedAt', 'reference'].includes(fault.path ?? '') && (
          <FieldError>{fault.message}</FieldError>
        )}
      </div>
    </Dialog>
  )
}
