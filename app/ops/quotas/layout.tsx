import { load, server } from '../../server.ts'
import { Tabs } from '../../ui/tabs.tsx'

/** Quotas: what crossed a limit, who uses most, what the limits are. */
export default async function QuotasLayout({ children }: { children: React.ReactNode }) {
  const api = await server()
  const counts = await load(api.usage.violations.counts())
  return (
    <>
      <div className="mb-4">
        <Tabs
          label="Quotas"
          items={[
            { label: 'Violations', href: '/ops/quotas', count: counts.open + counts.acknowledged },
            { label: 'Top consumers', href: '/ops/quotas/top' },
            { label: 'Limits', href: '/ops/quotas/limits' },
          ]}
        />
      </div>
      {children}
    </>
  )
}
