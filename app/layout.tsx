import type { Metadata, Viewport } from 'next'
import { theme } from './server.ts'
import { PageClients } from './shell/page-clients.tsx'
import './globals.css'

export const metadata: Metadata = { title: { default: 'Wharfinger', template: '%s · Wharfinger' } }
export const viewport: Viewport = { width: 'device-width', initialScale: 1, viewportFit: 'cover' }

/** Every page: the theme before first paint, and the few client parts that all pages share. */
export default async function RootLayout({ children }: { children: React.ReactNode }) {
  return (
    <html lang="en" data-theme={await theme()}>
      <body>
        <a href="#main" className="skip">
          Skip to the content
        </a>
        <PageClients serverNowMs={Date.now()}>{children}</PageClients>
      </body>
    </html>
  )
}
