'use client'

import { useEffect, useState } from 'react'
import { messageOf } from '../../../../trpc.tsx'
import { Button } from '../../../../ui/button.tsx'
import { FieldError } from '../../../../ui/field.tsx'
import { Panel } from '../../../../ui/panel.tsx'

/** The seconds in which a post can be taken back; nothing was sent yet. */
export function Undo({ onUndo, onSent }: { onUndo: () => Promise<void>; onSent: () => void }) {
  // A little less than the server gives, for the way there; the clocks of both may differ.
  const [endsAt] = useState(() => Date.now() + 4_500)
  const [left, setLeft] = useState(() => Math.max(0, Math.ceil((endsAt - Date.now()) / 1000)))
  const [isUndoing, setIsUndoing] = useState(false)
  const [error, setError] = useState<unknown>()
  useEffect(() => {
    if (isUndoing) return
    const timer = setInterval(() => {
      const seconds = Math.max(0, Math.ceil((endsAt - Date.now()) / 1000))
      setLeft(seconds)
      if (seconds === 0) {
        clearInterval(timer)
        onSent()
      }
    }, 200)
    return () => clearInterval(timer)
  }, [endsAt, isUndoing, onSent])
  return (
    <Panel>
      <div className="stack" role="status">
        <p>
          <b>Posted.</b> {left > 0 ? `It is sent in ${left} s.` : 'It is being sent.'}
        </p>
        {error !== undefined && <FieldError>{messageOf(error)}</FieldError>}
        <div className="row">
          <Button
            size="lg"
            busy={isUndoing}
            aria-disabled={left === 0}
            onClick={() => {
              setIsUndoing(true)
              onUndo().catch((reason: unknown) => {
                setError(reason)
                setIsUndoing(false)
              })
            }}
          >
            Undo, do not send
          </Button>
          <Button variant="ghost" onClick={onSent}>
            Go to the incident
          </Button>
        </div>
      </div>
    </Panel>
  )
}
