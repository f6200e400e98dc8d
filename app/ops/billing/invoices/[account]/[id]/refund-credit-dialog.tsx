'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, useTRPC } from '../../../../../trpc.tsx'
import { Button } from '../../../../../ui/button.tsx'
import { Dialog } from '../../../../../ui/dialog.tsx'
import { FieldError, SelectField, TextField } from '../../../../../ui/field.tsx'
import { decimalText, moneyText } from '../../../../../ui/format.ts'
import { toast } from '../../../../../ui/toast.tsx'
import type { ActedOn } from './invoice-actions.tsx'

/** Prepaid credit that is left and was sent back as money. */
export function RefundCreditDialog({ of, onOpenChange }: { of: ActedOn; onOpenChange: (open: boolean) => void }) {
  const router = useRouter()
  const refunding = useMutation(useTRPC().billing.collection.refundCredit.mutationOptions())
  const [grantId, setGrantId] = useState(of.prepaid[0]?.grantId ?? '')
  const chosen = of.prepaid.find((grant) => grant.grantId === grantId)
  const [amount, setAmount] = useState(chosen ? decimalText(BigInt(chosen.leftMinor), chosen.currency) : '')
  const [reference, setReference] = useState('')
  const [fault, setFault] = useState<string>()
  const submit = async () => {
    const receivedAt = `${new Date().toISOString().slice(0, 10)}T12:00:00.000Z`
    try {
      const done = await refunding.mutateAsync({
        account: of.account,
        grantId,
        amount,
        method: 'transfer',
        reference,
        receivedAt,
      })
      toast(done.recorded ? 'Recorded.' : 'This was recorded before: same day, amount and reference.')
      onOpenChange(false)
      router.refresh()
    } catch (error) {
      setFault(messageOf(error))
    }
  }
  return (
    <Dialog
      open
      onOpenChange={onOpenChange}
      title={`Refund credit of ${of.account}`}
      text="Prepaid credit that was sent back by transfer. It sends nothing by itself."
      foot={
        <>
          <Button onClick={() => onOpenChange(false)}>Cancel</Button>
          <Button variant="primary" busy={refunding.isPending} onClick={() => void submit()}>
            Record the refund
          </Button>
        </>
      }
    >
      <div className="stack">
        <SelectField
          label="Credit"
          value={grantId}
          options={of.prepaid.map((grant) => ({
            value: grant.grantId,
            label: `${moneyText(BigInt(grant.leftMinor), grant.currency)} left, ${grant.reason}`,
          }))}
          onChange={(event) => setGrantId(event.target.value)}
        />
        <TextField
          label={`Amount, ${chosen?.currency ?? of.currency}`}
          inputMode="decimal"
          value={amount}
          onChange={(event) => setAmount(event.target.value)}
        />
        <TextField
          label="Reference"
          help="As the statement says it."
          value={reference}
          onChange={(event) => setReference(event.target.value)}
        />
        {fault && <FieldError>{fault}</FieldError>}
      </div>
    </Dialog>
  )
}
