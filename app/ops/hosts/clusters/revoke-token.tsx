'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { useTRPC } from '../../../trpc.tsx'
import { Button } from '../../../ui/button.tsx'
import { ConfirmDialog } from '../../../ui/confirm-dialog.tsx'

/** Ends a join token. Hosts that came in by it stay. */
export function RevokeToken({ id, hint }: { id: string; hint: string }) {
  const [open, setOpen] = useState(false)
  const router = useRouter()
  const revoke = useMutation(useTRPC().hosts.joinTokens.revoke.mutationOptions())
  return (
    <>
      <Button size="sm" onClick={() => setOpen(true)}>
        Revoke<span className="vh"> {hint}</span>
      </Button>
      <ConfirmDialog
        open={open}
        onOpenChange={setOpen}
        title={`Revoke ${hint}?`}
        confirm="Revoke the token"
        cancel="Keep the token"
        onConfirm={async () => {
          await revoke.mutateAsync({ id })
          router.refresh()
        }}
      >
        <p>No host can enrol with it from now on. Hosts that did stay. It is in the audit log.</p>
      </ConfirmDialog>
    </>
  )
}
