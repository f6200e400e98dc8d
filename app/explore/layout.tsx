import { load, server, theme } from '../server.ts'
import { OfflineBar } from '../shell/live.tsx'
import { PaletteButton, PaletteHost } from '../shell/palette-host.tsx'
import { UserMenu } from '../shell/user-menu.tsx'
import { DemoBar } from '../shell/bars.tsx'
import { Button } from '../ui/button.tsx'
import { Mark } from '../ui/glyph.tsx'
import { viewerOf } from '../viewer.ts'

/** Public repositories, for everybody; who is signed in keeps their menu. */
export default async function ExploreLayout({ children }: { children: React.ReactNode }) {
  const api = await server()
  const [me, { demo }] = await Promise.all([load(api.accounts.whoami()), load(api.accounts.signInOptions())])
  const viewer = me ? viewerOf(me) : undefined
  return (
    <>
      <header className="customer-top">
        <div className="customer-in">
          <a className="brand" href={viewer ? '/' : '/explore'} aria-label="Wharfinger">
            <Mark />
            <b>Wharfinger</b>
          </a>
          <span className="slash" aria-hidden="true">
            /
          </span>
          <a href="/explore">
            <b>Explore</b>
          </a>
          <span className="flex-1" />
          {viewer ? (
            <>
              <PaletteButton />
              <UserMenu viewer={viewer} theme={(await theme()) ?? 'system'} />
            </>
          ) : (
            <Button href="/sign-in?next=/explore">Sign in</Button>
          )}
        </div>
      </header>
      <div className="customer-bars">
        {demo && <DemoBar />}
        <OfflineBar />
      </div>
      <main id="main" className="customer-main" tabIndex={-1}>
        {children}
      </main>
      {viewer && <PaletteHost isOperator={viewer.isOperator} account={me?.accounts[0]?.name} />}
    </>
  )
}
