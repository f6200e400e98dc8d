'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, pathOf, useTRPC } from '../../../../../trpc.tsx'
import { Button } from '../../../../../ui/button.tsx'
import { RadioCards } from '../../../../../ui/choice.tsx'
import { Dialog } from '../../../../../ui/dialog.tsx'
import { FieldError, SelectField, TextField } from '../../../../../ui/field.tsx'
import { decimalText, moneyText } from '../../../../../ui/format.ts'
import { toast } from '../../../../../ui/toast.tsx'
import type { ActedOn } from './invoice-actions.tsx'

type SettledAs = 'open_balance' | 'credit' | 'refund'

/** Gives money back on an invoice: of a line or of the whole, and where it goes. */
export function NoteDialog({ of, onOpenChange }: { of: ActedOn; onOpenChange: (open: boolean) => void }) {
  const router = useRouter()
  const make = useMutation(useTRPC().billing.collection.creditNote.mutationOptions())
  const [key] = useState(() => crypto.randomUUID())
  const charged = of.lines.filter((line) => BigInt(line.amountMinor) > 0n)
  const [position, setPosition] = useState(charged[0] ? String(charged[0].position) : '')
  const [amount, setAmount] = useState(charged[0] ? decimalText(BigInt(charged[0].amountMinor), of.currency) : '')
  const [reason, setReason] = useState('')
  const [settledAs, setSettledAs] = useState<SettledAs>(BigInt(of.openMinor) > 0n ? 'open_balance' : 'credit')
  const [fault, setFault] = useState<{ path: string | undefined; message: string }>()
  const wrong = (path: string) => (fault?.path?.startsWith(path) ? fault.message : undefined)
  const line = charged.find((one) => String(one.position) === position)
  const submit = async () => {
    try {
      const done = await make.mutateAsync({
        account: of.account,
        invoiceId: of.invoiceId,
        key,
        reason,
        lines: [{ position: line?.position ?? null, description: line?.description ?? 'The invoice', amount }],
        settledAs,
      })
      toast(`Credit note ${done.number} over ${moneyText(BigInt(done.totalMinor), of.currency)} is made and mailed.`)
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
      title={`Credit note on ${of.number}`}
      text="The invoice stays as it is; the note takes off it. Tax follows in proportion."
      foot={
        <>
          <Button onClick={() => onOpenChange(false)}>Cancel</Button>
          <Button variant="primary" busy={make.isPending} onClick={() => void submit()}>
            Make the credit note
          </Button>
        </>
      }
    >
      <div className="stack">
        <SelectField
          label="Of"
          value={position}
          options={[
            ...charged.map((one) => ({
              value: String(one.position),
              label: `${one.position}. ${one.description}, ${moneyText(BigInt(one.amountMinor), of.currency)}`,
            })),
            { value: '', label: 'The invoice as a whole' },
          ]}
          onChange={(event) => {
            setPosition(event.target.value)
            const next = charged.find((one) => String(one.position) === event.target.value)
            if (next) setAmount(decimalText(BigInt(next.amountMinor), of.currency))
          }}
        />
        <TextField
          label={`Amount before tax, ${of.currency}`}
          inputMode="decimal"
          value={amount}
          error={wrong('lines')}
          onChange={(event) => setAmount(event.target.value)}
        />
        <TextField
          label="Reason, as the customer reads it"
          value={reason}
          error={wrong('reason')}
          onChange={(event) => setReason(event.target.value)}
        />
        <RadioCards
          legend="Where the money goes"
          name="settledAs"
          value={settledAs}
          onChange={(value) => setSettledAs(value as SettledAs)}
          options={[
            { value: 'open_balance', label: 'Off what is open', consequence: 'The customer pays that much less.' },
            { value: 'credit', label: 'Prepaid credit', consequence: 'The next invoices use it.' },
            {
              value: 'refund',
              label: 'Refund',
              consequence: 'The money goes back; record the transfer once it is sent.',
            },
          ]}
        />
        {fault && !wrong('lines') && !wrong('reason') && <FieldError>{fault.message}</FieldError>}
      </div>
    </Dialog>
  )
}
