'use client'

import { useCallback, useRef, useState } from 'react'

/**
 * The state of something that floats beside its button. The surface is loaded on the first approach and opened by a
 * press; a press on the button while it is open closes it (rather than closing and opening again).
 */
export function useFloat(preload: () => Promise<unknown>) {
  const anchor = useRef<HTMLButtonElement>(null)
  const [open, setOpen] = useState(false)
  const [wasOpened, setWasOpened] = useState(false)
  const approach = useCallback(() => void preload(), [preload])
  const toggle = useCallback(() => {
    setWasOpened(true)
    setOpen((now) => !now)
  }, [])
  const onOpenChange = useCallback((next: boolean, details?: { event?: Event; reason?: string }) => {
    const target = details?.event?.target
    const isOwnButton = target instanceof Node && anchor.current?.contains(target)
    if (!next && isOwnButton && details?.reason !== 'escape-key') return
    setOpen(next)
  }, [])
  return {
    anchor,
    open,
    wasOpened,
    setOpen,
    onOpenChange,
    buttonProps: { ref: anchor, onClick: toggle, onPointerEnter: approach, onFocus: approach, 'aria-expanded': open },
  }
}
