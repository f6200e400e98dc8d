'use client'

import { Dialog } from '@base-ui/react/dialog'
import type { DialogProps } from './dialog.tsx'
import { buttonClass } from './button.tsx'
import { Icon } from './symbol.tsx'

/** A dialog or a drawer; loaded when the first one opens. */
export default function DialogSurface({
  as,
  open,
  onOpenChange,
  title,
  text,
  foot,
  wide = false,
  children,
}: DialogProps & { as: 'dialog' | 'drawer' }) {
  return (
    <Dialog.Root open={open} onOpenChange={(next) => onOpenChange(next)}>
      <Dialog.Portal>
        <Dialog.Backdrop className="scrim" />
        {as === 'drawer' ? (
          <Dialog.Popup className="drawer">
            <div className="drawer-head">
              <Dialog.Title>{title}</Dialog.Title>
              <Dialog.Close className={buttonClass({ variant: 'ghost' }, 'only')} aria-label="Back">
                <Icon name="x" />
              </Dialog.Close>
            </div>
            <div className="drawer-body">
              {text && <Dialog.Description className="dialog-text">{text}</Dialog.Description>}
              {children}
            </div>
            {foot && <div className="drawer-foot">{foot}</div>}
          </Dialog.Popup>
        ) : (
          <Dialog.Popup className={`dialog ${wide ? 'wide' : ''}`}>
            <Dialog.Title>{title}</Dialog.Title>
            {text && <Dialog.Description className="dialog-text">{text}</Dialog.Description>}
            {children}
            {foot ? (
              <div className="dialog-foot">{foot}</div>
            ) : (
              <Dialog.Close className={buttonClass({}, 'vh focus:not-sr-only')}>Close</Dialog.Close>
            )}
          </Dialog.Popup>
        )}
      </Dialog.Portal>
    </Dialog.Root>
  )
}
