'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { useTRPC } from '../../../../trpc.tsx'
import { Button } from '../../../../ui/button.tsx'
import { ConfirmDialog } from '../../../../ui/confirm-dialog.tsx'
import { Panel } from '../../../../ui/panel.tsx'

/** Makes a repository public or private. */
export function VisibilityPanel({
  path,
  visibility,
  mayChange,
}: {
  path: string
  visibility: 'public' | 'private'
  mayChange: boolean
}) {
  const router = useRouter()
  const [open, setOpen] = useState(false)
  const change = useMutation(useTRPC().registry.repository.setVisibility.mutationOptions())
  const other = visibility === 'public' ? 'private' : 'public'
  return (
    <Panel title="Visibility">
      <div className="row">
        <span>
          {visibility === 'public'
            ? 'Public: everybody finds and pulls it, without signing in.'
            : 'Private: only people, teams and robots with access pull it.'}
        </span>
        <span className="flex-1" />
        {mayChange && <Button onClick={() => setOpen(true)}>Make it {other}</Button>}
      </div>
      <ConfirmDialog
        open={open}
        onOpenChange={setOpen}
        title={`Make ${path} ${other}?`}
        confirm={`Make it ${other}`}
        cancel={`Keep it ${visibility}`}
        onConfirm={async () => {
          await change.mutateAsync({ path, visibility: other })
          router.refresh()
        }}
      >
        {other === 'public'
          ? 'Everybody can pull every tag it has and had, at once.'
          : 'Whoever pulls it without access is refused, within six minutes. It counts as a private repository of the plan.'}
      </ConfirmDialog>
    </Panel>
  )
}
