'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, useTRPC } from '../../trpc.tsx'
import { Button } from '../../ui/button.tsx'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { toast } from '../../ui/toast.tsx'

/** Lets alerts wake people again before the silence's time. */
export function EndSilence({ id }: { id: string }) {
  const router = useRouter()
  const end = useMutation(
    useTRPC().incidents.alerts.endSilence.mutationOptions({
      onSuccess: () => router.refresh(),
      onError: (error) => toast(messageOf(error), { failed: true }),
    }),
  )
  return (
    <Button size="sm" busy={end.isPending} onClick={() => end.mutate({ id })}>
      End the silence
    </Button>
  )
}

function Remove({ name, consequence, remove }: { name: string; consequence: string; remove: () => Promise<unknown> }) {
  const [open, setOpen] = useState(false)
  const router = useRouter()
  return (
    <>
      <Button size="sm" variant="ghost" onClick={() => setOpen(true)}>
        Remove
      </Button>
      <ConfirmDialog
        open={open}
        onOpenChange={setOpen}
        title={`Remove ${name}?`}
        confirm={`Remove ${name}`}
        cancel="Keep it"
        danger
        onConfirm={async () => {
          await remove()
          router.refresh()
        }}
      >
        {consequence}
      </ConfirmDialog>
    </>
  )
}

export function RemoveSource({ id, name }: { id: string; name: string }) {
  const { mutateAsync } = useMutation(useTRPC().incidents.alerts.removeSource.mutationOptions())
  return (
    <Remove
      name={name}
      consequence="Its token sends nothing any more. Its alerts stay in the list."
      remove={() => mutateAsync({ id })}
    />
  )
}

export function RemoveHeartbeat({ id, name }: { id: string; name: string }) {
  const { mutateAsync } = useMutation(useTRPC().incidents.alerts.removeHeartbeat.mutationOptions())
  return <Remove name={name} consequence="It is not waited for any more." remove={() => mutateAsync({ id })} />
}
