import type { Metadata } from 'next'
import type { Caller } from '#server/router.ts'
import { load, server } from '../../../server.ts'
import { CrumbName } from '../../../shell/crumbs.tsx'
import { PageHead, Panel } from '../../../ui/panel.tsx'
import { Forbidden } from '../../../ui/states.tsx'
import { LimitsGrid } from './limits-grid.tsx'

export const metadata: Metadata = { title: 'Limits' }

export type LimitRow = Awaited<ReturnType<Caller['usage']['quotas']['list']>>[number]

/** What plans allow, and what was set for single accounts and apps. The most specific holds. */
export default async function LimitsPage() {
  const api = await server()
  const [rows, me] = await Promise.all([load(api.usage.quotas.list()), load(api.accounts.me())])
  const mayEdit = me.roles.includes('admin')
  const plans = rows.filter((r) => r.plan !== null)
  const own = rows.filter((r) => r.account !== null)
  return (
    <>
      <CrumbName name="Limits" />
      <PageHead title="Limits" sub="An app's own limit holds before its account's, that before its plan's." />
      <div className="stack">
        {!mayEdit && (
          <Panel>
            <Forbidden needs="admin" grantedBy="an admin, to change limits. You can read them" />
          </Panel>
        )}
        <LimitsGrid title="Accounts and apps" rows={own} mayEdit={mayEdit} kind="account" />
        <LimitsGrid title="Plans" rows={plans} mayEdit={mayEdit} kind="plan" />
      </div>
    </>
  )
}
