'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { useTRPC } from '../../trpc.tsx'
import { Button } from '../../ui/button.tsx'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { toast } from '../../ui/toast.tsx'

/** Frees what the cap holds, for the rest of the period. */
export function LiftCap({
  account,
  cap,
  action,
}: {
  account: string
  cap: string
  action: 'notify' | 'throttle' | 'stop'
}) {
  const router = useRouter()
  const [open, setOpen] = useState(false)
  const lift = useMutation(useTRPC().billing.spend.liftCap.mutationOptions())
  const run = async () => {
    await lift.mutateAsync({ account })
    toast('The cap is lifted.')
    router.refresh()
  }
  return (
    <>
      <Button size="sm" onClick={() => setOpen(true)}>
        Lift the cap
      </Button>
      <ConfirmDialog
        open={open}
        onOpenChange={setOpen}
        title={`Lift the cap of ${account}?`}
        confirm="Lift the cap"
        cancel="Keep it"
        danger={false}
        onConfirm={run}
      >
        {action === 'stop' ? 'Containers that the cap stopped start again.' : 'Containers get their processors back.'}{' '}
        Spending goes on beyond {cap} until the billing period ends; the next period has the cap again. It is in the
        audit log.
      </ConfirmDialog>
    </>
  )
}
