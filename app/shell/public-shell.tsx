import { Mark } from '../ui/glyph.tsx'
import { DemoBar } from './bars.tsx'

/** Pages before anybody is signed in: one narrow column. `wide` for a first-run page with steps. */
export function PublicShell({
  platform = 'Wharfinger',
  wide = false,
  demo = false,
  children,
}: {
  platform?: string
  wide?: boolean
  demo?: boolean
  children: React.ReactNode
}) {
  return (
    <div className="public">
      <header className="customer-top">
        <div className="customer-in">
          <a className="brand" href="/" aria-label={platform}>
            <Mark />
            <b>{platform}</b>
          </a>
        </div>
        {demo && (
          <div className="customer-bars">
            <DemoBar />
          </div>
        )}
      </header>
      <main id="main" className={`public-main ${wide ? 'wide' : ''}`} tabIndex={-1}>
        {children}
      </main>
    </div>
  )
}
