import { load, server, theme } from '../server.ts'
import { HoldBar } from '../shell/bars.tsx'
import { LiveMark, OfflineBar } from '../shell/live.tsx'
import { PaletteButton, PaletteHost } from '../shell/palette-host.tsx'
import { UserMenu } from '../shell/user-menu.tsx'
import { Mark } from '../ui/glyph.tsx'
import { Tabs } from '../ui/tabs.tsx'
import { viewerOf } from '../viewer.ts'

/** A person's own settings: of no account, so the top bar has none. */
export default async function SettingsLayout({ children }: { children: React.ReactNode }) {
  const me = await load((await server()).accounts.me())
  const viewer = viewerOf(me)
  const own = me.accounts.find((account) => account.kind === 'user')
  return (
    <>
      <header className="customer-top">
        <div className="customer-in">
          <a className="brand" href={viewer.isOperator ? '/ops' : '/'} aria-label="Wharfinger, start">
            <Mark />
            <b>Wharfinger</b>
          </a>
          <span className="slash" aria-hidden="true">
            /
          </span>
          <b>{viewer.email}</b>
          <span className="flex-1" />
          <LiveMark />
          <PaletteButton />
          <UserMenu viewer={viewer} theme={(await theme()) ?? 'system'} />
        </div>
        <Tabs
          label="Your settings"
          className="customer-in tabs"
          items={[
            { label: 'Security', href: '/settings/security' },
            { label: 'Accounts', href: '/settings/accounts' },
            { label: 'API tokens', href: '/settings/tokens' },
            { label: 'Notices', href: '/settings/notices' },
            { label: 'Keys', href: '/settings/keys' },
          ]}
        />
      </header>
      <div className="customer-bars">
        <OfflineBar />
        {own && <HoldBar account={own.name} holds={own.holds} />}
      </div>
      <main id="main" className="customer-main" tabIndex={-1}>
        {children}
      </main>
      <PaletteHost isOperator={viewer.isOperator} account={own?.name} />
    </>
  )
}
