'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { messageOf, useTRPC } from '../../../trpc.tsx'
import { Button } from '../../../ui/button.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { TextareaField } from '../../../ui/field.tsx'
import { toast } from '../../../ui/toast.tsx'

/** Asks about one line; while that is open it says so. */
export function QuestionDialog({
  account,
  number,
  position,
  what,
  open: asked,
}: {
  account: string
  number: string
  position: number
  what: string
  open: bigint | undefined
}) {
  const [isOpen, setOpen] = useState(false)
  const [question, setQuestion] = useState('')
  const router = useRouter()
  const trpc = useTRPC()
  const ask = useMutation(
    trpc.billing.evidence.ask.mutationOptions({
      onSuccess: ({ id }) => {
        setOpen(false)
        setQuestion('')
        toast(`Q-${id} is being looked into`)
        router.refresh()
      },
    }),
  )
  if (asked !== undefined)
    return (
      <span className="dim grow text-center text-sm">
        Asked as <span className="mono">Q-{String(asked)}</span>, being looked into
      </span>
    )
  const send = () => ask.mutate({ account, number, position, question })
  return (
    <>
      <Button className="grow" onClick={() => setOpen(true)}>
        Question this line
      </Button>
      <Dialog
        open={isOpen}
        onOpenChange={setOpen}
        title={`Question ${what}`}
        text="Somebody recomputes the invoice and answers here and by mail. What proves the line is kept until then."
        foot={
          <>
            <Button onClick={() => setOpen(false)}>Do not ask</Button>
            <Button variant="primary" busy={ask.isPending} onClick={send}>
              Send question
            </Button>
          </>
        }
      >
        <form
          onSubmit={(event) => {
            event.preventDefault()
            send()
          }}
        >
          <TextareaField
            label="What is wrong with it"
            help="What you expected, and why, if you know."
            rows={5}
            value={question}
            onChange={(event) => setQuestion(event.target.value)}
            error={ask.error ? messageOf(ask.error) : undefined}
          />
        </form>
      </Dialog>
    </>
  )
}
