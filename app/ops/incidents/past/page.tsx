import type { Metadata } from 'next'
import { load, server } from '../../../server.ts'
import { CrumbName } from '../../../shell/crumbs.tsx'
import { PageHead, Panel } from '../../../ui/panel.tsx'
import { PastForm } from './past-form.tsx'

export const metadata: Metadata = { title: 'Write down a past incident' }

/** What is over and was not told of at the time: history, uptime and credits follow, nobody is told. */
export default async function PastPage() {
  const api = await server()
  const { components } = await load(api.incidents.components.list())
  return (
    <>
      <CrumbName name="Past incident" />
      <PageHead
        title="Write down a past incident"
        sub="It enters history, uptime and credits. Nobody is told, and it appears on the status page’s history."
      />
      <Panel className="max-w-[720px]">
        <PastForm components={components.map(({ id, name, region }) => ({ id: String(id), name, region }))} />
      </Panel>
    </>
  )
}
