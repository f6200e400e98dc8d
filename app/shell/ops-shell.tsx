import { Mark } from '../ui/glyph.tsx'
import { UtcClock } from '../ui/time.tsx'
import { DemoBar } from './bars.tsx'
import { CrumbTitle, Crumbs } from './crumbs.tsx'
import { LiveMark, OfflineBar } from './live.tsx'
import { OPS_GROUPS, type OpsCounts } from './ops-nav.ts'
import { PaletteButton, PaletteHost } from './palette-host.tsx'
import { PhoneTabs } from './phone-tabs.tsx'
import { RailLink } from './rail-link.tsx'
import type { Theme } from './theme.ts'
import { UserMenu, type Viewer } from './user-menu.tsx'

export type OpsShellProps = {
  viewer: Viewer
  theme: Theme
  /** The platform's own name, under the mark. */
  platform?: string
  counts?: OpsCounts
  /** Those of the counts that ask for a decision. */
  hot?: readonly (keyof OpsCounts)[]
  demo?: boolean
  /** At the foot of the rail: who is on call, or the version. */
  foot?: React.ReactNode
  /** Bars under the top bar: an open incident, "Viewing … as operator". */
  bars?: React.ReactNode
  children: React.ReactNode
}

/** The operator's side of the counter: dark rail, top bar, fluid page. On a phone a bar above and one below. */
export function OpsShell({
  viewer,
  theme,
  platform,
  counts = {},
  hot = [],
  demo = false,
  foot,
  bars,
  children,
}: OpsShellProps) {
  return (
    <div className="shell">
      <aside className="rail" aria-label="Rail">
        <div className="rail-in">
          <a className="brand" href="/ops">
            <Mark />
            <span>
              <b>Wharfinger</b>
              <small>{platform ? `${platform} · ops` : 'Operations'}</small>
            </span>
          </a>
          <nav aria-label="Operations">
            {OPS_GROUPS.map((group) => (
              <div className="rail-group" key={group.title}>
                <h2>{group.title}</h2>
                <ul>
                  {group.places.map((place) => (
                    <li key={place.href}>
                      <RailLink href={place.href}>
                        {place.label}
                        <Count of={place.count} counts={counts} hot={hot} />
                      </RailLink>
                    </li>
                  ))}
                </ul>
              </div>
            ))}
          </nav>
          {foot && <div className="rail-foot">{foot}</div>}
        </div>
      </aside>
      <div className="col">
        <header className="topbar">
          <Crumbs />
          <PaletteButton />
          <LiveMark />
          <UtcClock />
          <UserMenu viewer={viewer} theme={theme} />
        </header>
        <header className="phone-bar">
          <a href="/ops" aria-label="Now">
            <Mark />
          </a>
          <CrumbTitle />
          <LiveMark />
          <UtcClock />
        </header>
        <section aria-label="Notices">
          {demo && <DemoBar />}
          <OfflineBar />
          {bars}
        </section>
        <main id="main" className="ops-main" tabIndex={-1}>
          {children}
        </main>
      </div>
      <PhoneTabs viewer={viewer} counts={counts} hot={hot} />
      <PaletteHost isOperator account={undefined} />
    </div>
  )
}

function Count({
  of,
  counts,
  hot,
}: {
  of: keyof OpsCounts | undefined
  counts: OpsCounts
  hot: readonly (keyof OpsCounts)[]
}) {
  const n = of && counts[of]
  if (!of || n === undefined) return null
  const isHot = hot.includes(of) && n > 0
  return <span className={`count ${isHot ? 'hot' : ''}`}>{n}</span>
}
