'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, useTRPC } from '../../trpc.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { TextField } from '../../ui/field.tsx'
import { toast } from '../../ui/toast.tsx'

/** Takes a coupon for the plan the account has. */
export function CouponDialog({
  account,
  open,
  onOpenChange,
}: {
  account: string
  open: boolean
  onOpenChange: (open: boolean) => void
}) {
  const router = useRouter()
  const apply = useMutation(useTRPC().billing.subscription.applyCoupon.mutationOptions())
  const [code, setCode] = useState('')
  const [fault, setFault] = useState<string>()
  const submit = async () => {
    try {
      await apply.mutateAsync({ account, code })
      toast('The coupon counts from the next invoice on.')
      onOpenChange(false)
      router.refresh()
    } catch (error) {
      setFault(messageOf(error))
    }
  }
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Use a coupon"
      text="It takes money off invoices from the next one on, for as long as it says."
      foot={
        <>
          <Button onClick={() => onOpenChange(false)}>Close</Button>
          <Button variant="primary" busy={apply.isPending} onClick={() => void submit()}>
            Use the coupon
          </Button>
        </>
      }
    >
      <TextField label="Code" value={code} error={fault} onChange={(event) => setCode(event.target.value)} />
    </Dialog>
  )
}
