import type { Metadata } from 'next'
import type { Caller } from '#server/router.ts'
import { load, server } from '../../server.ts'
import { PageHead } from '../../ui/panel.tsx'
import { Banner } from '../../ui/status.tsx'
import { CouponsPanel } from './coupons-panel.tsx'
import { NewPlanButton } from './plan-dialog.tsx'
import { PlanPanel } from './plan-panel.tsx'
import { SellerPanel } from './seller-panel.tsx'
import { TaxesPanel } from './taxes-panel.tsx'

export const metadata: Metadata = { title: 'Catalog' }

export type Catalog = Awaited<ReturnType<Caller['billing']['catalog']['get']>>
export type PlanRow = Catalog['plans'][number]
export type VersionRow = Catalog['versions'][number]

/** What is sold and by whom. A published version never changes; new terms are a new version. */
export default async function CatalogPage() {
  const api = await server()
  const { plans, versions, coupons, seller, taxes, countries } = await load(api.billing.catalog.get())
  return (
    <>
      <PageHead
        title="Catalog"
        sub="Published versions never change: customers stay on theirs until they are moved."
        actions={<NewPlanButton />}
      />
      <div className="stack">
        {seller?.address[0]?.startsWith('Your street') && (
          <Banner status="degraded" title="Say who sells:">
            name, address, tax id and how to pay stand on every invoice. They are at the end of this page.
          </Banner>
        )}
        {plans.map((plan) => (
          <PlanPanel key={plan.key} plan={plan} versions={versions.filter((one) => one.planId === plan.id)} />
        ))}
        <CouponsPanel coupons={coupons} />
        <div className="split">
          <TaxesPanel taxes={taxes} countries={countries} nowMs={Date.now()} />
          {seller && <SellerPanel seller={seller} countries={countries} />}
        </div>
      </div>
    </>
  )
}
