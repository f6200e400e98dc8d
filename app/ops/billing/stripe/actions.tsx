'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, useTRPC } from '../../../trpc.tsx'
import { Button } from '../../../ui/button.tsx'
import { ConfirmDialog } from '../../../ui/confirm-dialog.tsx'
import { TextField } from '../../../ui/field.tsx'
import { toast } from '../../../ui/toast.tsx'

/** Compares with Stripe now. */
export function CompareButton() {
  const router = useRouter()
  const compare = useMutation(useTRPC().billing.stripe.compare.mutationOptions())
  const run = () =>
    compare.mutate(undefined, {
      onSuccess: ({ subscriptions, invoices, drifts }) => {
        toast(`${subscriptions} subscriptions and ${invoices} invoices compared: ${drifts} differ`)
        router.refresh()
      },
      onError: (error) => toast(messageOf(error), { failed: true }),
    })
  return (
    <Button variant="primary" busy={compare.isPending} onClick={run}>
      Compare now
    </Button>
  )
}

/** Acts on a webhook again. */
export function ReplayButton({ event, type }: { event: string; type: string }) {
  const router = useRouter()
  const replay = useMutation(useTRPC().billing.stripe.replay.mutationOptions())
  const run = () =>
    replay.mutate(
      { event },
      {
        onSuccess: () => {
          toast(`${type} acted on`)
          router.refresh()
        },
        onError: (error) => {
          toast(messageOf(error), { failed: true })
          router.refresh()
        },
      },
    )
  return (
    <Button size="sm" busy={replay.isPending} onClick={run}>
      Act again
    </Button>
  )
}

/** Makes a refused call again. */
export function RetryButton({ call, kind }: { call: string; kind: string }) {
  const router = useRouter()
  const retry = useMutation(useTRPC().billing.stripe.retry.mutationOptions())
  const run = () =>
    retry.mutate(
      { call },
      {
        onSuccess: () => {
          toast(`${kind} is made again`)
          router.refresh()
        },
        onError: (error) => toast(messageOf(error), { failed: true }),
      },
    )
  return (
    <Button size="sm" busy={retry.isPending} onClick={run}>
      Try again
    </Button>
  )
}

/** Brings a stopped invoice at Stripe to our total, with a reason. */
export function CorrectButton({ invoice, ours, theirs }: { invoice: string; ours: string; theirs: string }) {
  const router = useRouter()
  const [open, setOpen] = useState(false)
  const [reason, setReason] = useState('')
  const correct = useMutation(useTRPC().billing.stripe.correct.mutationOptions())
  const run = async () => {
    await correct.mutateAsync({ invoice, reason })
    toast(`${invoice} is finalized`)
    router.refresh()
  }
  return (
    <>
      <Button size="sm" onClick={() => setOpen(true)}>
        Correct
      </Button>
      <ConfirmDialog
        open={open}
        onOpenChange={setOpen}
        title={`Bring ${invoice} to ${ours}?`}
        confirm="Correct and finalize"
        cancel="Leave it stopped"
        danger={false}
        onConfirm={run}
      >
        <p>
          Stripe says {theirs}. A line of the difference is added there, and both invoices are finalized: the customer
          is charged.
        </p>
        <TextField
          label="Why it differed"
          help="The customer reads it on the line."
          value={reason}
          maxLength={200}
          required
          onChange={(event) => setReason(event.target.value)}
        />
      </ConfirmDialog>
    </>
  )
}
