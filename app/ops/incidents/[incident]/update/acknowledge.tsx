'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { messageOf, useTRPC } from '../../../../trpc.tsx'
import { Button } from '../../../../ui/button.tsx'
import { toast } from '../../../../ui/toast.tsx'

/** Says that somebody is on it; stops what escalates. */
export function Acknowledge({ incident }: { incident: string }) {
  const router = useRouter()
  const acknowledge = useMutation(
    useTRPC().incidents.incident.acknowledge.mutationOptions({
      onSuccess: () => router.refresh(),
      onError: (error) => toast(messageOf(error), { failed: true }),
    }),
  )
  return (
    <Button icon="check" busy={acknowledge.isPending} onClick={() => acknowledge.mutate({ incident })}>
      Acknowledge {incident}
    </Button>
  )
}
