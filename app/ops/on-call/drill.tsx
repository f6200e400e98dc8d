'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, useTRPC } from '../../trpc.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { FieldError, SelectField } from '../../ui/field.tsx'
import { toast } from '../../ui/toast.tsx'
import { newRequestId } from '../incidents/words.ts'
import type { PolicyOption } from './words.ts'

/** Pages as an alert would, to see that it reaches people. */
export function Drill({ policies }: { policies: readonly PolicyOption[] }) {
  const [requestId, setRequestId] = useState<string>()
  const [policyId, setPolicyId] = useState(policies[0]?.id ?? '')
  const router = useRouter()
  const drill = useMutation(
    useTRPC().incidents.onCall.drill.mutationOptions({
      onSuccess: () => {
        setRequestId(undefined)
        toast('The drill pages now')
        router.refresh()
      },
    }),
  )
  return (
    <>
      <Button onClick={() => setRequestId(newRequestId())}>Page a drill</Button>
      <Dialog
        open={requestId !== undefined}
        onOpenChange={(open) => !open && setRequestId(undefined)}
        title="Page a drill"
        text="Messages go out as for an alert, and say DRILL. It repeats until somebody acknowledges."
        foot={
          <>
            <Button onClick={() => setRequestId(undefined)}>Cancel</Button>
            <Button
              variant="primary"
              busy={drill.isPending}
              onClick={() => drill.mutate({ policyId: policyId === '' ? null : policyId, requestId: requestId ?? '' })}
            >
              Page them
            </Button>
          </>
        }
      >
        <div className="stack">
          <SelectField
            label="Policy"
            value={policyId}
            options={[
              ...policies.map(({ id, name }) => ({ value: id, label: name })),
              { value: '', label: 'All operators' },
            ]}
            onChange={(event) => setPolicyId(event.target.value)}
          />
          {drill.error && <FieldError>{messageOf(drill.error)}</FieldError>}
        </div>
      </Dialog>
    </>
  )
}
