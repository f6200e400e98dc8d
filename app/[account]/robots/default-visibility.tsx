'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { messageOf, useTRPC } from '../../trpc.tsx'
import { Select } from '../../ui/field.tsx'
import { Panel } from '../../ui/panel.tsx'
import { toast } from '../../ui/toast.tsx'

/** What a repository is that a first push makes. */
export function DefaultVisibility({ account, visibility }: { account: string; visibility: 'public' | 'private' }) {
  const router = useRouter()
  const set = useMutation(
    useTRPC().registry.account.setDefaultVisibility.mutationOptions({
      onSuccess: () => {
        toast('Saved.')
        router.refresh()
      },
      onError: (error) => toast(messageOf(error), { failed: true }),
    }),
  )
  return (
    <Panel title="New repositories">
      <div className="row">
        <span>A first push to a new name makes a repository that is</span>
        <Select
          aria-label="Visibility of new repositories"
          value={visibility}
          options={[
            { value: 'private', label: 'private' },
            { value: 'public', label: 'public' },
          ]}
          onChange={(event) =>
            set.mutate({ account, visibility: event.target.value === 'public' ? 'public' : 'private' })
          }
        />
      </div>
    </Panel>
  )
}
