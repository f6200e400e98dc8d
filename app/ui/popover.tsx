'use client'

import { lazy, Suspense } from 'react'
import { useFloat } from './use-float.ts'

const surface = () => import('./popover-surface.tsx')
const Surface = lazy(surface)

/** A button whose press opens a small box beside it. `title` names the box. */
export function Popover({
  title,
  button,
  className = 'btn',
  children,
}: {
  title: string
  button: React.ReactNode
  className?: string
  children: React.ReactNode
}) {
  const { anchor, open, wasOpened, onOpenChange, buttonProps } = useFloat(surface)
  return (
    <>
      <button type="button" {...buttonProps} className={className} aria-haspopup="dialog">
        {button}
      </button>
      {wasOpened && (
        <Suspense>
          <Surface title={title} anchor={anchor} open={open} onOpenChange={onOpenChange}>
            {children}
          </Surface>
        </Suspense>
      )}
    </>
  )
}
