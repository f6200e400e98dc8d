import type { Metadata } from 'next'
import { load, server } from '../../../server.ts'
import { CrumbName } from '../../../shell/crumbs.tsx'
import { PageHead, Panel } from '../../../ui/panel.tsx'
import { BeginForm } from './begin-form.tsx'

export const metadata: Metadata = { title: 'Report an incident' }

/** Begins an incident by hand: what kind of trouble, where. The next screen tells of it. */
export default async function NewIncidentPage() {
  const api = await server()
  const [{ components }, templates] = await Promise.all([
    load(api.incidents.components.list()),
    load(api.incidents.incident.templates.list()),
  ])
  return (
    <>
      <CrumbName name="Report" />
      <PageHead title="Report an incident" sub="Nothing is told to anybody before its first update is posted." />
      <Panel className="max-w-[720px]">
        <BeginForm
          templates={templates.filter(({ kind }) => kind === 'incident').map(({ key, name }) => ({ key, name }))}
          components={components.map(({ id, name, region }) => ({ id: String(id), name, region }))}
        />
      </Panel>
    </>
  )
}
