'use client'

import { lazy, Suspense } from 'react'
import { type ButtonLook, buttonClass } from './button.tsx'
import { Icon, type IconName } from './symbol.tsx'
import { useFloat } from './use-float.ts'

export type MenuItem =
  | {
      label: string
      /** Said beside the label: a key, a consequence, a count. */
      detail?: string
      icon?: IconName
      href?: string
      onSelect?: () => void
      danger?: boolean
      /** Why it cannot be chosen now; it stays visible. */
      disabled?: string
      checked?: boolean
    }
  | { group: string }
  | 'line'

const surface = () => import('./menu-surface.tsx')
const Surface = lazy(surface)

/** A button that opens a list of actions or links. Icon-only with `icon` and `iconOnly`. */
export function Menu({
  label,
  items,
  icon,
  iconOnly = false,
  align = 'start',
  className,
  children,
  ...look
}: Omit<ButtonLook, 'icon'> & {
  label: string
  items: readonly MenuItem[]
  icon?: IconName
  iconOnly?: boolean
  align?: 'start' | 'end'
  /** Replaces the button's own looks. */
  className?: string
  /** Replaces what the button shows; `label` stays its name. */
  children?: React.ReactNode
}) {
  const { anchor, open, wasOpened, onOpenChange, buttonProps } = useFloat(surface)
  const isBare = iconOnly || children !== undefined
  return (
    <>
      <button
        type="button"
        {...buttonProps}
        className={className ?? buttonClass(look, iconOnly ? 'only' : '')}
        aria-haspopup="menu"
        aria-label={isBare ? label : undefined}
        data-tip={iconOnly ? label : undefined}
      >
        {children ?? (
          <>
            {icon && <Icon name={icon} />}
            {!iconOnly && label}
            {!iconOnly && <Icon name="down" />}
          </>
        )}
      </button>
      {wasOpened && (
        <Suspense>
          <Surface label={label} items={items} anchor={anchor} open={open} onOpenChange={onOpenChange} align={align} />
        </Suspense>
      )}
    </>
  )
}
