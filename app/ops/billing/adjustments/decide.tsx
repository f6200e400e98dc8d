'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, useTRPC } from '../../../trpc.tsx'
import { Button } from '../../../ui/button.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { FieldError, TextField } from '../../../ui/field.tsx'
import { moneyText } from '../../../ui/format.ts'
import { toast } from '../../../ui/toast.tsx'
import { EvidenceView } from './evidence-view.tsx'

/** Approves or rejects a proposed adjustment, with its evidence in sight. */
export function DecideAdjustment(of: {
  account: string
  adjustmentId: string
  description: string
  amountMinor: string
  currency: string
  /** JSON. */
  evidence: string
}) {
  const router = useRouter()
  const decide = useMutation(useTRPC().billing.collection.adjustments.decide.mutationOptions())
  const [open, setOpen] = useState(false)
  const [decision, setDecision] = useState('')
  const [fault, setFault] = useState<string>()
  const submit = async (approve: boolean) => {
    try {
      await decide.mutateAsync({ account: of.account, adjustmentId: of.adjustmentId, approve, decision })
      toast(approve ? `Approved. The next invoice of ${of.account} takes it.` : 'Rejected.')
      setOpen(false)
      router.refresh()
    } catch (error) {
      setFault(messageOf(error))
    }
  }
  return (
    <>
      <Button size="sm" onClick={() => setOpen(true)}>
        Decide
      </Button>
      <Dialog
        open={open}
        onOpenChange={setOpen}
        wide
        title={`${moneyText(BigInt(of.amountMinor), of.currency)} for ${of.account}`}
        text={of.description}
        foot={
          <>
            <Button busy={decide.isPending} onClick={() => void submit(false)}>
              Reject
            </Button>
            <Button variant="primary" busy={decide.isPending} onClick={() => void submit(true)}>
              Approve
            </Button>
          </>
        }
      >
        <div className="stack">
          <EvidenceView evidence={JSON.parse(of.evidence)} currency={of.currency} />
          <TextField
            label="Why"
            help="It stays with the adjustment and goes to the audit log."
            value={decision}
            onChange={(event) => setDecision(event.target.value)}
          />
          {fault && <FieldError>{fault}</FieldError>}
        </div>
      </Dialog>
    </>
  )
}
