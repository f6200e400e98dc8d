'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { messageOf, useTRPC } from '../trpc.tsx'
import { Button } from '../ui/button.tsx'
import { toast } from '../ui/toast.tsx'

/** Gives a repository a star or takes it back. */
export function StarButton({ path, starred, stars }: { path: string; starred: boolean; stars: number }) {
  const router = useRouter()
  const star = useMutation(
    useTRPC().registry.repository.star.mutationOptions({
      onSuccess: () => router.refresh(),
      onError: (error) => toast(messageOf(error), { failed: true }),
    }),
  )
  return (
    <Button aria-pressed={starred} busy={star.isPending} onClick={() => star.mutate({ path, starred: !starred })}>
      {starred ? 'Starred' : 'Star'} <span className="dim">{stars}</span>
    </Button>
  )
}
