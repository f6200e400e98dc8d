'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, useTRPC } from '../../../trpc.tsx'
import { Button } from '../../../ui/button.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { FieldError, TextField } from '../../../ui/field.tsx'
import { toast } from '../../../ui/toast.tsx'

/** Arms a rule, or lets it only count, with a reason. */
export function ArmButton({ rule, isArmed }: { rule: string; isArmed: boolean }) {
  const [open, setOpen] = useState(false)
  const [reason, setReason] = useState('')
  const router = useRouter()
  const arm = useMutation(
    useTRPC().abuse.armRule.mutationOptions({
      onSuccess: () => {
        toast(`${rule} ${isArmed ? 'only counts now' : 'is armed'}`)
        setOpen(false)
        router.refresh()
      },
    }),
  )
  const verb = isArmed ? 'Only count' : 'Arm'
  return (
    <>
      <Button size="sm" onClick={() => setOpen(true)}>
        {verb}
        <span className="vh"> {rule}</span>
      </Button>
      <Dialog
        open={open}
        onOpenChange={setOpen}
        title={`${verb} ${rule}?`}
        text={
          isArmed
            ? 'It stops and slows nothing any more; what it would have done is counted.'
            : 'From now on it stops what it proves, on every host.'
        }
        foot={
          <>
            <Button onClick={() => setOpen(false)}>Leave it</Button>
            <Button
              variant="primary"
              busy={arm.isPending}
              onClick={() => arm.mutate({ rule, armed: !isArmed, reason })}
            >
              {verb} the rule
            </Button>
          </>
        }
      >
        <TextField label="Reason" value={reason} onChange={(event) => setReason(event.target.value)} />
        {arm.error && <FieldError>{messageOf(arm.error)}</FieldError>}
      </Dialog>
    </>
  )
}
