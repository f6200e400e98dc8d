'use client'

import { useMutation, useQuery } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useTRPC } from '../../trpc.tsx'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { moneyText } from '../../ui/format.ts'
import { toast } from '../../ui/toast.tsx'

/** Pauses the plan, saying what that gives back. */
export function PauseDialog({
  account,
  plan,
  open,
  onOpenChange,
}: {
  account: string
  plan: string
  open: boolean
  onOpenChange: (open: boolean) => void
}) {
  const trpc = useTRPC()
  const router = useRouter()
  const pause = useMutation(trpc.billing.subscription.pause.mutationOptions())
  const preview = useQuery({ ...trpc.billing.subscription.previewCancel.queryOptions({ account }), enabled: open })
  const back = BigInt(preview.data?.backMinor ?? 0)
  return (
    <ConfirmDialog
      open={open}
      onOpenChange={onOpenChange}
      title={`Pause ${plan}?`}
      confirm={`Pause ${plan}`}
      cancel="Keep it active"
      danger={false}
      onConfirm={async () => {
        await pause.mutateAsync({ account })
        toast(`${plan} is paused.`)
        router.refresh()
      }}
    >
      <p>
        {back > 0n && preview.data
          ? `${moneyText(back, preview.data.currency)} before tax is credited for the unused rest, to the second. `
          : ''}
        The limits of Free hold until it is resumed. Containers go on, and what they use is billed at the plan’s prices,
        with nothing included.
      </p>
    </ConfirmDialog>
  )
}
