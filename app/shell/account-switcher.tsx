'use client'

import { Icon } from '../ui/symbol.tsx'
import { Menu, type MenuItem } from '../ui/menu.tsx'

/** Which account the page is about, and the way to the viewer's others. */
export function AccountSwitcher({ account, accounts }: { account: string; accounts: readonly string[] }) {
  const items: MenuItem[] = [
    ...accounts.map((name) => ({ label: name, href: `/${name}`, checked: name === account })),
    ...(accounts.length > 0 ? (['line'] as const) : []),
    { label: 'New organization', href: '/settings/accounts', icon: 'plus' },
  ]
  return (
    <Menu label={`${account}, switch account`} items={items} className="account-open">
      <span className="avatar" data-letter={account[0]} aria-hidden="true" />
      <span className="truncate">{account}</span>
      <Icon name="down" />
    </Menu>
  )
}
