'use client'

import { Tooltip } from '@base-ui/react/tooltip'

/** The box of a tooltip; loaded on the first one shown. */
export default function TooltipSurface({
  anchor,
  text,
  onClose,
}: {
  anchor: Element
  text: string
  onClose: () => void
}) {
  return (
    <Tooltip.Root open onOpenChange={(open) => !open && onClose()}>
      <Tooltip.Portal>
        <Tooltip.Positioner anchor={anchor} side="top" sideOffset={6} collisionPadding={8} className="floating">
          <Tooltip.Popup className="tip" role="tooltip">
            {text}
          </Tooltip.Popup>
        </Tooltip.Positioner>
      </Tooltip.Portal>
    </Tooltip.Root>
  )
}
