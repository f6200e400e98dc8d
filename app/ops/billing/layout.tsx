import { attempt, server } from '../../server.ts'
import { Tabs } from '../../ui/tabs.tsx'

/** Billing as admins work on it: what is owed, and corrections that wait for a decision. */
export default async function BillingLayout({ children }: { children: React.ReactNode }) {
  const totals = await attempt((await server()).billing.collection.totals())
  return (
    <>
      <div className="mb-4">
        <Tabs
          label="Billing"
          items={[
            { label: 'Invoices', href: '/ops/billing/invoices' },
            {
              label: 'Adjustments',
              href: '/ops/billing/adjustments',
              ...(totals.ok ? { count: totals.value.proposed } : {}),
            },
            { label: 'Disputes', href: '/ops/billing/disputes' },
            { label: 'Revenue', href: '/ops/billing/revenue' },
            { label: 'Import', href: '/ops/billing/import' },
            { label: 'Stripe', href: '/ops/billing/stripe' },
          ]}
        />
      </div>
      {children}
    </>
  )
}
