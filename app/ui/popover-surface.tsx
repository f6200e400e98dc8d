'use client'

import { Popover } from '@base-ui/react/popover'

/** The box itself; loaded on the first approach to its button. */
export default function PopoverSurface({
  title,
  anchor,
  open,
  onOpenChange,
  children,
}: {
  title: string
  anchor: React.RefObject<HTMLButtonElement | null>
  open: boolean
  onOpenChange: (open: boolean, details?: { event?: Event; reason?: string }) => void
  children: React.ReactNode
}) {
  return (
    <Popover.Root open={open} onOpenChange={onOpenChange}>
      <Popover.Portal>
        <Popover.Positioner anchor={anchor} align="start" sideOffset={6} collisionPadding={8} className="floating">
          <Popover.Popup className="pop" finalFocus={anchor}>
            <div className="panel-head">
              <Popover.Title>{title}</Popover.Title>
            </div>
            {children}
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  )
}
