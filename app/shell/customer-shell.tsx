import { Mark } from '../ui/glyph.tsx'
import { StatusBadge } from '../ui/status.tsx'
import { Tabs } from '../ui/tabs.tsx'
import { AccountSwitcher } from './account-switcher.tsx'
import { DemoBar, HoldBar, type Hold, ViewingBar } from './bars.tsx'
import { LiveMark, OfflineBar } from './live.tsx'
import { PaletteButton, PaletteHost } from './palette-host.tsx'
import type { Theme } from './theme.ts'
import { UserMenu, type Viewer } from './user-menu.tsx'

export type CustomerShellProps = {
  account: string
  viewer: Viewer
  theme: Theme
  /** The platform's own name beside the mark. */
  platform?: string
  holds?: readonly Hold[]
  /** The viewer is no member: an operator looks on. */
  asOperator?: boolean
  demo?: boolean
  /** The status page has something to tell. */
  hasIncident?: boolean
  /** Under the top bar: incidents that touch the account. */
  bars?: React.ReactNode
  children: React.ReactNode
}

/** The customer's side: paper top bar, tabs, 1240 px. Pages put their own `PageHead` first. */
export function CustomerShell({
  account,
  viewer,
  theme,
  platform = 'Wharfinger',
  holds = [],
  asOperator = false,
  demo = false,
  hasIncident = false,
  bars,
  children,
}: CustomerShellProps) {
  return (
    <>
      <header className="customer-top">
        <div className="customer-in">
          <a className="brand" href={`/${account}`} aria-label={platform}>
            <Mark />
            <b>{platform}</b>
          </a>
          <span className="slash" aria-hidden="true">
            /
          </span>
          <AccountSwitcher account={account} accounts={viewer.accounts} />
          <span className="flex-1" />
          {hasIncident && (
            <a href="/status">
              <StatusBadge status="partial">Incident</StatusBadge>
            </a>
          )}
          <LiveMark />
          <PaletteButton />
          <UserMenu viewer={viewer} theme={theme} />
        </div>
        <Tabs
          label={`Pages of ${account}`}
          className="customer-in tabs"
          items={[
            { label: 'Overview', href: `/${account}`, exact: true },
            { label: 'Apps', href: `/${account}/apps` },
            { label: 'Repositories', href: `/${account}/repositories` },
            { label: 'Usage', href: `/${account}/usage` },
            { label: 'Spend', href: `/${account}/spend` },
            { label: 'Invoices', href: `/${account}/invoices` },
            { label: 'Plan', href: `/${account}/plan` },
            { label: 'Billing', href: `/${account}/billing` },
            { label: 'Members', href: `/${account}/members` },
            { label: 'Settings', href: `/${account}/settings` },
          ]}
        />
      </header>
      <section className="customer-bars" aria-label="Notices">
        {demo && <DemoBar />}
        <OfflineBar />
        {asOperator && <ViewingBar account={account} />}
        <HoldBar account={account} holds={holds} />
        {bars}
      </section>
      <main id="main" className="customer-main" tabIndex={-1}>
        {children}
      </main>
      <PaletteHost isOperator={viewer.isOperator} account={account} />
    </>
  )
}
