'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, useTRPC } from '../../trpc.tsx'
import { Button } from '../../ui/button.tsx'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { toast } from '../../ui/toast.tsx'

/** Compares the storage with the record now. */
export function ReconcileButton() {
  const router = useRouter()
  const reconcile = useMutation(useTRPC().registry.storage.reconcile.mutationOptions())
  const run = () =>
    reconcile.mutate(undefined, {
      onSuccess: ({ repositories, found, gone }) => {
        toast(`${repositories} repositories compared: ${found} found, ${gone} gone`)
        router.refresh()
      },
      onError: (error) => toast(messageOf(error), { failed: true }),
    })
  return (
    <Button busy={reconcile.isPending} onClick={run}>
      Reconcile now
    </Button>
  )
}

/** Collects garbage after asking; it goes on when its reader leaves. */
export function CollectButton() {
  const router = useRouter()
  const [open, setOpen] = useState(false)
  const collect = useMutation(useTRPC().registry.storage.collect.mutationOptions())
  const run = async () => {
    const done = await collect.mutateAsync({})
    toast(done ? `${done.freedBlobs} blobs freed` : 'Garbage is being collected; this page will tell what it freed')
    router.refresh()
  }
  return (
    <>
      <Button variant="primary" onClick={() => setOpen(true)}>
        Collect garbage
      </Button>
      <ConfirmDialog
        open={open}
        onOpenChange={setOpen}
        title="Collect garbage?"
        confirm="Collect garbage"
        onConfirm={run}
      >
        Pushes and pulls wait while the registry is stopped, collected and started again. Pushes under way have a minute
        to end. Blobs that no manifest names are deleted for good.
      </ConfirmDialog>
    </>
  )
}
