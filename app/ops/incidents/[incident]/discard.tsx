'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { useTRPC } from '../../../trpc.tsx'
import { Button } from '../../../ui/button.tsx'
import { ConfirmDialog } from '../../../ui/confirm-dialog.tsx'

/** Throws a draft away that nothing was said of. */
export function Discard({ incident }: { incident: string }) {
  const [open, setOpen] = useState(false)
  const router = useRouter()
  const discard = useMutation(useTRPC().incidents.incident.discard.mutationOptions())
  return (
    <>
      <Button onClick={() => setOpen(true)}>Discard {incident}</Button>
      <ConfirmDialog
        open={open}
        onOpenChange={setOpen}
        title={`Discard ${incident}?`}
        confirm={`Discard ${incident}`}
        cancel="Keep the draft"
        onConfirm={async () => {
          await discard.mutateAsync({ incident })
          router.push('/ops/incidents')
        }}
      >
        Nothing was told to anybody. Its alerts stay.
      </ConfirmDialog>
    </>
  )
}
