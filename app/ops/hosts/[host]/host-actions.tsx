'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { useTRPC } from '../../../trpc.tsx'
import { Button } from '../../../ui/button.tsx'
import { ConfirmDialog } from '../../../ui/confirm-dialog.tsx'
import { TextField } from '../../../ui/field.tsx'
import { toast } from '../../../ui/toast.tsx'

/** Revoking a host, with what it means. */
export function HostActions({ hostId, name, containers }: { hostId: number; name: string; containers: number }) {
  const [open, setOpen] = useState(false)
  const [reason, setReason] = useState('')
  const router = useRouter()
  const revoke = useMutation(useTRPC().hosts.revoke.mutationOptions())
  return (
    <>
      <Button onClick={() => setOpen(true)}>Revoke host</Button>
      <ConfirmDialog
        open={open}
        onOpenChange={setOpen}
        title={`Revoke ${name}?`}
        confirm={`Revoke ${name}`}
        cancel="Keep the host"
        typeName={name}
        onConfirm={async () => {
          await revoke.mutateAsync({ hostId, reason })
          toast(`${name} is revoked`)
          router.refresh()
        }}
      >
        <div className="stack">
          <p>
            Its reports are refused from now on, so the usage of its {containers} running container
            {containers === 1 ? '' : 's'} is no longer counted. They keep running. Usage so far stays. To come back it
            enrols anew. It is in the audit log.
          </p>
          <TextField label="Why" value={reason} onChange={(event) => setReason(event.target.value)} required />
        </div>
      </ConfirmDialog>
    </>
  )
}
