'use client'

import { Menu } from '@base-ui/react/menu'
import { Icon } from './symbol.tsx'
import type { MenuItem } from './menu.tsx'

/** The list itself; loaded on the first approach to a menu's button. */
export default function MenuSurface({
  label,
  items,
  anchor,
  open,
  onOpenChange,
  align,
}: {
  label: string
  items: readonly MenuItem[]
  anchor: React.RefObject<HTMLButtonElement | null>
  open: boolean
  onOpenChange: (open: boolean, details?: { event?: Event; reason?: string }) => void
  align: 'start' | 'end'
}) {
  return (
    <Menu.Root open={open} onOpenChange={onOpenChange}>
      <Menu.Portal>
        <Menu.Positioner anchor={anchor} align={align} sideOffset={4} collisionPadding={8} className="floating">
          <Menu.Popup className="menu" finalFocus={anchor} aria-label={label}>
            {items.map((item, index) => (
              <Entry key={keyOf(item, index)} item={item} />
            ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  )
}

const keyOf = (item: MenuItem, index: number) =>
  item === 'line' ? `line ${index}` : 'group' in item ? `group ${item.group}` : item.label

function Entry({ item }: { item: MenuItem }) {
  if (item === 'line') return <Menu.Separator className="menu-line" />
  if ('group' in item) return <div className="menu-group">{item.group}</div>
  const inside = (
    <>
      {item.icon && <Icon name={item.icon} />}
      <span>
        {item.label}
        {item.disabled && <small className="block">{item.disabled}</small>}
      </span>
      {item.detail && <small>{item.detail}</small>}
      {item.checked && <Icon name="check" />}
    </>
  )
  const look = `menu-item ${item.danger ? 'danger' : ''}`
  if (item.href !== undefined && !item.disabled) {
    return (
      <Menu.LinkItem className={look} href={item.href} aria-current={item.checked || undefined} closeOnClick>
        {inside}
      </Menu.LinkItem>
    )
  }
  return (
    <Menu.Item className={look} disabled={item.disabled !== undefined} onClick={item.onSelect}>
      {inside}
    </Menu.Item>
  )
}
