import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { load, server } from '../../../server.ts'
import { CrumbName } from '../../../shell/crumbs.tsx'
import { PageHead } from '../../../ui/panel.tsx'
import { Segmented } from '../../../ui/segmented.tsx'
import type { VersionRow } from '../page.tsx'
import { SaleForm } from './sale-form.tsx'
import { VersionEditor } from './version-editor.tsx'

export const metadata: Metadata = { title: 'Plan version' }

type Search = { currency?: string; interval?: string }

const state = (draft: VersionRow | undefined, onSale: VersionRow | undefined) => {
  const sale = onSale ? `Version ${onSale.version} is on sale.` : 'Nothing is on sale.'
  return draft ? `${sale} Version ${draft.version} is a draft by ${draft.createdBy}.` : `${sale} There is no draft.`
}

/** A plan in one currency and interval: its next version, drafted from the one on sale. */
export default async function PlanVersionPage({
  params,
  searchParams,
}: {
  params: Promise<{ plan: string }>
  searchParams: Promise<Search>
}) {
  const [{ plan: key }, search] = await Promise.all([params, searchParams])
  const api = await server()
  const { plans, versions } = await load(api.billing.catalog.get())
  const plan = plans.find((one) => one.key === key)
  if (!plan) notFound()
  const own = versions.filter((one) => one.planId === plan.id)
  const currency = search.currency?.toUpperCase() ?? own[0]?.currency ?? 'EUR'
  const interval = search.interval === 'year' ? 'year' : 'month'
  const here = own.filter((one) => one.currency === currency && one.interval === interval)
  const draft = here.find((one) => one.publishedAt === null)
  const onSale = here.find((one) => one.publishedAt !== null)
  const sales = [...new Set([...own.map((one) => `${one.currency} ${one.interval}`), `${currency} ${interval}`])]
  return (
    <>
      <CrumbName name={plan.name} />
      <PageHead
        title={`${plan.name}, ${currency} by the ${interval}`}
        sub={state(draft, onSale)}
        actions={
          <>
            <Segmented
              label="Sold as"
              items={sales.map((sale) => {
                const [code = '', every = ''] = sale.split(' ')
                return {
                  label: `${code} ${every}`,
                  href: `/ops/catalog/${key}?currency=${code}&interval=${every}`,
                  current: sale === `${currency} ${interval}`,
                }
              })}
            />
            <SaleForm plan={key} />
          </>
        }
      />
      <VersionEditor
        // Another version is another form.
        key={`${currency} ${interval} ${draft?.id ?? 'new'} ${draft?.digest ?? onSale?.digest ?? ''}`}
        plan={{ key, name: plan.name }}
        currency={currency}
        interval={interval}
        draft={draft}
        onSale={onSale}
      />
    </>
  )
}
