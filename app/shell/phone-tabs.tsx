'use client'

import { useState } from 'react'
import { Drawer } from '../ui/dialog.tsx'
import { OPS_GROUPS, type OpsCounts } from './ops-nav.ts'
import { openPalette } from './palette-host.tsx'
import { RailLink } from './rail-link.tsx'
import { signOut } from './sign-out.ts'
import { chooseTheme } from './theme.ts'
import type { Viewer } from './user-menu.tsx'

/** The bottom bar of a phone: what on-call needs with one thumb, the rest under More. */
export function PhoneTabs({
  viewer,
  counts,
  hot,
}: {
  viewer: Viewer
  counts: OpsCounts
  hot: readonly (keyof OpsCounts)[]
}) {
  const [isMoreOpen, setMoreOpen] = useState(false)
  const isHot = hot.includes('quotas') && (counts.quotas ?? 0) > 0
  return (
    <>
      <nav className="phone-tabs" aria-label="Operator">
        <RailLink href="/ops">Now</RailLink>
        <RailLink href="/ops/incidents">
          Incidents
          {(counts.incidents ?? 0) > 0 && <span className="count hot">{counts.incidents}</span>}
        </RailLink>
        <RailLink href="/ops/quotas">
          Quotas
          {isHot && <span className="count hot">{counts.quotas}</span>}
        </RailLink>
        <RailLink href="/ops/hosts">Hosts</RailLink>
        <button type="button" aria-haspopup="dialog" aria-expanded={isMoreOpen} onClick={() => setMoreOpen(true)}>
          More
        </button>
      </nav>
      <Drawer open={isMoreOpen} onOpenChange={setMoreOpen} title="More">
        <div className="more-list" onClick={() => setMoreOpen(false)}>
          <button type="button" onClick={openPalette}>
            Search or run a command
          </button>
          {OPS_GROUPS.flatMap((group) => group.places).map((place) => (
            <a key={place.href} href={place.href}>
              {place.label}
              {place.count && counts[place.count] !== undefined && <span className="count">{counts[place.count]}</span>}
            </a>
          ))}
          {viewer.accounts.map((account) => (
            <a key={account} href={`/${account}`}>
              {account}
            </a>
          ))}
          <a href="/settings/security">Security settings</a>
          <button type="button" onClick={() => chooseTheme('dark')}>
            Dark theme
          </button>
          <button type="button" onClick={() => chooseTheme('light')}>
            Light theme
          </button>
          <button type="button" onClick={() => void signOut()}>
            Sign out
          </button>
        </div>
      </Drawer>
    </>
  )
}
