'use client'

import { useState } from 'react'
import { Menu, type MenuItem } from '../ui/menu.tsx'
import { signOut } from './sign-out.ts'
import { chooseTheme, type Theme } from './theme.ts'

/** Who is signed in, and where they may go besides this page. */
export type Viewer = { name: string; email: string; isOperator: boolean; accounts: readonly string[] }

/** Two letters of a name or of an address. */
export const initials = (of: string): string =>
  (
    of
      .split(/[\s._@-]+/)
      .filter(Boolean)
      .slice(0, 2)
      .map((part) => part[0])
      .join('') || '?'
  ).toUpperCase()

const THEMES: readonly { label: string; theme: Theme }[] = [
  { label: 'As the system', theme: 'system' },
  { label: 'Light', theme: 'light' },
  { label: 'Dark', theme: 'dark' },
]

/** The round button at the right of the top bar. */
export function UserMenu({ viewer, theme }: { viewer: Viewer; theme: Theme }) {
  const [chosen, setChosen] = useState(theme)
  const letters = initials(viewer.name || viewer.email)
  const items: MenuItem[] = [
    { group: viewer.email },
    ...(viewer.isOperator ? [{ label: 'Operations', href: '/ops' }] : []),
    ...viewer.accounts.slice(0, 5).map((account) => ({ label: account, href: `/${account}` })),
    'line',
    { group: 'Theme' },
    ...THEMES.map((option) => ({
      label: option.label,
      checked: option.theme === chosen,
      onSelect: () => {
        setChosen(option.theme)
        chooseTheme(option.theme)
      },
    })),
    'line',
    { label: 'Notices', href: '/settings/notices' },
    { label: 'Security settings', href: '/settings/security' },
    { label: 'Keys', detail: '?', onSelect: () => window.dispatchEvent(new Event('wharf:keys')) },
    { label: 'Sign out', onSelect: () => void signOut() },
  ]
  return (
    <Menu label={`${letters}, signed in as ${viewer.name || viewer.email}`} items={items} align="end" className="who">
      {letters}
    </Menu>
  )
}
