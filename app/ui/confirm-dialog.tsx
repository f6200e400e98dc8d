'use client'

import { lazy, Suspense, useState } from 'react'

const Surface = lazy(() => import('./confirm-surface.tsx'))

export type ConfirmProps = {
  open: boolean
  onOpenChange: (open: boolean) => void
  /** A question that names the object: "Suspend worker-eu?". */
  title: string
  /** What happens, with numbers: "Stops 6 containers now. Data is kept for 14 d." */
  children: React.ReactNode
  /** Verb and object: "Suspend worker-eu". */
  confirm: string
  /** The safe choice, in words: "Keep running". */
  cancel?: string
  /** The object's name, to be typed where the act stops or deletes something. */
  typeName?: string
  /** False for what can be undone: an accent button instead of a red one. */
  danger?: boolean
  /** Runs the act. The dialog closes when it resolves, and shows the error when it rejects. */
  onConfirm: () => Promise<unknown> | void
}

/** The last step before an act that others will notice. Focus starts on the safe choice. */
export function ConfirmDialog(props: ConfirmProps) {
  const [wasOpened, setWasOpened] = useState(props.open)
  if (props.open && !wasOpened) setWasOpened(true)
  if (!wasOpened) return null
  return (
    <Suspense>
      <Surface {...props} />
    </Suspense>
  )
}
