import type { Metadata } from 'next'
import { load, server } from '../../../server.ts'
import { CrumbName } from '../../../shell/crumbs.tsx'
import { PageHead } from '../../../ui/panel.tsx'
import { Rules } from './rules.tsx'

export const metadata: Metadata = { title: 'Label rules' }

/** Which foreign labels mean which account. */
export default async function RulesPage() {
  const api = await server()
  const [rules, me] = await Promise.all([load(api.usage.labelRules.list()), load(api.accounts.me())])
  return (
    <>
      <CrumbName name="Label rules" />
      <PageHead
        title="Label rules"
        sub="For containers without a known account label. The lowest priority that matches wins; what is attributed stays."
      />
      <div className="stack">
        <Rules rows={rules} mayEdit={me.roles.includes('admin')} />
      </div>
    </>
  )
}
