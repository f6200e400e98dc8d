import type { Metadata } from 'next'
import { load, server } from '../../../server.ts'
import { CrumbName } from '../../../shell/crumbs.tsx'
import { PageHead, Panel } from '../../../ui/panel.tsx'
import { MaintenanceForm } from './maintenance-form.tsx'

export const metadata: Metadata = { title: 'Plan a maintenance' }

/** Announces what will be touched and when; it starts, reminds and ends by itself. */
export default async function MaintenancePage() {
  const api = await server()
  const [{ components }, templates] = await Promise.all([
    load(api.incidents.components.list()),
    load(api.incidents.incident.templates.list()),
  ])
  const template = templates.find(({ key }) => key === 'maintenance')
  return (
    <>
      <CrumbName name="Plan a maintenance" />
      <PageHead
        title="Plan a maintenance"
        sub="It reminds a day and an hour before, starts and ends by itself, and holds its services’ state."
      />
      <Panel className="max-w-[720px]">
        <MaintenanceForm
          components={components.map(({ id, name, region, customers }) => ({
            id: String(id),
            name,
            region,
            customers,
          }))}
          text={template?.texts['scheduled'] ?? ''}
        />
      </Panel>
    </>
  )
}
