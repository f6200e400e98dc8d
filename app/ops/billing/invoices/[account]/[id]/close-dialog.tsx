'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, useTRPC } from '../../../../../trpc.tsx'
import { Button } from '../../../../../ui/button.tsx'
import { Checkbox } from '../../../../../ui/choice.tsx'
import { Dialog } from '../../../../../ui/dialog.tsx'
import { FieldError, TextField } from '../../../../../ui/field.tsx'
import { moneyText } from '../../../../../ui/format.ts'
import { toast } from '../../../../../ui/toast.tsx'
import type { ActedOn } from './invoice-actions.tsx'

const WORDS = {
  void: {
    title: 'Void',
    text: () =>
      'It is taken back: its bookings are reversed, credit and adjustments it used are free again. It keeps its number.',
    button: 'Void the invoice',
    done: 'is void.',
  },
  writeOff: {
    title: 'Write off',
    text: (of: ActedOn) =>
      `${moneyText(BigInt(of.openMinor), of.currency)} becomes bad debt. Money that comes after all is still taken.`,
    button: 'Write it off',
    done: 'is written off.',
  },
  release: {
    title: 'Lift the hold for',
    text: () =>
      'It was written off: nothing stands for it any more. Other unpaid invoices of the account keep their hold.',
    button: 'Lift the hold',
    done: 'holds nothing back any more.',
  },
  finalize: {
    title: 'Finalize',
    text: () => 'It gets its number and goes out. Usage that is reported later becomes a line of the next invoice.',
    button: 'Finalize now',
    done: 'is finalized.',
  },
} as const

/** Ends an invoice's waiting: voids it, writes it off (then or later without its hold), or finalizes a draft at once. */
export function CloseDialog({
  of,
  kind,
  onOpenChange,
}: {
  of: ActedOn
  kind: keyof typeof WORDS
  onOpenChange: (open: boolean) => void
}) {
  const router = useRouter()
  const { collection } = useTRPC().billing
  const voiding = useMutation(collection.void.mutationOptions())
  const writing = useMutation(collection.writeOff.mutationOptions())
  const finalizing = useMutation(collection.finalize.mutationOptions())
  const [reason, setReason] = useState('')
  const [liftHold, setLiftHold] = useState(false)
  const [fault, setFault] = useState<string>()
  const words = WORDS[kind]
  const submit = async () => {
    const ref = { account: of.account, invoiceId: of.invoiceId }
    try {
      if (kind === 'finalize') await finalizing.mutateAsync(ref)
      else if (kind === 'void') await voiding.mutateAsync({ ...ref, reason })
      else await writing.mutateAsync({ ...ref, reason, liftHold: liftHold || kind === 'release' })
      toast(`${of.number} ${words.done}`)
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
      title={`${words.title} ${of.number}`}
      text={words.text(of)}
      foot={
        <>
          <Button onClick={() => onOpenChange(false)}>Cancel</Button>
          <Button
            variant={kind === 'finalize' || kind === 'release' ? 'primary' : 'danger'}
            busy={voiding.isPending || writing.isPending || finalizing.isPending}
            onClick={() => void submit()}
          >
            {words.button}
          </Button>
        </>
      }
    >
      <div className="stack">
        {kind !== 'finalize' && (
          <TextField
            label="Why"
            help="It goes to the audit log."
            value={reason}
            onChange={(event) => setReason(event.target.value)}
          />
        )}
        {kind === 'writeOff' && (
          <Checkbox
            label="And lift the billing hold"
            detail="Without it the account stays past due and suspended for this invoice until it is paid. Other unpaid invoices keep theirs."
            checked={liftHold}
            onChange={(event) => setLiftHold(event.target.checked)}
          />
        )}
        {fault && <FieldError>{fault}</FieldError>}
      </div>
    </Dialog>
  )
}
