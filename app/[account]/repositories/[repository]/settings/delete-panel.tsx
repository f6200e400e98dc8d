'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, useTRPC } from '../../../../trpc.tsx'
import { Button } from '../../../../ui/button.tsx'
import { ConfirmDialog } from '../../../../ui/confirm-dialog.tsx'
import { Panel } from '../../../../ui/panel.tsx'
import { toast } from '../../../../ui/toast.tsx'

/** Deletes a repository, seven days from now; until then it can be kept. */
export function DeletePanel({ path, isGoing }: { path: string; isGoing: boolean }) {
  const router = useRouter()
  const trpc = useTRPC()
  const [open, setOpen] = useState(false)
  const remove = useMutation(trpc.registry.repository.delete.mutationOptions())
  const keep = useMutation(
    trpc.registry.repository.keep.mutationOptions({
      onSuccess: () => router.refresh(),
      onError: (error) => toast(messageOf(error), { failed: true }),
    }),
  )
  if (isGoing) {
    return (
      <Panel title="Being deleted">
        <div className="row">
          <span>Nobody pushes to it, and only its admins pull.</span>
          <span className="flex-1" />
          <Button variant="primary" busy={keep.isPending} onClick={() => keep.mutate({ path })}>
            Keep the repository
          </Button>
        </div>
      </Panel>
    )
  }
  return (
    <Panel title="Delete">
      <div className="row">
        <span>It stops at once for everybody but its admins, and goes in seven days.</span>
        <span className="flex-1" />
        <Button variant="danger" onClick={() => setOpen(true)}>
          Delete the repository
        </Button>
      </div>
      <ConfirmDialog
        open={open}
        onOpenChange={setOpen}
        title={`Delete ${path}?`}
        confirm={`Delete ${path}`}
        cancel="Keep it"
        typeName={path}
        danger
        onConfirm={async () => {
          await remove.mutateAsync({ path, typedPath: path })
          router.refresh()
        }}
      >
        Whoever pulls or pushes is refused from now on. For seven days its admins can keep it after all; then its tags
        and layers are deleted for good.
      </ConfirmDialog>
    </Panel>
  )
}
