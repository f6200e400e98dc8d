'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { messageOf, useTRPC } from '../../../trpc.tsx'
import { Button } from '../../../ui/button.tsx'
import { FieldError, TextareaField } from '../../../ui/field.tsx'
import { Panel } from '../../../ui/panel.tsx'
import { toast } from '../../../ui/toast.tsx'

/** What whoever takes over must know. Never public. */
export function Handover({ incident, text }: { incident: string; text: string }) {
  const router = useRouter()
  const edit = useMutation(
    useTRPC().incidents.incident.edit.mutationOptions({
      onSuccess: () => {
        toast('Notes saved.')
        router.refresh()
      },
    }),
  )
  return (
    <Panel title="Handover" sub="never public">
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault()
          edit.mutate({ incident, handover: String(new FormData(event.currentTarget).get('handover')) })
        }}
      >
        <TextareaField
          label="Notes for whoever takes over"
          name="handover"
          rows={5}
          defaultValue={text}
          placeholder="What was tried, what is running, what to do next, whom to ask."
        />
        {edit.error && <FieldError>{messageOf(edit.error)}</FieldError>}
        <div className="row">
          <Button type="submit" busy={edit.isPending}>
            Save notes
          </Button>
        </div>
      </form>
    </Panel>
  )
}
