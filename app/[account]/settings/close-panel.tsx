'use client'

import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTRPC } from '../../trpc.tsx'
import { Button } from '../../ui/button.tsx'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { Panel } from '../../ui/panel.tsx'

/** Closes the organization, for ever. */
export function ClosePanel({ account }: { account: string }) {
  const [open, setOpen] = useState(false)
  const close = useMutation(useTRPC().accounts.close.mutationOptions())
  return (
    <Panel title="Close the organization">
      <p className="mb-3 text-2">
        Its containers stop, its tokens and invitations end, and nobody sees it any more. Usage and audit log are kept.
      </p>
      <Button onClick={() => setOpen(true)}>Close {account}</Button>
      <ConfirmDialog
        open={open}
        onOpenChange={setOpen}
        title={`Close ${account}?`}
        typeName={account}
        confirm={`Close ${account}`}
        cancel="Keep it open"
        onConfirm={async () => {
          await close.mutateAsync({ account, typedName: account })
          location.assign('/')
        }}
      >
        It cannot be opened again, and nobody can have the name {account} again.
      </ConfirmDialog>
    </Panel>
  )
}
