'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, useTRPC } from '../../../trpc.tsx'
import { Button } from '../../../ui/button.tsx'
import { FieldError, TextareaField } from '../../../ui/field.tsx'
import { toast } from '../../../ui/toast.tsx'

/** Disputes the last strike: the app runs for a day, slowed and looked at, and that decides. */
export function DisputeForm({
  account,
  id,
  app,
  mayChange,
}: {
  account: string
  id: string
  app: string
  mayChange: boolean
}) {
  const [words, setWords] = useState('')
  const router = useRouter()
  const dispute = useMutation(
    useTRPC().abuse.dispute.mutationOptions({
      onSuccess: () => {
        toast(`${app} is disputed; it runs for a day`)
        router.refresh()
      },
    }),
  )
  if (!mayChange) return <p className="m-0">An owner or admin of this account can dispute it.</p>
  return (
    <form
      className="grid max-w-[560px] gap-3"
      onSubmit={(event) => {
        event.preventDefault()
        dispute.mutate({ account, id, words })
      }}
    >
      <p className="m-0">
        Then {app} is started again and runs for 24 h at a tenth of a core while we look. If the same program was busy
        and gave no proof, the strike is erased and the program left alone for 30 days. If it gives a proof, the strike
        stands. Each program can be disputed once.
      </p>
      <TextareaField
        label="What it does (you may leave this empty)"
        rows={3}
        value={words}
        onChange={(event) => setWords(event.target.value)}
      />
      {dispute.error && <FieldError>{messageOf(dispute.error)}</FieldError>}
      <div className="row">
        <Button variant="primary" type="submit" busy={dispute.isPending}>
          Dispute the strike
        </Button>
      </div>
    </form>
  )
}
