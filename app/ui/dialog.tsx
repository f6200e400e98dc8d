'use client'

import { lazy, Suspense, useState } from 'react'

const Surface = lazy(() => import('./dialog-surface.tsx'))

export type DialogProps = {
  open: boolean
  onOpenChange: (open: boolean) => void
  title: string
  /** One sentence under the title. */
  text?: React.ReactNode
  /** Buttons, the main one last. */
  foot?: React.ReactNode
  wide?: boolean
  children?: React.ReactNode
}

/** A question over the page. Loaded when it is first opened. */
export function Dialog(props: DialogProps) {
  return <Opened {...props} as="dialog" />
}

/** An object beside its list; under 640 px a full-screen sheet with Back. */
export function Drawer(props: Omit<DialogProps, 'wide'>) {
  return <Opened {...props} as="drawer" />
}

function Opened(props: DialogProps & { as: 'dialog' | 'drawer' }) {
  const [wasOpened, setWasOpened] = useState(props.open)
  if (props.open && !wasOpened) setWasOpened(true)
  if (!wasOpened) return null
  return (
    <Suspense>
      <Surface {...props} />
    </Suspense>
  )
}
