import type { Metadata } from 'next'
import { PageHead } from '../../../ui/panel.tsx'
import { ImportPanel } from './import-panel.tsx'
import { ShadowPanel } from './shadow-panel.tsx'

export const metadata: Metadata = { title: 'Import' }

/** Coming from another billing system: try and import its customers, and rate its bills here before the switch. */
export default function ImportPage() {
  return (
    <>
      <PageHead
        title="Import"
        sub="Customers, plans and open balances of another system; and its bills, rated here before the switch."
      />
      <div className="stack">
        <ImportPanel />
        <ShadowPanel />
      </div>
    </>
  )
}
