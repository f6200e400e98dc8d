'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { messageOf, useTRPC } from '../../trpc.tsx'
import { Button } from '../../ui/button.tsx'
import { toast } from '../../ui/toast.tsx'

export function MarkAllRead() {
  const router = useRouter()
  const mark = useMutation(
    useTRPC().notices.markRead.mutationOptions({
      onSuccess: () => router.refresh(),
      onError: (error) => toast(messageOf(error), { failed: true }),
    }),
  )
  return (
    <Button busy={mark.isPending} onClick={() => mark.mutate({})}>
      Mark all as read
    </Button>
  )
}
