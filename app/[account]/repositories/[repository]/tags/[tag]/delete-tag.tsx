'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { useTRPC } from '../../../../../trpc.tsx'
import { Button } from '../../../../../ui/button.tsx'
import { ConfirmDialog } from '../../../../../ui/confirm-dialog.tsx'
import { toast } from '../../../../../ui/toast.tsx'

/** Deletes one tag; its image goes where no other tag names it. */
export function DeleteTag({ account, name, tag }: { account: string; name: string; tag: string }) {
  const router = useRouter()
  const [open, setOpen] = useState(false)
  const remove = useMutation(useTRPC().registry.repository.deleteTag.mutationOptions())
  return (
    <>
      <Button icon="trash" onClick={() => setOpen(true)}>
        Delete the tag
      </Button>
      <ConfirmDialog
        open={open}
        onOpenChange={setOpen}
        title={`Delete ${name}:${tag}?`}
        confirm={`Delete ${tag}`}
        cancel="Keep it"
        danger
        onConfirm={async () => {
          await remove.mutateAsync({ path: `${account}/${name}`, tag })
          toast(`${tag} was deleted.`)
          router.push(`/${account}/repositories/${name}`)
        }}
      >
        Whoever pulls it by this tag is refused from now on. It cannot be undone. Other tags stay, also of the same
        image.
      </ConfirmDialog>
    </>
  )
}
