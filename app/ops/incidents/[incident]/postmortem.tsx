'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, useTRPC, useTRPCClient } from '../../../trpc.tsx'
import { Button } from '../../../ui/button.tsx'
import { FieldError, TextareaField } from '../../../ui/field.tsx'
import { Panel } from '../../../ui/panel.tsx'
import { toast } from '../../../ui/toast.tsx'

/** What was learned: begun from the record, published with an update of its own. */
export function Postmortem({
  incident,
  text,
  isOver,
  isPublished,
}: {
  incident: string
  text: string | null
  isOver: boolean
  isPublished: boolean
}) {
  const [written, setWritten] = useState(text)
  const client = useTRPCClient()
  const router = useRouter()
  const prefill = useMutation({
    mutationFn: () => client.incidents.incident.prefill.query({ incident }),
    onSuccess: ({ text: begun }) => setWritten(begun),
  })
  const save = useMutation(
    useTRPC().incidents.incident.edit.mutationOptions({
      onSuccess: () => {
        toast('Postmortem saved.')
        router.refresh()
      },
    }),
  )
  if (!isOver && written === null) return null
  return (
    <Panel title="Postmortem" sub={isPublished ? 'public' : 'not public yet'}>
      {written === null ? (
        <div className="row">
          <Button icon="edit" busy={prefill.isPending} onClick={() => prefill.mutate()}>
            Begin from the timeline
          </Button>
          {prefill.error && <FieldError>{messageOf(prefill.error)}</FieldError>}
        </div>
      ) : (
        <div className="stack">
          <TextareaField
            label="Text, in Markdown"
            rows={20}
            className="input mono"
            value={written}
            onChange={(event) => setWritten(event.target.value)}
          />
          {save.error && <FieldError>{messageOf(save.error)}</FieldError>}
          <div className="row">
            <Button busy={save.isPending} onClick={() => save.mutate({ incident, postmortem: written })}>
              Save postmortem
            </Button>
            {text !== null && !isPublished && (
              <Button href={`/ops/incidents/${incident}/update?state=postmortem`}>Publish by an update</Button>
            )}
          </div>
        </div>
      )}
    </Panel>
  )
}
